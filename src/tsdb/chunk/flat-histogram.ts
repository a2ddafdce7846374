import { COUNT_SLOT, FIRST_BUCKET, INTEGER_COUNT_MAX, SUM_SLOT, ZERO_SLOT } from '../../kernels/histogram-state.ts';
import type { CounterResetHint, FloatHistogram, Histogram, Span } from '../../model/histogram.ts';
import { isStale, STALE_HIGH, STALE_LOW } from '../../model/stale.ts';
import { ENCODING } from './encoding.ts';
import { bucketCount, EMPTY_LAYOUT, type HistogramLayout } from './histogram-layout.ts';

/** A histogram as chunks take it: a layout, and its numbers in the slots of a `HistogramState`, buckets absolute. */
export interface FlatHistogram {
  /** `ENCODING.histogram` or `.floatHistogram`. */
  readonly encoding: number;
  readonly hint: CounterResetHint;
  readonly isStale: boolean;
  readonly layout: HistogramLayout;
  readonly counts: Float64Array;
  /** The same buffer as `counts`, as halves. */
  readonly halves: Uint32Array;
}

/** Indexes of buckets beyond this are not taken; real ones are below 2^20. */
const INDEX_MAX = 2 ** 30;

/** Null where the spans do not fit the buckets. Integer counts that doubles do not add exactly become float counts. */
export function flatHistogram(histogram: Histogram): FlatHistogram | null {
  const isInteger = histogram.kind === 'integer';
  if (hasStaleSum(histogram)) {
    const encoding = isInteger ? ENCODING.histogram : ENCODING.floatHistogram;
    return staleHistogram(encoding, histogram.counterResetHint);
  }
  const { counterResetHint, schema, zeroThreshold, positiveSpans, negativeSpans, customValues } = histogram;
  const positive = isInteger ? histogram.positiveDeltas : histogram.positiveCounts;
  const negative = isInteger ? histogram.negativeDeltas : histogram.negativeCounts;
  const positiveBuckets = positive.length;
  const negativeBuckets = negative.length;
  if (!spansFit(positiveSpans, positiveBuckets) || !spansFit(negativeSpans, negativeBuckets)) return null;
  const counts = new Float64Array(FIRST_BUCKET + positiveBuckets + negativeBuckets);
  counts[COUNT_SLOT] = histogram.count;
  counts[ZERO_SLOT] = histogram.zeroCount;
  counts[SUM_SLOT] = histogram.sum;
  let isExact = isInteger && histogram.count <= INTEGER_COUNT_MAX && histogram.zeroCount <= INTEGER_COUNT_MAX;
  const negativeFrom = FIRST_BUCKET + positiveBuckets;
  if (isInteger) {
    isExact = addUp(positive, counts, FIRST_BUCKET) && isExact;
    isExact = addUp(negative, counts, negativeFrom) && isExact;
  } else {
    for (let i = 0; i < positiveBuckets; i++) counts[FIRST_BUCKET + i] = positive[i]!;
    for (let i = 0; i < negativeBuckets; i++) counts[negativeFrom + i] = negative[i]!;
  }
  return {
    encoding: isExact ? ENCODING.histogram : ENCODING.floatHistogram,
    hint: counterResetHint,
    isStale: false,
    layout: { schema, zeroThreshold, positiveSpans, negativeSpans, customValues, positiveBuckets, negativeBuckets },
    counts,
    halves: new Uint32Array(counts.buffer),
  };
}

/** The staleness marker of a series of histograms. */
export function staleHistogram(encoding: number, hint: CounterResetHint): FlatHistogram {
  const counts = new Float64Array(FIRST_BUCKET);
  const halves = new Uint32Array(counts.buffer);
  halves[2 * SUM_SLOT] = STALE_LOW;
  halves[2 * SUM_SLOT + 1] = STALE_HIGH;
  return { encoding, hint, isStale: true, layout: EMPTY_LAYOUT, counts, halves };
}

/** As PromQL takes it. A stale marker has its sum alone. */
export function floatHistogramFromFlat({ counts, hint, layout }: FlatHistogram): FloatHistogram {
  const { schema, zeroThreshold, positiveSpans, negativeSpans, customValues, positiveBuckets } = layout;
  const negativeFrom = FIRST_BUCKET + positiveBuckets;
  return {
    kind: 'float',
    counterResetHint: hint === 'gauge' ? 'gauge' : 'unknown',
    schema,
    zeroThreshold,
    count: counts[COUNT_SLOT]!,
    zeroCount: counts[ZERO_SLOT]!,
    sum: counts[SUM_SLOT]!,
    positiveSpans,
    negativeSpans,
    customValues,
    positiveCounts: Array.from(counts.subarray(FIRST_BUCKET, negativeFrom)),
    negativeCounts: Array.from(counts.subarray(negativeFrom)),
  };
}

const scratch = new Float64Array(1);
const scratchHalves = new Uint32Array(scratch.buffer);

function hasStaleSum({ sum }: Histogram): boolean {
  if (!Number.isNaN(sum)) return false;
  scratch[0] = sum;
  return isStale(scratchHalves, 0);
}

/** Prefix sums of deltas; false where one of them is out of the range of exact integers. */
function addUp(deltas: readonly number[], counts: Float64Array, from: number): boolean {
  let count = 0;
  let isExact = true;
  for (let i = 0; i < deltas.length; i++) {
    count += deltas[i]!;
    if (!(count <= INTEGER_COUNT_MAX && count >= -INTEGER_COUNT_MAX)) isExact = false;
    counts[from + i] = count;
  }
  return isExact;
}

function spansFit(spans: readonly Span[], buckets: number): boolean {
  if (bucketCount(spans) !== buckets) return false;
  let index = 0;
  for (let i = 0; i < spans.length; i++) {
    const { offset, length } = spans[i]!;
    if (i > 0 && offset < 0) return false;
    index += offset;
    if (index < -INDEX_MAX) return false;
    index += length;
    if (index > INDEX_MAX) return false;
  }
  return true;
}
