import type { Readable } from 'node:stream';

/** Why a body was not read whole. */
export type BodyFailure = 'tooLarge' | 'noRoom' | 'aborted';

export type BodyResult =
  | { readonly ok: true; readonly bytes: Uint8Array; release(): void }
  | { readonly ok: false; readonly reason: BodyFailure };

/**
 * Bytes that all bodies being read, or all answers being sent, may take together. Each body is limited by itself, but hundreds of
 * connections can each have one; at this limit a body is refused (`noRoom`) and its sender asked to come back.
 */
export class BodyBudget {
  readonly #bytesMax: number;
  #used = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  get used(): number {
    return this.#used;
  }

  take(size: number): boolean {
    if (this.#used + size > this.#bytesMax) return false;
    this.#used += size;
    return true;
  }

  give(size: number): void {
    this.#used -= size;
  }
}

/**
 * Reads a request body up to `bytesMax` bytes. Never trusts a declared length and holds what has arrived, no more.
 * After a failure the stream is no longer read by anyone; the caller answers and closes the connection.
 *
 * `release()` gives the budget back; call it once the bytes are no longer needed.
 */
export function readBody(stream: Readable, bytesMax: number, budget: BodyBudget): Promise<BodyResult> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let settled = false;

    const settle = (result: BodyResult): void => {
      if (settled) return;
      settled = true;
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.off('close', onClose);
      if (!result.ok) {
        budget.give(size);
        stream.pause();
      }
      resolve(result);
    };
    const onData = (chunk: Uint8Array): void => {
      if (size + chunk.length > bytesMax) settle({ ok: false, reason: 'tooLarge' });
      else if (!budget.take(chunk.length)) settle({ ok: false, reason: 'noRoom' });
      else {
        size += chunk.length;
        chunks.push(chunk);
      }
    };
    const onEnd = (): void => {
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
      settle({ ok: true, bytes, release: () => budget.give(size) });
    };
    const onClose = (): void => settle({ ok: false, reason: 'aborted' });

    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.on('close', onClose);
    // Stays after settling: a stream that fails without a listener would take the process down.
    stream.on('error', onClose);
    if (stream.destroyed) onClose();
  });
}
