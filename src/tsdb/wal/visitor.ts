import type { Labels } from '../../model/labels.ts';
import type { ExemplarEntry, HistogramEntry } from '../../storage/append.ts';
import type { MetadataEntry, MmapMarker, TombstoneEntry } from './record-types.ts';

/**
 * Float samples of one record as parallel arrays, of which the first `length` entries are valid. The arrays are used
 * again for the next record: copy what must stay.
 */
export interface SampleColumns {
  length: number;
  refs: Float64Array;
  /** Milliseconds since the epoch. */
  times: Float64Array;
  values: Float64Array;
  /** The same buffer as `values`, as 32-bit halves, low first. */
  bits: Uint32Array;
  /** Parallel to `times` (ms, 0 = unknown); null where the record has none. */
  startTimes: Float64Array | null;
}

/**
 * Samples of many records, put into XOR chunks by the rules of `chunk/cut-rule.ts`: those at `bytes[start..end-1]`, one
 * behind the other, each at a multiple of 8, with `doubles` and `words` over the same memory. Valid until the visitor
 * returns.
 *
 * ```text
 * chunk    0 ref f64 | 8 first time f64 | 16 last time f64 | 24 time before it f64 | 32 last value u64
 *          40 write position and window u32 | 44 samples u32 | 48 next cut f64 | 56 bytes u32 | 60 1 = full u32 | bytes
 * ```
 */
export interface ChunkBatch {
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Offsets in doubles and in words from where a chunk of a `ChunkBatch` begins. */
export const CHUNK = {
  ref: 0,
  firstTime: 1,
  lastTime: 2,
  timeBefore: 3,
  nextCut: 6,
  valueLow: 8,
  valueHigh: 9,
  cursor: 10,
  count: 11,
  byteLength: 14,
  isFull: 15,
  headerBytes: 64,
} as const;

/** Where the chunk behind one at `at` begins. */
export function nextChunk({ words }: ChunkBatch, at: number): number {
  return (at + CHUNK.headerBytes + words[(at >>> 2) + CHUNK.byteLength]! + 7) & ~7;
}

/**
 * Gets the content of the log in the order in which it was written. A record is decoded whole before its first call, so
 * a malformed one is never seen in part. Refs are positive integers below 2^53 and may be unknown to the visitor.
 * `series` may come again for a ref that is known (checkpoints repeat it), and for another ref with the same labels.
 */
export interface WalVisitor {
  series(ref: number, labels: Labels): void;
  /**
   * As `series`, for whoever does without strings: the labels as `model/label-bytes.ts` draws them, in
   * `bytes[start..end-1]`, which are valid until it returns. What is not in that form comes to `series`.
   */
  seriesBytes?(ref: number, bytes: Uint8Array, start: number, end: number): void;
  /**
   * For whoever makes many series at once, of a log that is read ahead: takes a record as it stands there, compressed as the flags
   * of its fragments say, and returns how many series it names; -1 where it is to come as others do. `adoptSeries` follows.
   */
  seriesRecord?(record: Uint8Array, flags: number): number;
  /** Does a piece of what `seriesRecord` has left to do. Until it returns false nothing else is called, before anything else it is. */
  adoptSeries?(): boolean;
  /** Whoever reads ahead has nothing for now: for a piece of what will have to be done, of less than a millisecond. */
  workAhead?(): void;
  samples(columns: SampleColumns): void;
  /** For whoever takes samples from someone that reads ahead (`ReplayOptions.ahead`). */
  chunks?(batch: ChunkBatch): void;
  histograms(entries: readonly HistogramEntry[]): void;
  exemplars(entries: readonly ExemplarEntry[]): void;
  tombstones(entries: readonly TombstoneEntry[]): void;
  metadata(entries: readonly MetadataEntry[]): void;
  /** Only `wbl/` has them. */
  markers?(entries: readonly MmapMarker[]): void;
  /**
   * For a visitor that collects what it gets: does a piece of its work, of some milliseconds. True while there is more, and
   * until then nothing else is called. Called behind each record.
   */
  workOff?(): boolean;
}
