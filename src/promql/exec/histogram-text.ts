import { goFloatCompact } from '../../model/go-float.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { type Bucket, eachBucket, negativeBucket, positiveBucket, zeroBucket } from '../../model/histogram-buckets.ts';

/** A histogram as `count_values` writes it into a label: `{count:3, sum:4.5, [-2,-1):1, (1,2]:2}`. */
export function histogramText(histogram: FloatHistogram): string {
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
  const texts = buckets.filter((bucket) => bucket.count !== 0).map(bucketText);
  return `{${[`count:${goFloatCompact(count)}`, `sum:${goFloatCompact(sum)}`, ...texts].join(', ')}}`;
}

function bucketText({ lower, upper, lowerInclusive, upperInclusive, count }: Bucket): string {
  const open = lowerInclusive ? '[' : '(';
  const close = upperInclusive ? ']' : ')';
  return `${open}${goFloatCompact(lower)},${goFloatCompact(upper)}${close}:${goFloatCompact(count)}`;
}
