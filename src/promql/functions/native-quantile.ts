import { exponentialBase2 } from '../../kernels/exponential.ts';
import { binaryLogarithm } from '../../kernels/logarithm.ts';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../model/histogram.ts';
import { type Bucket, histogramBuckets } from '../../model/histogram-buckets.ts';

/** What NaN observations did to a result; `none` where there are none. */
export type NaNEffect = 'none' | 'result' | 'skew';

export interface QuantileResult {
  readonly value: number;
  readonly nanEffect: NaNEffect;
}

/**
 * Quantile of a native histogram: interpolated exponentially within exponential buckets, linearly within the zero bucket
 * and custom ones. NaN observations are in the count but in no bucket; they count as the highest.
 */
export function nativeQuantile(q: number, histogram: FloatHistogram): QuantileResult {
  if (q < 0) return plain(-Infinity);
  if (q > 1) return plain(Infinity);
  if (histogram.count === 0 || Number.isNaN(q)) return plain(Number.NaN);

  const buckets = histogramBuckets(histogram);
  const maybeNaNs = Number.isNaN(histogram.sum);
  // From the nearer end, which is the more exact, unless NaNs make the upper end unknown.
  const forward = maybeNaNs || q < 0.5;
  let rank = (forward ? q : 1 - q) * histogram.count;
  let count = 0;
  let at = -1;
  for (let i = 0; i < buckets.length && (at < 0 || count < rank || buckets[at]!.count === 0); i++) {
    at = forward ? i : buckets.length - 1 - i;
    count += buckets[at]!.count;
  }
  const isCustom = histogram.schema === CUSTOM_BUCKETS_SCHEMA;
  const found = at < 0 ? EMPTY_BUCKET : buckets[at]!;
  const bucket = isCustom ? found : zeroSided(found, histogram);
  let { lower, upper } = bucket;
  if (isCustom) {
    if (lower === -Infinity) {
      if (upper <= 0) return plain(upper);
      lower = 0;
    } else if (upper === Infinity) {
      return plain(lower);
    }
  }
  if (count > histogram.count) count = histogram.count;
  if (count < rank) {
    return maybeNaNs ? { value: Number.NaN, nanEffect: 'result' } : plain(upper);
  }
  rank = forward ? rank - (count - bucket.count) : count - rank;

  let nanEffect: NaNEffect = 'none';
  let divisor = bucket.count;
  if (maybeNaNs) {
    for (let i = at + 1; i < buckets.length; i++) {
      count += buckets[i]!.count;
      ({ lower, upper } = buckets[i]!);
      divisor = buckets[i]!.count;
    }
    if (count < histogram.count) nanEffect = 'skew';
  }
  return { value: interpolate(lower, upper, rank / divisor, isCustom), nanEffect };
}

export interface FractionResult {
  readonly value: number;
  /** NaN observations are excluded. */
  readonly hasNaNs: boolean;
}

/** Share of a native histogram's observations between two bounds. */
export function nativeFraction(lower: number, upper: number, histogram: FloatHistogram): FractionResult {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: Number.NaN, hasNaNs: false };
  if (lower >= upper) return { value: 0, hasNaNs: false };
  const buckets = histogramBuckets(histogram);
  let total = histogram.count;
  let hasNaNs = false;
  if (Number.isNaN(histogram.sum)) {
    total = 0;
    for (const bucket of buckets) total += bucket.count;
    hasNaNs = total < histogram.count;
  }
  const from = Math.min(observationsBelow(lower, buckets, histogram), total);
  const to = Math.min(observationsBelow(upper, buckets, histogram), total);
  return { value: (to - from) / histogram.count, hasNaNs };
}

/** The share of a bucket's observations below `value`, which lies within. */
export function fractionBelow({ lower, upper }: Bucket, value: number, linear: boolean): number {
  if (linear) return (value - lower) / (upper - lower);
  const logLower = binaryLogarithm(Math.abs(lower));
  const logUpper = binaryLogarithm(Math.abs(upper));
  const logValue = binaryLogarithm(Math.abs(value));
  return value > 0 ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper);
}

const EMPTY_BUCKET: Bucket = { lower: 0, upper: 0, lowerInclusive: false, upperInclusive: false, count: 0 };

/** Observations below `value`; infinity stands for all of them. */
function observationsBelow(value: number, buckets: readonly Bucket[], histogram: FloatHistogram): number {
  let rank = 0;
  for (const raw of buckets) {
    const bucket = zeroSided(raw, histogram);
    if (bucket.lower >= value) return rank;
    if (bucket.upper > value) {
      if (histogram.schema === CUSTOM_BUCKETS_SCHEMA || holdsZero(raw)) {
        return bucket.lower === -Infinity ? bucket.count : rank + bucket.count * fractionBelow(bucket, value, true);
      }
      return rank + bucket.count * fractionBelow(bucket, value, false);
    }
    rank += bucket.count;
  }
  return Infinity;
}

/** The bucket around zero of a histogram with buckets on one side only ends at zero on the other. */
function zeroSided(bucket: Bucket, { positiveCounts, negativeCounts }: FloatHistogram): Bucket {
  if (!holdsZero(bucket)) return bucket;
  if (negativeCounts.length === 0 && positiveCounts.length > 0) return { ...bucket, lower: 0 };
  if (positiveCounts.length === 0 && negativeCounts.length > 0) return { ...bucket, upper: 0 };
  return bucket;
}

function holdsZero(bucket: Bucket): boolean {
  return bucket.lower <= 0 && bucket.upper >= 0;
}

function interpolate(lower: number, upper: number, fraction: number, isCustom: boolean): number {
  if (isCustom || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const logLower = binaryLogarithm(Math.abs(lower));
  const logUpper = binaryLogarithm(Math.abs(upper));
  if (lower > 0) return exponentialBase2(logLower + (logUpper - logLower) * fraction);
  return -exponentialBase2(logUpper + (logLower - logUpper) * (1 - fraction));
}

function plain(value: number): QuantileResult {
  return { value, nanEffect: 'none' };
}
