import type { FloatHistogram } from '../model/histogram.ts';
import { histogramBytes } from '../model/histogram-bytes.ts';
import { histogramWork } from '../model/histogram-work.ts';
import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';

/** Both ends inclusive, milliseconds since the epoch. */
export interface TimeRange {
  readonly minTime: number;
  readonly maxTime: number;
}

export interface SelectRequest {
  readonly matchers: readonly Matcher[];
  /**
   * Where all samples within the querier's range are floats, and no series there has a type or unit (`SeriesSet.hasNoTypes`), only
   * series that meet these are wanted: `matchers` and more. A storage that does not know goes by `matchers`.
   */
  readonly floatMatchers?: readonly Matcher[];
  /** The samples wanted; may be narrower than the querier's range. */
  readonly range: TimeRange;
  /** Rows come in label order when set; otherwise in any order. */
  readonly sorted: boolean;
  /** At most so many series; 0 = no limit. */
  readonly limit: number;
  /**
   * Set where of every series only the newest sample of the range is looked at (a stale marker counts as one): the storage
   * may leave out older ones, and need not decode them.
   */
  readonly newestOnly?: boolean;
  /** Set where no samples will be read. */
  readonly labelsOnly?: boolean;
  /** Set where rows are read by `readChunks` alone. */
  readonly asChunks?: boolean;
  /** Called now and then while a select takes long; what it throws ends the select. */
  readonly check?: () => void;
}

/** A request that goes by `floatMatchers`, for a storage without histograms and types. */
export function ofFloats<Request extends Pick<SelectRequest, 'matchers' | 'floatMatchers'>>(request: Request): Request {
  return request.floatMatchers === undefined ? request : { ...request, matchers: request.floatMatchers };
}

/** Told what reading a series takes; either throws where its reader has had enough. */
export interface ReadCosts {
  /** So many samples were read since. */
  spend(samples: number): void;
  /** So many bytes are allocated next. */
  takeBytes(bytes: number): void;
}

/** Raw samples of one series, oldest first, times strictly rising. Stale markers are among them. */
export interface SampleColumn {
  length: number;
  times: Float64Array;
  values: Float64Array;
  /** The same buffer as `values`, as 32-bit halves (low, high). */
  bits: Uint32Array;
  /** Start timestamps, parallel to `times`; null where no sample has one. */
  startTimes: Float64Array | null;
  /** Parallel to `times`; an entry means the sample is a histogram. null: floats only, the usual case. */
  histograms: (FloatHistogram | undefined)[] | null;
  /**
   * Parallel to `times`: 1 where the histogram is stored with integer counts, for those who hand samples on in the form
   * in which they came. null or absent: none is known to be.
   */
  integerCounts?: Uint8Array | null;
  /** Whoever reads into the column tells it after every few chunks, and before it grows. null or absent: nobody asks. */
  costs?: ReadCosts | null;
  /** Bytes that `costs` was told of for histograms: the most that the column had at once. */
  histogramBytes?: number;
}

/** A run of samples of one series as storage and files have it, its count of samples included. */
export interface EncodedChunk {
  /** The number that files carry. */
  readonly encoding: number;
  /** Times of the first and the last sample, ms. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Not to be changed. */
  readonly bytes: Uint8Array;
}

/** Makes of chunks of one series, in any order, chunks that follow each other: those that overlap no other stay as they are. */
export type MergeChunks = (chunks: EncodedChunk[]) => readonly EncodedChunk[];

/** Bytes of a sample in a column: time and value, and a start time where there are any. */
const SAMPLE_BYTES = 16;
const START_TIME_BYTES = 8;

/** Everything one select found: labels first, then one whole series per call into the caller's column. */
export interface SeriesSet {
  readonly length: number;
  labels(row: number): Labels;
  /**
   * The labels of all rows where the storage has them as a list that nobody ever changes: the same list comes again with the
   * same selection, so what is worked out of it may be kept with it. null or absent where there is none.
   */
  readonly lastingLabels?: readonly Labels[] | null;
  /**
   * True where the storage knows, without a look at the labels, that no series has a type or a unit (`__type__`, `__unit__`): then
   * series of one name stay different without their names. False or absent where it does not.
   */
  readonly hasNoTypes?: boolean;
  /**
   * There where samples come from afar: says that `row` is read next, after all before it, and is to be waited for unless it
   * is null.
   */
  ahead?(row: number): Promise<void> | null;
  /** Decodes the samples of `row` inside the requested range into `into`, which is grown if needed. Never waits. */
  read(row: number, into: SampleColumn): void;
  /**
   * There where samples can be decoded to where they belong: as `read`, but behind the samples that `into` has. False
   * where they are not all later than those, or have to be looked through first; `into` is good for nothing then.
   */
  append?(row: number, into: SampleColumn): boolean;
  /**
   * There where samples are stored as chunks: puts those of `row` that have samples inside the requested range behind those
   * of `into`, oldest first. Each is as it is stored unless some of its samples lie outside, are deleted, or lie in the times
   * of another one. Their bytes stay until the next call. Never waits.
   */
  readChunks?(row: number, into: EncodedChunk[]): void;
  readonly warnings: readonly string[];
}

export interface Querier {
  /** The only place of a query that may wait. */
  select(request: SelectRequest): SeriesSet | Promise<SeriesSet>;
  /** Sorted by UTF-8 bytes; `limit` 0 = all. Nobody may change the list. */
  labelNames(matchers: readonly Matcher[], limit: number): readonly string[] | Promise<readonly string[]>;
  /** Sorted by UTF-8 bytes; `limit` 0 = all. Nobody may change the list. */
  labelValues(
    name: string,
    matchers: readonly Matcher[],
    limit: number,
  ): readonly string[] | Promise<readonly string[]>;
  /** Releases what the querier pinned. Series sets are invalid afterwards. */
  close(): void;
}

export interface Queryable {
  querier(range: TimeRange): Querier;
}

/** An empty column with room for `capacity` floats; who reads into it may grow it. `costs` hears of what it takes. */
export function createSampleColumn(capacity: number, costs: ReadCosts | null = null): SampleColumn {
  const values = new Float64Array(capacity);
  return {
    length: 0,
    times: new Float64Array(capacity),
    values,
    bits: new Uint32Array(values.buffer),
    startTimes: null,
    histograms: null,
    integerCounts: null,
    costs,
    histogramBytes: 0,
  };
}

/** Makes room for `capacity` samples, keeping the first `length`; the arrays are replaced when they grow. */
export function reserveSampleColumn(column: SampleColumn, capacity: number): void {
  if (column.times.length >= capacity) return;
  const before = column.times.length;
  const after = Math.max(capacity, 2 * before);
  column.costs?.takeBytes((SAMPLE_BYTES + (column.startTimes === null ? 0 : START_TIME_BYTES)) * (after - before));
  const grown = createSampleColumn(after);
  for (let from = 0; from < column.length; from += SAMPLES_AT_ONCE) {
    const to = Math.min(column.length, from + SAMPLES_AT_ONCE);
    if (from > 0) column.costs?.spend(SAMPLES_AT_ONCE);
    grown.times.set(column.times.subarray(from, to), from);
    grown.bits.set(column.bits.subarray(2 * from, 2 * to), 2 * from);
  }
  column.times = grown.times;
  column.values = grown.values;
  column.bits = grown.bits;
  if (column.startTimes !== null) {
    const startTimes = new Float64Array(grown.times.length);
    startTimes.set(column.startTimes.subarray(0, column.length));
    column.startTimes = startTimes;
  }
  if (column.integerCounts) {
    const integerCounts = new Uint8Array(grown.times.length);
    integerCounts.set(column.integerCounts.subarray(0, column.length));
    column.integerCounts = integerCounts;
  }
}

/** Tells the reader of a column that its histograms take so many bytes, where they never took as many. */
export function noteHistogramBytes(column: SampleColumn, bytes: number): void {
  const before = column.histogramBytes ?? 0;
  if (bytes <= before) return;
  column.costs?.takeBytes(bytes - before);
  column.histogramBytes = bytes;
}

/** Samples copied, in about a millisecond, between two words to the reader. */
const SAMPLES_AT_ONCE = 65_536;

/** After so many chunks it is known about how many samples each has; so many lie between two words to the reader. */
export const CHUNKS_PER_WORD = 16;

/**
 * To be called after every `CHUNKS_PER_WORD` chunks that are read into a column: `done` so far, with the samples from index
 * `first` on, of `count()`. Tells the reader, and makes room for the rest once instead of again and again.
 */
export function noteChunksRead(column: SampleColumn, first: number, done: number, count: () => number): void {
  const perChunk = (column.length - first) / done;
  const newest = column.histograms?.[column.length - 1];
  column.costs?.spend(CHUNKS_PER_WORD * perChunk * histogramWork(newest));
  if (newest !== undefined) noteHistogramBytes(column, (column.length - first) * histogramBytes(newest));
  // Some more: chunks differ, and the one that is still open is not among them.
  if (done === CHUNKS_PER_WORD) reserveSampleColumn(column, first + Math.ceil(1.02 * perChunk * (count() + 2)));
}
