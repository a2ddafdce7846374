import { blockEnd } from '../../kernels/blocks.ts';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../model/histogram.ts';
import { type Bucket, histogramBuckets } from '../../model/histogram-buckets.ts';
import type { InstantFunction } from './contracts.ts';

/** What a bucket of a variance costs, in units of `Spend`. */
const BUCKET_WORK = 20;

/** Numbers of native histograms; floats have no result. */
export const histogramCount = ofHistograms((histogram) => histogram.count);
export const histogramSum = ofHistograms((histogram) => histogram.sum);
export const histogramAvg = ofHistograms((histogram) => histogram.sum / histogram.count);
export const histogramStdvar = ofHistograms(variance, BUCKET_WORK);
export const histogramStddev = ofHistograms((histogram) => Math.sqrt(variance(histogram)), BUCKET_WORK);

/** `bucketWork` is what each bucket costs. */
function ofHistograms(f: (histogram: FloatHistogram) => number, bucketWork = 0): InstantFunction {
  return (input, out, { spend }) => {
    const { histograms } = input;
    for (let i = 0; i < out.present.length; ) {
      const stop = blockEnd(i, out.present.length, spend);
      for (; i < stop; i++) {
        const histogram = input.present[i] === 1 ? histograms?.[i] : undefined;
        out.present[i] = histogram === undefined ? 0 : 1;
        if (histogram === undefined) continue;
        if (bucketWork > 0) spend(bucketWork * (histogram.positiveCounts.length + histogram.negativeCounts.length));
        out.values[i] = f(histogram);
      }
    }
    out.histograms = null;
  };
}

/** Estimated by one value for each bucket, with a compensated sum. */
function variance(histogram: FloatHistogram): number {
  const mean = histogram.sum / histogram.count;
  const isCustom = histogram.schema === CUSTOM_BUCKETS_SCHEMA;
  let sum = 0;
  let rest = 0;
  for (const bucket of histogramBuckets(histogram)) {
    if (bucket.count === 0) continue;
    const delta = typicalValue(bucket, isCustom) - mean;
    const square = bucket.count * delta * delta;
    const next = sum + square;
    if (next === Infinity || next === -Infinity) rest = 0;
    else if (Math.abs(sum) >= Math.abs(square)) rest += sum - next + square;
    else rest += square - next + sum;
    sum = next;
  }
  return (sum + rest) / histogram.count;
}

function typicalValue({ lower, upper }: Bucket, isCustom: boolean): number {
  if (isCustom) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const middle = Math.sqrt(upper * lower);
  return upper < 0 ? -middle : middle;
}
