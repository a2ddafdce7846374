import { isStaleSum } from '../../kernels/histogram-decode.ts';
import { COUNT_SLOT, FIRST_BUCKET, ZERO_SLOT } from '../../kernels/histogram-state.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Span } from '../../model/histogram.ts';
import { boundsEqual } from '../../model/histogram-compare.ts';
import type { FlatHistogram } from './flat-histogram.ts';
import { bucketIndexes, CHUNK_RESET, type HistogramLayout, spansOf } from './histogram-layout.ts';
import { type MergedBuckets, mergeBuckets, mergeCounterBuckets } from './merge-buckets.ts';

/** The last sample of a chunk, and what all its samples share. */
export interface ChunkEnd {
  readonly layout: HistogramLayout;
  /** Of the last sample, buckets absolute. */
  readonly counts: Float64Array;
  readonly halves: Uint32Array;
  /** One of `CHUNK_RESET`. */
  readonly counterReset: number;
}

/** How a sample goes on from a chunk. */
export interface Continuation {
  /** The chunk can take the sample, once both have the layout. */
  readonly fits: boolean;
  /** One of `CHUNK_RESET`: what is known of a reset between the two; not given for gauges. */
  readonly counterReset: number;
  /** The layout that both get; null where they have the same buckets already. */
  readonly layout: HistogramLayout | null;
  readonly isWiderThanChunk: boolean;
}

/**
 * Whether a counter's chunk can go on with a sample: same schema, zero threshold and bounds, no reset, no explicit hint
 * of one, and nothing but stale markers after a stale marker. The rules, and with which spans a layout grows, are those
 * of the reference, so that the same samples give the same bytes.
 */
export function continueCounter(chunk: ChunkEnd, sample: FlatHistogram): Continuation {
  if (chunk.counterReset === CHUNK_RESET.gauge) return refusal(CHUNK_RESET.notReset);
  if (sample.hint === 'reset') return refusal(CHUNK_RESET.reset);
  if (sample.isStale) return SAME;
  if (isStaleSum(chunk.halves)) return refusal(CHUNK_RESET.unknown);
  const { counts: before, layout: from } = chunk;
  const { counts: after, layout: to } = sample;
  if (after[COUNT_SLOT]! < before[COUNT_SLOT]!) return refusal(CHUNK_RESET.reset);
  if (to.schema !== from.schema || to.zeroThreshold !== from.zeroThreshold) return refusal(CHUNK_RESET.unknown);
  if (haveOtherBounds(from, to) || after[ZERO_SLOT]! < before[ZERO_SLOT]!) return refusal(CHUNK_RESET.reset);
  if (haveSameSpans(from, to)) {
    for (let i = FIRST_BUCKET; i < after.length; i++) if (before[i]! > after[i]!) return refusal(CHUNK_RESET.reset);
    return SAME;
  }
  const positive = mergeCounterBuckets(
    bucketIndexes(from.positiveSpans, from.positiveBuckets),
    before,
    FIRST_BUCKET,
    bucketIndexes(to.positiveSpans, to.positiveBuckets),
    after,
    FIRST_BUCKET,
  );
  if (positive === null) return refusal(CHUNK_RESET.reset);
  const negative = mergeCounterBuckets(
    bucketIndexes(from.negativeSpans, from.negativeBuckets),
    before,
    FIRST_BUCKET + from.positiveBuckets,
    bucketIndexes(to.negativeSpans, to.negativeBuckets),
    after,
    FIRST_BUCKET + to.positiveBuckets,
  );
  if (negative === null) return refusal(CHUNK_RESET.reset);
  const isWiderThanChunk = positive.isWiderThanChunk || negative.isWiderThanChunk;
  const isWiderThanSample = positive.isWiderThanSample || negative.isWiderThanSample;
  if (!isWiderThanChunk) return isWiderThanSample ? continuation(from, false) : SAME;
  return continuation(
    {
      ...to,
      positiveSpans: positive.isWiderThanSample ? spansOf(positive.indexes) : to.positiveSpans,
      negativeSpans: negative.isWiderThanSample ? spansOf(negative.indexes) : to.negativeSpans,
      positiveBuckets: positive.indexes.length,
      negativeBuckets: negative.indexes.length,
    },
    true,
  );
}

/** Whether a gauge's chunk can go on with a sample: as for counters, except that counts may fall and buckets may end. */
export function continueGauge(chunk: ChunkEnd, sample: FlatHistogram): Continuation {
  if (chunk.counterReset !== CHUNK_RESET.gauge) return refusal(CHUNK_RESET.gauge);
  if (sample.isStale) return SAME;
  const { layout: from } = chunk;
  const { layout: to } = sample;
  const isOther = to.schema !== from.schema || to.zeroThreshold !== from.zeroThreshold || haveOtherBounds(from, to);
  if (isStaleSum(chunk.halves) || isOther) return refusal(CHUNK_RESET.gauge);
  if (haveSameSpans(from, to)) return SAME;
  const positive = mergedSide(from.positiveSpans, from.positiveBuckets, to.positiveSpans, to.positiveBuckets);
  const negative = mergedSide(from.negativeSpans, from.negativeBuckets, to.negativeSpans, to.negativeBuckets);
  const isWiderThanChunk = positive.isWiderThanChunk || negative.isWiderThanChunk;
  const isWiderThanSample = positive.isWiderThanSample || negative.isWiderThanSample;
  if (!isWiderThanChunk) return isWiderThanSample ? continuation(from, false) : SAME;
  return continuation(
    {
      ...to,
      positiveSpans: isWiderThanSample ? spansOf(positive.indexes) : to.positiveSpans,
      negativeSpans: isWiderThanSample ? spansOf(negative.indexes) : to.negativeSpans,
      positiveBuckets: positive.indexes.length,
      negativeBuckets: negative.indexes.length,
    },
    true,
  );
}

const SAME: Continuation = {
  fits: true,
  counterReset: CHUNK_RESET.notReset,
  layout: null,
  isWiderThanChunk: false,
};

function refusal(counterReset: number): Continuation {
  return { fits: false, counterReset, layout: null, isWiderThanChunk: false };
}

function continuation(layout: HistogramLayout, isWiderThanChunk: boolean): Continuation {
  return { fits: true, counterReset: CHUNK_RESET.notReset, layout, isWiderThanChunk };
}

function mergedSide(from: readonly Span[], fromCount: number, to: readonly Span[], toCount: number): MergedBuckets {
  return mergeBuckets(bucketIndexes(from, fromCount), bucketIndexes(to, toCount));
}

function haveOtherBounds(from: HistogramLayout, to: HistogramLayout): boolean {
  return to.schema === CUSTOM_BUCKETS_SCHEMA && !boundsEqual(from.customValues, to.customValues);
}

function haveSameSpans(from: HistogramLayout, to: HistogramLayout): boolean {
  return sameSpans(from.positiveSpans, to.positiveSpans) && sameSpans(from.negativeSpans, to.negativeSpans);
}

function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i]!.offset !== b[i]!.offset || a[i]!.length !== b[i]!.length) return false;
  return true;
}
