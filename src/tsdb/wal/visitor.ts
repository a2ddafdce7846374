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
  samples(columns: SampleColumns): void;
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
