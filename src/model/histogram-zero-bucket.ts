import type { FloatHistogram } from './histogram.ts';
import { bucketBound } from './histogram-buckets.ts';
import { type BucketRun, runFromSpans } from './histogram-runs.ts';
import { NO_REST, nextRest } from './histogram-working.ts';

/** A zero bucket: its width to either side, and its observations. */
export interface ZeroBucket {
  readonly threshold: number;
  readonly count: number;
  /** What rounding took from the count when buckets were added to it. */
  readonly rest: number;
}

/**
 * The zero bucket that a histogram would have with a greater threshold. One that would cut a populated bucket in two
 * moves up to that bucket's end. `threshold` must not be below the histogram's own.
 */
export function zeroCountWithin(histogram: FloatHistogram, threshold: number): ZeroBucket {
  if (threshold === histogram.zeroThreshold) return { threshold, count: histogram.zeroCount, rest: NO_REST };
  const positive = runFromSpans(histogram.positiveSpans, histogram.positiveCounts);
  const negative = runFromSpans(histogram.negativeSpans, histogram.negativeCounts);
  return widenedZeroBucket(histogram.zeroCount, positive, negative, histogram.schema, threshold);
}

/** The same on bucket lists. */
export function widenedZeroBucket(
  zeroCount: number,
  positive: BucketRun,
  negative: BucketRun,
  schema: number,
  wanted: number,
): ZeroBucket {
  let threshold = wanted;
  for (;;) {
    const end = Math.max(populatedEnd(positive, schema, threshold), populatedEnd(negative, schema, threshold));
    if (end <= threshold) break;
    threshold = end;
  }
  let count = zeroCount;
  let rest = NO_REST;
  for (const { indexes, counts } of [positive, negative]) {
    for (let i = 0; i < indexes.length && bucketBound(indexes[i]! - 1, schema, []) < threshold; i++) {
      const next = count + counts[i]!;
      rest = nextRest(count, rest, counts[i]!, next);
      count = next;
    }
  }
  return { threshold, count, rest };
}

/** Where the populated bucket that `threshold` cuts in two ends, or 0 where it cuts none. */
function populatedEnd({ indexes, counts }: BucketRun, schema: number, threshold: number): number {
  for (let i = 0; i < indexes.length; i++) {
    if (bucketBound(indexes[i]! - 1, schema, []) >= threshold) break;
    const upper = bucketBound(indexes[i]!, schema, []);
    if (upper > threshold && counts[i] !== 0) return upper;
  }
  return 0;
}
