import type { ExtentSlabs, Extents } from '../../memory/extents.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX, extentOffset, extentSlab } from '../../memory/extents.ts';
import {
  LARGE_EXTENT_BYTES_MAX,
  type LargeExtentSlabs,
  type LargeExtents,
  largeExtentCapacity,
} from '../../memory/large-extents.ts';
import { type RecordSlabs, SharedRecords } from '../../memory/shared-records.ts';
import { isFloatEncoding } from './encoding.ts';

/**
 * Chunks of the head that never change again, numbered from 1; number 0 means "none". A record of 32 bytes for each:
 *
 * ```text
 * doubles  0 first time | 1 last time | 2, 3 = words 4..7
 * words    4 extent, or offset in the file | 5 bytes (lower 16 bits) and samples (16 bits)
 *          6 the next older chunk of the series | 7 encoding (8 bits), bytes (upper 8 bits), slot of the file (16 bits)
 * ```
 *
 * Slot 0: the chunk is in memory, floats in the ordinary extents, histograms in the large ones. Any other: its entry begins
 * at that offset of a file of `chunks_head/` (`HeadChunkSlots`).
 *
 * A series' chunks form a chain from the newest to the oldest, so sealing costs no array, and a query of the last
 * minutes looks at one or two.
 *
 * Invariant: a record that a reader may know never changes, but for the number of the next older one. A chunk that
 * moves to a file gets another record, which takes the place of the old one in the chain.
 */
export const SEALED_DOUBLES = 4;
export const SEALED_SLAB_LOG2 = 19;
export const SEALED_MASK = (1 << SEALED_SLAB_LOG2) - 1;

/** Offsets in doubles. */
export const SEALED_FIRST_TIME = 0;
export const SEALED_LAST_TIME = 1;
/** Offsets in words. */
export const SEALED_PLACE = 4;
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

/** Where chunks are read that are not in memory. */
interface ChunkFiles {
  /** The bytes of the chunk whose entry begins at an offset of the file in a slot: a view that the next call makes invalid. */
  chunk(slot: number, offset: number, byteLength: number): Uint8Array;
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

  /** The next older chunk of the same series, 0 = none. */
  older(chunk: number): number {
    return this.records.words[chunk >>> SEALED_SLAB_LOG2]![2 * (chunk & SEALED_MASK) * SEALED_DOUBLES + SEALED_OLDER]!;
  }

  firstTime(chunk: number): number {
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    return this.records.doubles[chunk >>> SEALED_SLAB_LOG2]![at + SEALED_FIRST_TIME]!;
  }

  lastTime(chunk: number): number {
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    return this.records.doubles[chunk >>> SEALED_SLAB_LOG2]![at + SEALED_LAST_TIME]!;
  }

  byteLength(chunk: number): number {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    return sealedByteLength(words, 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES);
  }

  /** Samples. */
  sampleCount(chunk: number): number {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    return words[2 * (chunk & SEALED_MASK) * SEALED_DOUBLES + SEALED_SIZE]! >>> 16;
  }

  encoding(chunk: number): number {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    return words[2 * (chunk & SEALED_MASK) * SEALED_DOUBLES + SEALED_ENCODING]! & 0xff;
  }

  /** Slot and offset of the entry where the chunk is in a file, else null. */
  placeInFile(chunk: number): { slot: number; offset: number } | null {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const w = 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const slot = sealedFileSlot(words, w);
    return slot === 0 ? null : { slot, offset: words[w + SEALED_PLACE]! };
  }

  isInFile(chunk: number): boolean {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    return sealedFileSlot(words, 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES) !== 0;
  }

  /** The bytes of a chunk as `get` gives them, but where `files` read them, a view that its next call makes invalid. */
  bytesOf(chunk: number, files: ChunkFiles | null): Uint8Array {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const byteLength = sealedByteLength(words, at);
    const slot = sealedFileSlot(words, at);
    const place = words[at + SEALED_PLACE]!;
    if (slot !== 0) return files!.chunk(slot, place, byteLength);
    return this.#inMemory(place, byteLength, words[at + SEALED_ENCODING]! & 0xff);
  }

  /**
   * A chunk with its bytes: a view of memory, or a copy of what `files` read. Throws as `ChunkFiles.chunk` does,
   * where the chunk is in a file.
   */
  get(chunk: number, files: ChunkFiles | null): SealedChunk {
    const doubles = this.records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const place = words[2 * at + SEALED_PLACE]!;
    const byteLength = sealedByteLength(words, 2 * at);
    const encoding = words[2 * at + SEALED_ENCODING]! & 0xff;
    const slot = sealedFileSlot(words, 2 * at);
    return {
      encoding,
      firstTime: doubles[at + SEALED_FIRST_TIME]!,
      lastTime: doubles[at + SEALED_LAST_TIME]!,
      bytes: slot === 0 ? this.#inMemory(place, byteLength, encoding) : files!.chunk(slot, place, byteLength).slice(),
      older: words[2 * at + SEALED_OLDER]!,
      count: words[2 * at + SEALED_SIZE]! >>> 16,
    };
  }

  #inMemory(extent: number, byteLength: number, encoding: number): Uint8Array {
    const isSmall = isFloatEncoding(encoding);
    const start = isSmall ? extentOffset(extent) : this.#large.offset(extent);
    const slab = isSmall ? this.#extents.bytes[extentSlab(extent)]! : this.#large.bytes(extent);
    return slab.subarray(start, start + byteLength);
  }
}

/** What `SealedChunks.addCopy` takes. */
export interface CopiedChunk {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly byteLength: number;
  readonly encoding: number;
  /** Samples. */
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

export class SealedChunks extends SealedRecords<SharedRecords> {
  readonly #extents: Extents;
  readonly #large: LargeExtents;
  #next = 1;
  #firstFree = 0;
  #live = 0;
  #hasHistograms = false;

  constructor(extents: Extents, large: LargeExtents) {
    super(new SharedRecords(SEALED_DOUBLES, SEALED_SLAB_LOG2), extents, large);
    this.#extents = extents;
    this.#large = large;
  }

  /** Chunks that exist. */
  get count(): number {
    return this.#live;
  }

  /** False while none of histograms was entered. */
  get hasHistograms(): boolean {
    return this.#hasHistograms;
  }

  /** To be told of every record that `addRun` has made room for. */
  noteEncoding(encoding: number): void {
    if (!isFloatEncoding(encoding)) this.#hasHistograms = true;
  }

  /** Makes sure of memory for `chunks` more. */
  reserve(chunks: number): void {
    this.records.reserve(this.#next + chunks);
  }

  /** Enters a chunk that lies in the extent `place`, or at that offset of the file in `slot`; returns its number. */
  add(
    firstTime: number,
    lastTime: number,
    place: number,
    byteLength: number,
    sampleCount: number,
    older: number,
    encoding: number,
    slot = 0,
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
    words[2 * at + SEALED_PLACE] = place;
    words[2 * at + SEALED_SIZE] = (byteLength & 0xffff) | (sampleCount << 16);
    words[2 * at + SEALED_OLDER] = older;
    words[2 * at + SEALED_ENCODING] = encoding | ((byteLength >>> 16) << 8) | (slot << 16);
    this.#live++;
    this.noteEncoding(encoding);
    return chunk;
  }

  /** Enters a chunk that lies in `bytes` from `start` on, which are copied; returns its number, 0 where it is too large. */
  addCopy({ bytes, byteLength, count, encoding, firstTime, lastTime, start }: CopiedChunk): number {
    let extent: number;
    let into: Uint8Array;
    let at: number;
    if (isFloatEncoding(encoding)) {
      if (byteLength > EXTENT_UNITS_MAX * EXTENT_UNIT_BYTES) return 0;
      extent = this.#extents.allocate(Math.ceil(byteLength / EXTENT_UNIT_BYTES));
      into = this.#extents.bytes[extentSlab(extent)]!;
      at = extentOffset(extent);
    } else {
      if (byteLength > LARGE_EXTENT_BYTES_MAX) return 0;
      extent = this.#large.allocate(largeExtentCapacity(byteLength));
      into = this.#large.bytes(extent);
      at = this.#large.offset(extent);
    }
    for (let i = 0; i < byteLength; i++) into[at + i] = bytes[start + i]!;
    return this.add(firstTime, lastTime, extent, byteLength, count, 0, encoding);
  }

  /** Records for `count` chunks one behind the other, which the caller fills; returns the first one's number. */
  addRun(count: number): number {
    const first = this.#next;
    this.#next += count;
    this.records.reserve(this.#next);
    this.#live += count;
    return first;
  }

  /** A second record of a chunk, which lies at `offset` of the file in `slot` as well; returns its number. */
  addCopyInFile(chunk: number, slot: number, offset: number): number {
    const doubles = this.records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
    return this.add(
      doubles[at + SEALED_FIRST_TIME]!,
      doubles[at + SEALED_LAST_TIME]!,
      offset,
      sealedByteLength(words, 2 * at),
      words[2 * at + SEALED_SIZE]! >>> 16,
      words[2 * at + SEALED_OLDER]!,
      words[2 * at + SEALED_ENCODING]! & 0xff,
      slot,
    );
  }

  setOlder(chunk: number, older: number): void {
    const words = this.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    Atomics.store(words, 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES + SEALED_OLDER, older);
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
    if (sealedFileSlot(words, at) === 0) {
      const extent = words[at + SEALED_PLACE]!;
      if (isFloatEncoding(words[at + SEALED_ENCODING]! & 0xff)) {
        this.#extents.free(extent, Math.ceil(byteLength / EXTENT_UNIT_BYTES));
      } else {
        this.#large.free(extent, largeExtentCapacity(byteLength));
      }
    }
    const older = words[at + SEALED_OLDER]!;
    words[at + SEALED_OLDER] = this.#firstFree;
    this.#firstFree = chunk;
    this.#live--;
    return older;
  }
}

/** The most bytes that a record can say of a chunk. */
export const SEALED_BYTES_MAX = 0xff_ffff;

/** The bytes of a chunk whose record begins at word `at`. */
export function sealedByteLength(words: Uint32Array, at: number): number {
  return (words[at + SEALED_SIZE]! & 0xffff) | (((words[at + SEALED_ENCODING]! >>> 8) & 0xff) << 16);
}

/** The slot of the file that the chunk is in, 0 where it is in memory. */
export function sealedFileSlot(words: Uint32Array, at: number): number {
  return words[at + SEALED_ENCODING]! >>> 16;
}
