import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';

/**
 * The number by which an appender knows a series: monotonic, below 2^40, never reused, at least 1. It may be refused
 * later (`unknownRef`) once the series has left the head; the caller then resolves its labels again.
 */
export type SeriesRef = number;

/**
 * Samples of many series going in together, as parallel arrays of which the first `length` entries are valid.
 * The caller owns the arrays and may reuse them after `commit` or `rollback`, not before.
 */
export interface SampleBatch {
  length: number;
  refs: Float64Array;
  /** Milliseconds since the epoch, integers within +-(2^53 - 1). */
  times: Float64Array;
  /** Start timestamps (ms, 0 = unknown) where the source gives them. */
  startTimes: Float64Array | null;
  values: Float64Array;
  /** The same buffer as `values`, as 32-bit halves; NaN payloads and stale markers are written through it. */
  bits: Uint32Array;
  histograms: readonly HistogramEntry[];
  exemplars: readonly ExemplarEntry[];
  /**
   * True refuses samples that are older than their series' last one also where others may come out of order: for
   * staleness markers of the scraper, and for what rules give.
   */
  inOrderOnly?: boolean;
  /**
   * True puts a zero at the start time of each sample that has one, where it can follow its series and is older than
   * the sample. Where it can not nothing is said of it.
   */
  startsAsZero?: boolean;
}

export interface HistogramEntry {
  readonly ref: SeriesRef;
  readonly time: number;
  readonly startTime: number;
  readonly histogram: Histogram;
}

export interface ExemplarEntry {
  readonly ref: SeriesRef;
  readonly labels: Labels;
  readonly value: number;
  readonly time: number;
}

/** Why a row was refused; the numbers are what `AppendOutcome.reasons` holds. */
export const REFUSED = {
  unknownRef: 1,
  outOfOrder: 2,
  /** Same time as the last sample, other value. (Same value is accepted and drops out silently.) */
  duplicate: 3,
  tooOld: 4,
  outOfBounds: 5,
  /** A histogram whose spans do not fit its buckets, or that is larger than a chunk may be. */
  invalidHistogram: 6,
} as const;

export interface AppendOutcome {
  /** Rows accepted, identical duplicates included. */
  readonly appended: number;
  readonly refusedCount: number;
  /** Batch indexes of refused rows, `refusedCount` valid entries, rising; refused histograms count on after `length`. */
  readonly refused: Uint32Array;
  /** A `REFUSED` number for each of them. */
  readonly reasons: Uint8Array;
}

/**
 * One transaction: check -> log -> apply.
 *
 * Order of calls: any number of `resolve` and `append`, then `commit` or `rollback`, once; all within one turn of the
 * event loop, or within one `Appendable.inSteps`. `append` changes nothing that a query can see and does not throw for bad samples. `commit` logs, then
 * makes everything visible at once; when it throws, nothing was applied. Series made by `resolve` outlive a rollback.
 */
export interface Appender {
  resolve(labels: Labels): SeriesRef;
  /**
   * As `resolve`, with the labels in `bytes[start..end-1]` as `model/label-bytes.ts` draws them. The bytes are not looked
   * at after it has returned.
   */
  resolveBytes(bytes: Uint8Array, start: number, end: number): SeriesRef;
  append(batch: SampleBatch): AppendOutcome;
  /**
   * True where a float of a series (null: a new one) could not be taken, whatever the transaction has; `low` and `high` are the
   * bits of its value. What is refused later only for other samples of the transaction is not known here.
   */
  refuses(ref: SeriesRef | null, time: number, low: number, high: number): boolean;
  /** The value of a series' last sample in order; null where there is none, or it is not at hand. */
  lastValue(ref: SeriesRef): number | 'histogram' | null;
  commit(): void;
  /** As `append` and `commit`, in steps of a millisecond, where the transaction is part of `Appendable.inSteps`. */
  appendInSteps(batch: SampleBatch): Generator<undefined, AppendOutcome>;
  commitInSteps(): Generator<undefined, void>;
  rollback(): void;
}

/**
 * The storage takes no samples for now; the message says why. It goes on by itself: whoever can send again, should.
 * Thrown by `appender` before anything changes, and by the `commit` that met the reason.
 */
export class AppendsStopped extends Error {
  override readonly name = 'AppendsStopped';

  constructor(reason: string, options?: ErrorOptions) {
    super(`Samples are not taken at the moment: ${reason}`, options);
  }
}

export interface Appendable {
  /**
   * A fresh transaction. At most one is open at a time: opening another before the end of the last is an error. Throws
   * `AppendsStopped`.
   */
  appender(): Appender;
  /**
   * Runs work with transactions so large that they are made in several turns of the event loop. Who needs the storage as it is afterwards
   * - an appender, or a reader of samples once some of them are applied - takes the steps that are left: nobody sees half of it. Its result,
   * and what it throws, comes here.
   */
  inSteps<T>(work: Generator<undefined, T>): Generator<undefined, T>;
  /** Takes the steps that are left of such work, before an appender that is opened in a step of something else. */
  settle(): Generator<undefined, void>;
  /** Resolves when such work has ended, for who can wait for an appender; null where there is none. */
  settled(): Promise<void> | null;
}

/** Makes an empty batch with room for `capacity` rows. */
export function createSampleBatch(capacity: number): SampleBatch {
  const values = new Float64Array(capacity);
  return {
    length: 0,
    refs: new Float64Array(capacity),
    times: new Float64Array(capacity),
    startTimes: null,
    values,
    bits: new Uint32Array(values.buffer),
    histograms: [],
    exemplars: [],
    inOrderOnly: false,
  };
}

/** Makes room for `capacity` rows, keeping the first `length`; the batch's arrays are replaced when it grows. */
export function reserveSampleBatch(batch: SampleBatch, capacity: number): void {
  if (batch.refs.length >= capacity) return;
  const grown = createSampleBatch(Math.max(capacity, 2 * batch.refs.length));
  grown.refs.set(batch.refs.subarray(0, batch.length));
  grown.times.set(batch.times.subarray(0, batch.length));
  grown.bits.set(batch.bits.subarray(0, 2 * batch.length));
  batch.refs = grown.refs;
  batch.times = grown.times;
  batch.values = grown.values;
  batch.bits = grown.bits;
  if (batch.startTimes !== null) {
    const startTimes = new Float64Array(grown.refs.length);
    startTimes.set(batch.startTimes.subarray(0, batch.length));
    batch.startTimes = startTimes;
  }
}
