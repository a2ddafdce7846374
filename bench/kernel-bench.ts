import { createHash } from 'node:crypto';

/** What one kernel did: how much work a second, and a hash of what came out, so that two runs can be shown to be equal. */
export interface KernelResult {
  readonly name: string;
  /** What `rate` counts: `M samples/s`, `MB/s`, `ns/line`. */
  readonly unit: string;
  readonly rate: number;
  readonly hash: string;
}

/** Seconds of one call: the best of `rounds` after a warm-up, since a kernel's noise only ever adds. */
export function bestSeconds(work: () => void, rounds: number): number {
  for (let i = 0; i < 3; i++) work();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    work();
    best = Math.min(best, performance.now() - started);
  }
  return best / 1000;
}

export function resultHash(...parts: readonly (ArrayBufferView | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts)
    hash.update(typeof part === 'string' ? part : new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest('hex').slice(0, 12);
}
