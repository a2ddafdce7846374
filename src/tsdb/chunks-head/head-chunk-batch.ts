import { type HeadChunkHeader, headChunkEntryBytes, writeHeadChunkEntry } from './head-chunk-format.ts';

/** Entries of `chunks_head/` that are to be written together, in this order. */
export class HeadChunkBatch {
  #bytes: Uint8Array;
  #size = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  #outOfOrder = 0;
  readonly #offsets: number[] = [];

  /** `capacity` is the bytes that entries usually take; a larger one has room all the same. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get count(): number {
    return this.#offsets.length;
  }

  /** The entries: a view that the next `add` or `clear` makes invalid. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  get size(): number {
    return this.#size;
  }

  /** The newest last time of the chunks that are in order, ms. */
  get lastTime(): number {
    return this.#lastTime;
  }

  /** Chunks that are out of order. */
  get outOfOrder(): number {
    return this.#outOfOrder;
  }

  /** Where the entry `index` begins, counted from the start of the batch. */
  offset(index: number): number {
    return this.#offsets[index]!;
  }

  /** Copies the chunk `chunk[start .. start + length - 1]`, so that its memory may go. */
  add(header: HeadChunkHeader, chunk: Uint8Array, start: number, length: number): void {
    const needed = this.#size + headChunkEntryBytes(length);
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    this.#offsets.push(this.#size);
    this.#size = writeHeadChunkEntry(this.#bytes, this.#size, header, chunk, start, length);
    if (header.isOutOfOrder) this.#outOfOrder++;
    else this.#lastTime = Math.max(this.#lastTime, header.lastTime);
  }

  clear(): void {
    this.#size = 0;
    this.#offsets.length = 0;
    this.#lastTime = Number.NEGATIVE_INFINITY;
    this.#outOfOrder = 0;
  }
}
