import { type Body, createBody } from '../exposition/body.ts';

/** Buffers kept for reuse; more than usually are read at the same moment would only hold memory. */
const KEPT_MAX = 3;
/** Larger buffers are not kept. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Buffers for bodies being read. All of them together may take `bytesMax` bytes: with thousands of targets that answer
 * without end, a limit for each alone would not keep the memory bounded.
 */
export class BodyPool {
  readonly #bytesMax: number;
  readonly #free: Body[] = [];
  #used = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of bodies being read. */
  get used(): number {
    return this.#used;
  }

  acquire(sizeHint: number): Body {
    const body = this.#free.pop() ?? createBody(sizeHint);
    body.size = 0;
    return body;
  }

  release(body: Body): void {
    if (this.#free.length < KEPT_MAX && body.bytes.length <= KEPT_BYTES_MAX) this.#free.push(body);
  }

  /** Asks for room for `bytes` more; false where there is none. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#bytesMax) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
