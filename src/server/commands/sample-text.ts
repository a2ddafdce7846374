import { goFloatCompact } from '../../model/go-float.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { type Bucket, eachBucket, negativeBucket, positiveBucket, zeroBucket } from '../../model/histogram-buckets.ts';

/**
 * A histogram as Prometheus' tools print it, with its buckets that are not empty from the lowest to the highest:
 * `{count:5, sum:10.4, (0.5,1]:5}`. `isInteger` says that its counts are integers and printed as such.
 */
export function histogramText(histogram: FloatHistogram, isInteger: boolean): string {
  const { customValues, negativeCounts, negativeSpans, positiveCounts, positiveSpans, schema } = histogram;
  const countText = isInteger ? (count: number) => BigInt(count).toString() : goFloatCompact;
  const buckets: Bucket[] = [];
  eachBucket(negativeSpans, negativeCounts, (index, count) => {
    if (count !== 0) buckets.push(negativeBucket(index, schema, count));
  });
  buckets.reverse();
  if (histogram.zeroCount !== 0) buckets.push(zeroBucket(histogram));
  eachBucket(positiveSpans, positiveCounts, (index, count) => {
    if (count !== 0) buckets.push(positiveBucket(index, schema, customValues, count));
  });
  let text = `{count:${countText(histogram.count)}, sum:${goFloatCompact(histogram.sum)}`;
  for (const { count, lower, lowerInclusive, upper, upperInclusive } of buckets) {
    const open = lowerInclusive ? '[' : '(';
    const close = upperInclusive ? ']' : ')';
    text += `, ${open}${goFloatCompact(lower)},${goFloatCompact(upper)}${close}:${countText(count)}`;
  }
  return `${text}}`;
}
