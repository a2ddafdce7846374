import type { Spend } from '../../kernels/blocks.ts';
import { goFloatCompact } from '../../model/go-float.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { type Bucket, eachBucket, negativeBucket, positiveBucket, zeroBucket } from '../../model/histogram-buckets.ts';

/** A histogram as `count_values` writes it into a label: `{count:3, sum:4.5, [-2,-1):1, (1,2]:2}`. */
export function histogramText(histogram: FloatHistogram, spend: Spend): string {
  const { count, sum, schema, customValues, zeroCount } = histogram;
  const buckets: Bucket[] = [];
  eachBucket(histogram.negativeSpans, histogram.negativeCounts, (index, each) => {
    buckets.push(negativeBucket(index, schema, each));
  });
  buckets.reverse();
  if (zeroCount !== 0) buckets.push(zeroBucket(histogram));
  eachBucket(histogram.positiveSpans, histogram.positiveCounts, (index, each) => {
    buckets.push(positiveBucket(index, schema, customValues, each));
  });
  const texts: string[] = [];
  for (const bucket of buckets) {
    if (bucket.count === 0) continue;
    if (texts.length % BUCKETS_TOLD === BUCKETS_TOLD - 1) spend(BUCKETS_TOLD * BUCKET_TEXT_WORK);
    texts.push(bucketText(bucket));
  }
  return `{${[`count:${goFloatCompact(count)}`, `sum:${goFloatCompact(sum)}`, ...texts].join(', ')}}`;
}

/** Buckets between two calls of `spend`, and what the text of one takes, in samples. */
const BUCKETS_TOLD = 1024;
const BUCKET_TEXT_WORK = 200;

function bucketText({ lower, upper, lowerInclusive, upperInclusive, count }: Bucket): string {
  const open = lowerInclusive ? '[' : '(';
  const close = upperInclusive ? ']' : ')';
  return `${open}${goFloatCompact(lower)},${goFloatCompact(upper)}${close}:${goFloatCompact(count)}`;
}
