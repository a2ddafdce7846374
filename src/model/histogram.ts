/** What a native histogram says of a counter reset before it. */
export type CounterResetHint = 'unknown' | 'reset' | 'notReset' | 'gauge';

/** `length` consecutive buckets after a gap of `offset` (from the previous span's end; the first from index 0). */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Schema of histograms with custom (classic) bucket bounds. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

interface HistogramLayout {
  readonly counterResetHint: CounterResetHint;
  /** -4..8 exponential, or `CUSTOM_BUCKETS_SCHEMA`. */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positiveSpans: readonly Span[];
  readonly negativeSpans: readonly Span[];
  /** Upper bounds of custom buckets, without +Inf; empty for exponential schemas. */
  readonly customValues: readonly number[];
  readonly sum: number;
}

/** Integer counts as a scrape or remote write brings them; bucket counts are deltas from bucket to bucket. */
export interface IntegerHistogram extends HistogramLayout {
  readonly kind: 'integer';
  readonly count: number;
  readonly zeroCount: number;
  readonly positiveDeltas: readonly number[];
  readonly negativeDeltas: readonly number[];
}

/** Float counts; bucket counts are absolute. This is the form that PromQL calculates with. */
export interface FloatHistogram extends HistogramLayout {
  readonly kind: 'float';
  readonly count: number;
  readonly zeroCount: number;
  readonly positiveCounts: readonly number[];
  readonly negativeCounts: readonly number[];
}

export type Histogram = IntegerHistogram | FloatHistogram;
