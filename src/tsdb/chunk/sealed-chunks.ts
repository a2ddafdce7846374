import type { ExtentSlabs, Extents } from '../../memory/extents.ts';
import { EXTENT_UNIT_BYTES, extentOffset, extentSlab } from '../../memory/extents.ts';
import { type LargeExtentSlabs, type LargeExtents, largeExtentCapacity } from '../../memory/large-extents.ts';
import { type RecordSlabs, SharedRecords } from '../../memory/shared-records.ts';
import { ENCODING } from './encoding.ts';

/**
 * Chunks of the head that never change again, numbered from 1; number 0 means "none". A record of 32 bytes for each:
 *
 * ```text
 * doubles  0 first time | 1 last time | 2, 3 = words 4..7
 * words    4 extent | 5 bytes (lower 16 bits) and samples (16 bits) | 6 the next older chunk of the series
 *          7 encoding (8 bits) and bytes (upper 16 bits, shifted by 8)
 * ```
 *
 * XOR chunks lie in the ordinary extents, those of histograms in the large ones.
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
  readonly encoding: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly bytes: Uint8Array;
  readonly older: number;
  readonly count: number;
}

/** The records of sealed chunks, as readers in any thread see them. */
export class SealedRecords<Records extends RecordSlabs = RecordSlabs> {
  readonly records: Records;
  readonly #extents: ExtentSlabs;
  readonly #large: LargeExtentSlabs;

  constructor(records: Records, extents: ExtentSlabs, large: LargeExtentSlabs) {
    this.records = records;
    this.#extents = extents;
    this.#large = large;
  }

  get(chunk: number): SealedChunk {
    const doubles = this.records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const extent = words[2 * at + SEALED_EXTENT]!;
    const byteLength = sealedByteLength(words, 2 * at);
    const encoding = words[2 * at + SEALED_ENCODING]! & 0xff;
    const isSmall = encoding === ENCODING.xor;
    const start = isSmall ? extentOffset(extent) : this.#large.offset(extent);
    const slab = isSmall ? this.#extents.bytes[extentSlab(extent)]! : this.#large.bytes(extent);
    return {
      encoding,
      firstTime: doubles[at + SEALED_FIRST_TIME]!,
      lastTime: doubles[at + SEALED_LAST_TIME]!,
      bytes: slab.subarray(start, start + byteLength),
      older: words[2 * at + SEALED_OLDER]!,
      count: words[2 * at + SEALED_SIZE]! >>> 16,
    };
  }
}

export class SealedChunks extends SealedRecords<SharedRecords> {
  readonly #extents: Extents;
  readonly #large: LargeExtents;
  #next = 1;
  #firstFree = 0;
  #live = 0;

  constructor(extents: Extents, large: LargeExtents) {
    super(new SharedRecords(SEALED_DOUBLES, SEALED_SLAB_LOG2), extents, large);
    this.#extents = extents;
    this.#large = large;
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
    encoding: number,
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
    words[2 * at + SEALED_SIZE] = (byteLength & 0xffff) | (sampleCount << 16);
    words[2 * at + SEALED_OLDER] = older;
    words[2 * at + SEALED_ENCODING] = encoding | ((byteLength >>> 16) << 8);
    this.#live++;
    return chunk;
  }

  /** Makes a chunk the oldest of its series; returns the one that was next older. */
  cutBehind(chunk: number): number {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES + SEALED_OLDER;
    const older = words[at]!;
    words[at] = 0;
    return older;
  }

  /** Gives a chunk and its extent back. Nobody may look at it any more. Returns the next older one. */
  release(chunk: number): number {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const byteLength = sealedByteLength(words, at);
    const extent = words[at + SEALED_EXTENT]!;
    if ((words[at + SEALED_ENCODING]! & 0xff) === ENCODING.xor) {
      this.#extents.free(extent, Math.ceil(byteLength / EXTENT_UNIT_BYTES));
    } else {
      this.#large.free(extent, largeExtentCapacity(byteLength));
    }
    const older = words[at + SEALED_OLDER]!;
    words[at + SEALED_OLDER] = this.#firstFree;
    this.#firstFree = chunk;
    this.#live--;
    return older;
  }
}

/** The bytes of a chunk whose record begins at word `at`. */
export function sealedByteLength(words: Uint32Array, at: number): number {
  return (words[at + SEALED_SIZE]! & 0xffff) | ((words[at + SEALED_ENCODING]! >>> 8) << 16);
}
