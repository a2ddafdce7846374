import type { Extents } from '../../memory/extents.ts';
import { EXTENT_UNIT_BYTES, extentOffset, extentSlab } from '../../memory/extents.ts';
import { SharedRecords } from '../../memory/shared-records.ts';
import { ENCODING } from './encoding.ts';

/**
 * Chunks of the head that never change again, numbered from 1; number 0 means "none". A record of 32 bytes for each:
 *
 * ```text
 * doubles  0 first time | 1 last time | 2, 3 = words 4..7
 * words    4 extent | 5 bytes (16 bits) and samples (16 bits) | 6 the next older chunk of the series | 7 encoding
 * ```
 *
 * A series' chunks form a chain from the newest to the oldest, so sealing costs no array, and a query of the last
 * minutes looks at one or two.
 */
export const SEALED_DOUBLES = 4;
export const SEALED_SLAB_LOG2 = 19;
export const SEALED_MASK = (1 << SEALED_SLAB_LOG2) - 1;

/** Offsets in doubles. */
export const SEALED_FIRST_TIME = 0;
export const SEALED_LAST_TIME = 1;
/** Offsets in words. */
export const SEALED_EXTENT = 4;
export const SEALED_SIZE = 5;
export const SEALED_OLDER = 6;
export const SEALED_ENCODING = 7;

export interface SealedChunk {
  readonly firstTime: number;
  readonly lastTime: number;
  readonly bytes: Uint8Array;
  readonly older: number;
  readonly count: number;
}

export class SealedChunks {
  readonly records = new SharedRecords(SEALED_DOUBLES, SEALED_SLAB_LOG2);
  readonly #extents: Extents;
  #next = 1;
  #firstFree = 0;
  #live = 0;

  constructor(extents: Extents) {
    this.#extents = extents;
  }

  /** Chunks that exist. */
  get count(): number {
    return this.#live;
  }

  /** Makes sure of memory for `chunks` more. */
  reserve(chunks: number): void {
    this.records.reserve(this.#next + chunks);
  }

  /** Enters a chunk that lies in `extent`; returns its number. */
  add(
    firstTime: number,
    lastTime: number,
    extent: number,
    byteLength: number,
    sampleCount: number,
    older: number,
  ): number {
    let chunk = this.#firstFree;
    if (chunk === 0) {
      chunk = this.#next++;
      this.records.reserve(chunk + 1);
    }
    const doubles = this.records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    if (chunk === this.#firstFree) this.#firstFree = words[2 * at + SEALED_OLDER]!;
    doubles[at + SEALED_FIRST_TIME] = firstTime;
    doubles[at + SEALED_LAST_TIME] = lastTime;
    words[2 * at + SEALED_EXTENT] = extent;
    words[2 * at + SEALED_SIZE] = byteLength | (sampleCount << 16);
    words[2 * at + SEALED_OLDER] = older;
    words[2 * at + SEALED_ENCODING] = ENCODING.xor;
    this.#live++;
    return chunk;
  }

  get(chunk: number): SealedChunk {
    const doubles = this.records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const extent = words[2 * at + SEALED_EXTENT]!;
    const size = words[2 * at + SEALED_SIZE]!;
    const start = extentOffset(extent);
    return {
      firstTime: doubles[at + SEALED_FIRST_TIME]!,
      lastTime: doubles[at + SEALED_LAST_TIME]!,
      bytes: this.#extents.bytes[extentSlab(extent)]!.subarray(start, start + (size & 0xffff)),
      older: words[2 * at + SEALED_OLDER]!,
      count: size >>> 16,
    };
  }

  /** Gives a chunk and its extent back. Nobody may look at it any more. Returns the next older one. */
  release(chunk: number): number {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const bytes = words[at + SEALED_SIZE]! & 0xffff;
    this.#extents.free(words[at + SEALED_EXTENT]!, Math.ceil(bytes / EXTENT_UNIT_BYTES));
    const older = words[at + SEALED_OLDER]!;
    words[at + SEALED_OLDER] = this.#firstFree;
    this.#firstFree = chunk;
    this.#live--;
    return older;
  }
}
