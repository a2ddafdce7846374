import type { FloatHistogram } from '../model/histogram.ts';
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
   * Where all samples within the querier's range are floats, only series that meet these are wanted: `matchers` and more. A
   * storage that does not know goes by `matchers`.
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
  /** Called now and then while a select takes long; what it throws ends the select. */
  readonly check?: () => void;
}

/** A request that goes by `floatMatchers`, for a storage without histograms. */
export function ofFloats<Request extends Pick<SelectRequest, 'matchers' | 'floatMatchers'>>(request: Request): Request {
  return request.floatMatchers === undefined ? request : { ...request, matchers: request.floatMatchers };
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
}

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

export function createSampleColumn(capacity: number): SampleColumn {
  const values = new Float64Array(capacity);
  return {
    length: 0,
    times: new Float64Array(capacity),
    values,
    bits: new Uint32Array(values.buffer),
    startTimes: null,
    histograms: null,
    integerCounts: null,
  };
}

/** Makes room for `capacity` samples, keeping the first `length`; the arrays are replaced when they grow. */
export function reserveSampleColumn(column: SampleColumn, capacity: number): void {
  if (column.times.length >= capacity) return;
  const grown = createSampleColumn(Math.max(capacity, 2 * column.times.length));
  grown.times.set(column.times.subarray(0, column.length));
  grown.bits.set(column.bits.subarray(0, 2 * column.length));
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
