import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from './histogram.ts';
import { bucketBound } from './histogram-buckets.ts';
import { boundsEqual } from './histogram-compare.ts';
import { type BucketRun, coarserRun, runFromSpans } from './histogram-runs.ts';
import { zeroCountWithin } from './histogram-zero-bucket.ts';

/**
 * True when a counter histogram was reset between `previous` and `histogram`: by its hint, or because a count shrank, a
 * populated bucket vanished, or the resolution rose, none of which happens otherwise. The sum is not looked at.
 */
export function isCounterReset(histogram: FloatHistogram, previous: FloatHistogram): boolean {
  if (histogram.counterResetHint === 'reset') return true;
  if (histogram.counterResetHint === 'notReset') return false;
  if (histogram.count < previous.count) return true;
  if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) {
    if (previous.schema !== CUSTOM_BUCKETS_SCHEMA) return true;
    if (!boundsEqual(histogram.customValues, previous.customValues)) return hasShrunkAtSharedBound(histogram, previous);
  }
  if (histogram.schema > previous.schema) return true;
  if (histogram.zeroThreshold < previous.zeroThreshold) return true;
  const zero = zeroCountWithin(previous, histogram.zeroThreshold);
  if (zero.threshold !== histogram.zeroThreshold || histogram.zeroCount < zero.count) return true;
  return (
    hasShrunk(
      runFromSpans(histogram.positiveSpans, histogram.positiveCounts),
      runFromSpans(previous.positiveSpans, previous.positiveCounts),
      histogram,
      previous,
    ) ||
    hasShrunk(
      runFromSpans(histogram.negativeSpans, histogram.negativeCounts),
      runFromSpans(previous.negativeSpans, previous.negativeCounts),
      histogram,
      previous,
    )
  );
}

/** Compares bucket by bucket in the newer one's schema, outside of its zero bucket. */
function hasShrunk(now: BucketRun, before: BucketRun, histogram: FloatHistogram, previous: FloatHistogram): boolean {
  const { schema, zeroThreshold } = histogram;
  const old = coarserRun(before, previous.schema, schema);
  let at = 0;
  for (let i = 0; i < old.indexes.length; i++) {
    const index = old.indexes[i]!;
    if (schema !== CUSTOM_BUCKETS_SCHEMA && zeroThreshold !== 0 && bucketBound(index, schema, []) <= zeroThreshold) {
      continue;
    }
    while (at < now.indexes.length && now.indexes[at]! < index) at++;
    const count = at < now.indexes.length && now.indexes[at] === index ? now.counts[at]! : 0;
    const isThere = at < now.indexes.length && now.indexes[at] === index;
    if (isThere ? count < old.counts[i]! : old.counts[i] !== 0) return true;
  }
  return false;
}

/** Compares custom buckets of different bounds: what lies between two bounds that both have must not shrink. */
function hasShrunkAtSharedBound(histogram: FloatHistogram, previous: FloatHistogram): boolean {
  const shared = new Set(previous.customValues);
  const bounds = histogram.customValues.filter((bound) => shared.has(bound));
  const now = countsBetween(histogram, bounds);
  const before = countsBetween(previous, bounds);
  return now.some((count, i) => count < before[i]!);
}

/** Counts of the buckets that end at each of `bounds`, and in the last entry of those beyond. */
function countsBetween(histogram: FloatHistogram, bounds: readonly number[]): number[] {
  const sums = new Array<number>(bounds.length + 1).fill(0);
  const { indexes, counts } = runFromSpans(histogram.positiveSpans, histogram.positiveCounts);
  let target = 0;
  for (let i = 0; i < indexes.length; i++) {
    const bound = bucketBound(indexes[i]!, CUSTOM_BUCKETS_SCHEMA, histogram.customValues);
    while (target < bounds.length && bounds[target]! < bound) target++;
    sums[target]! += counts[i]!;
  }
  return sums;
}
