import { goFloatFixed } from './go-float.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from './histogram.ts';

const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;

const COUNT_MISMATCH =
  "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)";
const COUNT_TOO_SMALL =
  "histogram's observation count should be at least the number of observations found in the buckets";
const NEGATIVE_BUCKET = 'histogram has a bucket whose observation count is negative';

/** What is wrong with a histogram, in the reference's words; null where it may be stored. */
export function histogramProblem(histogram: Histogram): string | null {
  const { schema, customValues } = histogram;
  const positive = bucketsOf(histogram, 'positive');
  const negative = bucketsOf(histogram, 'negative');
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const problem = customProblem(histogram, positive.length, negative.length);
    if (problem !== null) return problem;
  } else if (schema >= SCHEMA_MIN && schema <= SCHEMA_MAX) {
    const spans =
      prefixed('positive side', spansProblem(histogram.positiveSpans, positive.length)) ??
      prefixed('negative side', spansProblem(histogram.negativeSpans, negative.length)) ??
      prefixed('negative side', countsProblem(negative));
    if (spans !== null) return spans;
    if (histogram.zeroCount < 0)
      return `zero bucket has observation count of ${histogram.zeroCount}: ${NEGATIVE_BUCKET}`;
    if (customValues.length > 0) return 'histogram with exponential schema must not have custom bounds';
  } else {
    return (
      'histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom ' +
      `buckets, got schema ${schema}`
    );
  }
  if (histogram.count < 0) {
    return `observation count is  ${histogram.count}: histogram's observation count is negative`;
  }
  const counts = prefixed('positive side', countsProblem(positive));
  if (counts !== null || histogram.kind === 'float') return counts;

  const found = total(negative) + total(positive) + histogram.zeroCount;
  const say = (reason: string) =>
    `${found} observations found in buckets, but the Count field is ${histogram.count}: ${reason}`;
  if (Number.isNaN(histogram.sum)) return found > histogram.count ? say(COUNT_TOO_SMALL) : null;
  return found !== histogram.count ? say(COUNT_MISMATCH) : null;
}

/** Absolute counts of one side's buckets. */
function bucketsOf(histogram: Histogram, side: 'positive' | 'negative'): readonly number[] {
  if (histogram.kind === 'float') {
    return side === 'positive' ? histogram.positiveCounts : histogram.negativeCounts;
  }
  let count = 0;
  const deltas = side === 'positive' ? histogram.positiveDeltas : histogram.negativeDeltas;
  return deltas.map((delta) => (count += delta));
}

function customProblem(histogram: Histogram, positiveCount: number, negativeCount: number): string | null {
  const bounds = prefixed(
    'custom buckets',
    boundsProblem(histogram.customValues, histogram.positiveSpans, positiveCount),
  );
  if (bounds !== null) return bounds;
  if (histogram.zeroCount !== 0) return 'custom buckets: must have zero count of 0';
  if (histogram.zeroThreshold !== 0) return 'custom buckets: must have zero threshold of 0';
  if (histogram.negativeSpans.length > 0) return 'custom buckets: must not have negative spans';
  return negativeCount > 0 ? 'custom buckets: must not have negative buckets' : null;
}

function boundsProblem(bounds: readonly number[], spans: readonly Span[], bucketCount: number): string | null {
  let previous = Number.NEGATIVE_INFINITY;
  for (const [i, bound] of bounds.entries()) {
    if (Number.isNaN(bound)) return 'histogram custom bounds must not be NaN';
    if (i > 0 && bound <= previous) {
      return (
        `previous bound is ${goFloatFixed(previous, 6)} and current is ${goFloatFixed(bound, 6)}: ` +
        'histogram custom bounds must be in strictly increasing order'
      );
    }
    previous = bound;
  }
  if (previous === Number.POSITIVE_INFINITY) {
    return 'last +Inf bound must not be explicitly defined: histogram custom bounds must be finite';
  }
  const problem = spansProblem(spans, bucketCount, 0);
  if (problem !== null) return problem;
  const covered = spans.reduce((sum, span) => sum + span.offset + span.length, 0);
  if (bounds.length + 1 >= covered) return null;
  return (
    `only ${bounds.length} custom bounds defined which is insufficient to cover total span length of ${covered}: ` +
    'histogram custom bounds are too few'
  );
}

/** `freeOffsets` spans from the start may have a negative offset: the first of an exponential side. */
function spansProblem(spans: readonly Span[], bucketCount: number, freeOffsets = 1): string | null {
  let needed = 0;
  for (const [i, span] of spans.entries()) {
    if (i >= freeOffsets && span.offset < 0) {
      return `span number ${i + 1} with offset ${span.offset}: histogram has a span whose offset is negative`;
    }
    needed += span.length;
  }
  if (needed === bucketCount) return null;
  return (
    `spans need ${needed} buckets, have ${bucketCount} buckets: ` +
    'histogram spans specify different number of buckets than provided'
  );
}

function countsProblem(counts: readonly number[]): string | null {
  for (const [i, count] of counts.entries()) {
    if (count < 0) return `bucket number ${i + 1} has observation count of ${count}: ${NEGATIVE_BUCKET}`;
  }
  return null;
}

function prefixed(side: string, problem: string | null): string | null {
  return problem === null ? null : `${side}: ${problem}`;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
