import { clearColumn } from '../../storage/merge-columns.ts';
import type { EncodedChunk } from '../../storage/query.ts';
import { createSampleColumn, type SampleColumn } from '../../storage/query.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { SEALED_BYTES_MAX, type SealedChunks } from '../chunk/sealed-chunks.ts';
import type { HeadChunkReader } from '../chunks-head/head-chunk-reader.ts';
import type { HeadChunkSlots } from '../chunks-head/head-chunk-slots.ts';
import { type HeadChunk, isDecodable } from '../chunks-head/list-head-chunks.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { MmapMarker } from '../wal/record-types.ts';
import { REF_LIMIT, RefMap } from '../wal/ref-map.ts';
import type { ChunkReuse, OutOfOrderStore } from './out-of-order-store.ts';

/** So many chunks of a series may come in `chunks_head/` before the one that the log makes: those of other boundaries. */
const LOOK_AHEAD = 4;
/** Chunks decoded in one step: under a millisecond. */
const STEP_CHUNKS = 256;

/** The part of the head's memory that knows of chunks in files. */
interface ChunkMemory {
  readonly sealed: SealedChunks;
  readonly files: HeadChunkReader | null;
  readonly headChunkSlots: HeadChunkSlots;
}

/** Which late samples must not come back. */
export interface LateDeletions {
  readonly any: boolean;
  has(row: number, time: number): boolean;
}

export const NO_DELETIONS: LateDeletions = { any: false, has: () => false };

/** What becomes of a chunk that the log does not have as it is. */
export interface LeftChunkVisitor {
  /** Takes the samples of a chunk of which some are deleted. */
  samples(row: number, column: SampleColumn, encoding: number): void;
  /** A chunk can not be read; the log may have its samples. */
  unreadable(reason: string): void;
}

/**
 * Chunks out of order that the start found in `chunks_head/`, as records that name file and offset. While `wbl/` is read
 * again the same chunks are made of its samples in the same order: one whose bytes are those in the file takes the
 * file's place instead of memory. So neither the log nor a file is trusted alone, and nothing of either is lost.
 *
 * Order of calls: `add` for each entry, `giveTo` once the series are known, then the log with `reuse` and `marker`, and
 * `finish`.
 */
export class RestoredLateChunks implements ChunkReuse {
  readonly #memory: ChunkMemory;
  readonly #newest = new RefMap();
  /** By row: the oldest chunk that was not met again yet; the link of each leads to the next newer one. */
  readonly #left = new Map<number, number>();
  readonly #decoder = new ChunkDecoder();
  readonly #column = createSampleColumn(256);
  #deletions: LateDeletions = NO_DELETIONS;
  #count = 0;

  constructor(memory: ChunkMemory) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#count;
  }

  add({ count, encoding, firstTime, lastTime, length, offset, series, slot }: HeadChunk): void {
    const isUsable = isDecodable(encoding) && length <= SEALED_BYTES_MAX && count > 0 && firstTime <= lastTime;
    if (!isUsable || !Number.isSafeInteger(firstTime) || !Number.isSafeInteger(lastTime)) return;
    if (!(series >= 1 && series < REF_LIMIT)) return;
    const older = Math.max(0, this.#newest.row(series));
    const chunk = this.#memory.sealed.add(firstTime, lastTime, offset, length, count, older, encoding, slot);
    this.#newest.set(series, chunk);
    this.#count++;
  }

  /**
   * Gives the chunks to the rows of their refs; where a ref has none (-1), calls back with it and how many samples go.
   * Samples of `deletions` do not come back.
   */
  giveTo(
    rowOf: (ref: number) => number,
    unknown: (ref: number, samples: number) => void,
    deletions: LateDeletions,
  ): void {
    this.#deletions = deletions;
    const { sealed } = this.#memory;
    this.#newest.forEach((newest, ref) => {
      this.#newest.delete(ref);
      const row = rowOf(ref);
      let samples = 0;
      let oldest = 0;
      for (let chunk = newest; chunk !== 0; ) {
        const older = sealed.older(chunk);
        samples += sealed.sampleCount(chunk);
        if (row < 0) sealed.release(chunk);
        else sealed.setOlder(chunk, oldest);
        oldest = chunk;
        chunk = older;
      }
      if (row < 0) unknown(ref, samples);
      else this.#append(row, oldest);
    });
  }

  reuse(row: number, chunk: EncodedChunk, newest: number, store: OutOfOrderStore): number {
    const { sealed } = this.#memory;
    let skipped = 0;
    let found = this.#left.get(row) ?? 0;
    while (found !== 0 && skipped < LOOK_AHEAD && !this.#isSame(found, chunk)) {
      found = sealed.older(found);
      skipped++;
    }
    if (found === 0 || skipped === LOOK_AHEAD || (skipped > 0 && this.#deletions.any)) return 0;
    let last = newest;
    // Those before it came earlier: whose sample counts at one time depends on the order.
    for (; skipped > 0; skipped--) last = this.#takeWhole(row, last, store);
    this.#next(row);
    sealed.setOlder(found, last);
    return found;
  }

  /**
   * The log says that everything of the row up to here is in this chunk and older ones. Where the chunk is there and has
   * what is collected, the next chunk begins here again.
   */
  marker({ fileNumber, offset }: MmapMarker, row: number, store: OutOfOrderStore): void {
    if (store.openCount(row) === 0) return;
    const { headChunkSlots, sealed } = this.#memory;
    let chunk = this.#left.get(row) ?? 0;
    for (let looked = 0; chunk !== 0 && looked < LOOK_AHEAD; looked++) {
      const place = sealed.placeInFile(chunk)!;
      if (place.offset === offset && headChunkSlots.fileNumber(place.slot) === fileNumber) {
        const column = this.#decode(chunk);
        if (typeof column !== 'string') store.dropOpen(row, column);
        return;
      }
      chunk = sealed.older(chunk);
    }
  }

  /** Takes what the log did not have as it is. Yields now and then. */
  *finish(store: OutOfOrderStore, visitor: LeftChunkVisitor): Generator<void, void> {
    const { sealed } = this.#memory;
    let steps = 0;
    for (const row of [...this.#left.keys()]) {
      for (let chunk = this.#left.get(row) ?? 0; chunk !== 0; chunk = this.#left.get(row) ?? 0) {
        if (++steps % STEP_CHUNKS === 0) yield;
        const column = this.#decode(chunk);
        this.#next(row);
        if (typeof column === 'string') {
          visitor.unreadable(column);
          sealed.release(chunk);
        } else if (this.#deletions.any && this.#isPartlyDeleted(row, column)) {
          visitor.samples(row, column, sealed.encoding(chunk));
          sealed.release(chunk);
        } else store.addChunk(row, chunk, column);
      }
    }
  }

  /** Puts the oldest chunk of those left before others; returns what is the newest then. */
  #takeWhole(row: number, newest: number, store: OutOfOrderStore): number {
    const chunk = this.#left.get(row)!;
    const column = this.#decode(chunk);
    this.#next(row);
    if (typeof column === 'string') {
      this.#memory.sealed.release(chunk);
      return newest;
    }
    store.noteChunk(row, column);
    this.#memory.sealed.setOlder(chunk, newest);
    return chunk;
  }

  #isPartlyDeleted(row: number, { length, times }: SampleColumn): boolean {
    for (let i = 0; i < length; i++) if (this.#deletions.has(row, times[i]!)) return true;
    return false;
  }

  #next(row: number): void {
    const next = this.#memory.sealed.older(this.#left.get(row)!);
    if (next === 0) this.#left.delete(row);
    else this.#left.set(row, next);
  }

  /** Behind those of another ref of the same row. */
  #append(row: number, oldest: number): void {
    const { sealed } = this.#memory;
    let last = this.#left.get(row) ?? 0;
    if (last === 0) {
      this.#left.set(row, oldest);
      return;
    }
    while (sealed.older(last) !== 0) last = sealed.older(last);
    sealed.setOlder(last, oldest);
  }

  #isSame(chunk: number, { bytes, encoding, maxTime, minTime }: EncodedChunk): boolean {
    const { files, sealed } = this.#memory;
    if (sealed.firstTime(chunk) !== minTime || sealed.lastTime(chunk) !== maxTime) return false;
    if (sealed.byteLength(chunk) !== bytes.length || sealed.encoding(chunk) !== encoding) return false;
    try {
      const there = sealed.bytesOf(chunk, files);
      for (let i = 0; i < bytes.length; i++) if (there[i] !== bytes[i]) return false;
      return true;
    } catch {
      // It stays in memory then, and is written again.
      return false;
    }
  }

  /** The samples of a chunk, valid until the next call, or why they can not be read. */
  #decode(chunk: number): SampleColumn | string {
    const { files, sealed } = this.#memory;
    const column = this.#column;
    clearColumn(column);
    try {
      const encoding = sealed.encoding(chunk);
      const reason = this.#decoder.decode(encoding, sealed.bytesOf(chunk, files), column);
      const { offset, slot } = sealed.placeInFile(chunk)!;
      if (reason !== null) return new DamagedFile(files!.path(slot), offset, reason).message;
      return column;
    } catch (error) {
      return String(error);
    }
  }
}
