import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Span } from './histogram.ts';

export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
}

/**
 * All buckets of a histogram, empty ones too, from the lowest to the highest, with the zero bucket between if it counts
 * anything. Where the zero bucket overlaps its neighbours, they end at the zero threshold.
 */
export function histogramBuckets(histogram: FloatHistogram): Bucket[] {
  const { schema, customValues, zeroCount, zeroThreshold } = histogram;
  const buckets: Bucket[] = [];
  eachBucket(histogram.negativeSpans, histogram.negativeCounts, (index, count) => {
    buckets.push(negativeBucket(index, schema, count));
  });
  buckets.reverse();
  if (zeroCount > 0) buckets.push(zeroBucket(histogram));
  eachBucket(histogram.positiveSpans, histogram.positiveCounts, (index, count) => {
    buckets.push(positiveBucket(index, schema, customValues, count));
  });
  return buckets.map((bucket) => clipped(bucket, zeroThreshold));
}

/** The bucket of the positive side, or of custom bounds, with the given index. */
export function positiveBucket(index: number, schema: number, customValues: readonly number[], count: number): Bucket {
  const lower = bucketBound(index - 1, schema, customValues);
  const upper = bucketBound(index, schema, customValues);
  if (schema === CUSTOM_BUCKETS_SCHEMA)
    return { lower, upper, lowerInclusive: index === 0, upperInclusive: true, count };
  return { lower, upper, lowerInclusive: lower < 0, upperInclusive: upper > 0, count };
}

/** The bucket of the negative side with the given index, which counts away from zero. */
export function negativeBucket(index: number, schema: number, count: number): Bucket {
  const lower = -bucketBound(index, schema, []);
  const upper = -bucketBound(index - 1, schema, []);
  return { lower, upper, lowerInclusive: lower < 0, upperInclusive: upper > 0, count };
}

/** The bucket around zero; histograms with custom bounds have none. */
export function zeroBucket({ zeroThreshold, zeroCount }: FloatHistogram): Bucket {
  const bounds = { lower: -zeroThreshold, upper: zeroThreshold };
  return { ...bounds, lowerInclusive: true, upperInclusive: true, count: zeroCount };
}

function clipped(bucket: Bucket, zeroThreshold: number): Bucket {
  if (bucket.upper < 0 && bucket.upper > -zeroThreshold) return { ...bucket, upper: -zeroThreshold };
  if (bucket.lower > 0 && bucket.lower < zeroThreshold) return { ...bucket, lower: zeroThreshold };
  return bucket;
}

/** Calls `visit` with the index of every bucket that the spans hold, and its count. */
export function eachBucket(
  spans: readonly Span[],
  counts: readonly number[],
  visit: (index: number, count: number) => void,
): void {
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) visit(index++, counts[at++]!);
  }
}

/**
 * The upper bound of bucket `index` (and the lower one of `index + 1`): a power of 2^(2^-schema), or for custom buckets
 * the bound listed there, with infinities beyond the ends. The last bucket of finite numbers ends at the greatest one,
 * so that infinite observations have a bucket of their own.
 */
export function bucketBound(index: number, schema: number, customValues: readonly number[]): number {
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    if (index < 0) return -Infinity;
    return index < customValues.length ? customValues[index]! : Infinity;
  }
  if (schema < 0) {
    const exponent = index * 2 ** -schema;
    return exponent === 1024 ? Number.MAX_VALUE : powerOfTwo(exponent);
  }
  const perDoubling = 2 ** schema;
  const doublings = Math.floor(index / perDoubling);
  const fraction = FRACTIONS[(index - doublings * perDoubling) * (FRACTION_COUNT / perDoubling)]!;
  if (fraction === 0.5 && doublings === 1024) return Number.MAX_VALUE;
  return scale(fraction, doublings + 1);
}

/** Schema 8, the finest, has so many buckets for each doubling. */
const FRACTION_COUNT = 256;

/** The bounds of schema 8 in [0.5, 1), of which those of the coarser schemas are every second, fourth, ... */
const FRACTIONS = boundFractions();

/**
 * The bounds that Prometheus' clients and servers share: each new bound is the one before it times 2^(2^-schema), both
 * rounded, and those known from the coarser schema stay. They are up to a few units in the last place off the exact
 * powers, and must be so, since bounds are compared across programs; the factor of schema 1 there is the double below
 * the root of two.
 */
function boundFractions(): Float64Array {
  let bounds = Float64Array.of(0.5);
  for (let schema = 1; schema <= 8; schema++) {
    const factor = schema === 1 ? Math.SQRT2 - 2 ** -52 : 2 ** (2 ** -schema);
    const finer = new Float64Array(2 * bounds.length);
    for (let i = 0; i < bounds.length; i++) {
      finer[2 * i] = bounds[i]!;
      finer[2 * i + 1] = bounds[i]! * factor;
    }
    bounds = finer;
  }
  return bounds;
}

function powerOfTwo(exponent: number): number {
  return scale(0.5, exponent + 1);
}

/** `fraction * 2^exponent` with a single rounding; `2 ** exponent` alone may over- or underflow. */
function scale(fraction: number, exponent: number): number {
  if (exponent > 1000) return fraction * 2 ** 1000 * 2 ** (exponent - 1000);
  if (exponent >= -1000) return fraction * 2 ** exponent;
  return exponent < -1100 ? 0 : fraction * 2 ** 100 * 2 ** -1000 * 2 ** (exponent + 900);
}
