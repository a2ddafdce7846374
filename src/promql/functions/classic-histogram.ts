/**
 * Quantiles and fractions of one classic histogram at one step. `bounds[0..length)` are its buckets' upper bounds,
 * strictly rising, the last of them infinite; `counts` are the cumulative counts.
 */

/** Counts that differ by less than this, relatively, differ by rounding. */
const SMALL_DELTA = 1e-12;

/** What `makeMonotonic` found, when it gave true. */
export interface Repair {
  minBucket: number;
  maxBucket: number;
  maxDiff: number;
}

/**
 * Lets no count be below that of the bucket before: differences within rounding vanish silently, real ones are mended
 * upwards and described in `repair`. Returns whether there was such a one.
 */
export function makeMonotonic(bounds: Float64Array, counts: Float64Array, length: number, repair: Repair): boolean {
  repair.minBucket = Infinity;
  repair.maxBucket = -Infinity;
  repair.maxDiff = 0;
  let forced = false;
  let previous = counts[0]!;
  for (let i = 1; i < length; i++) {
    const count = counts[i]!;
    if (count === previous) continue;
    if (isAlmostEqual(previous, count)) {
      counts[i] = previous;
    } else if (count < previous) {
      counts[i] = previous;
      forced = true;
      const bound = bounds[i]!;
      if (bound < repair.minBucket) repair.minBucket = bound;
      if (bound > repair.maxBucket) repair.maxBucket = bound;
      if (previous - count > repair.maxDiff) repair.maxDiff = previous - count;
    } else {
      previous = count;
    }
  }
  return forced;
}

/** The quantile 0 <= q <= 1, interpolated linearly; counts must be monotonic, and there must be two buckets at least. */
export function classicQuantile(q: number, bounds: Float64Array, counts: Float64Array, length: number): number {
  const last = length - 1;
  const observations = counts[last]!;
  if (observations === 0) return Number.NaN;
  let rank = q * observations;
  let bucket = 0;
  let high = last;
  while (bucket < high) {
    const middle = (bucket + high) >>> 1;
    if (counts[middle]! >= rank) high = middle;
    else bucket = middle + 1;
  }
  if (bucket === last) return bounds[last - 1]!;
  const end = bounds[bucket]!;
  // The sum makes 0 of -0, which a quantile of -0 leads to.
  if (bucket === 0) return end <= 0 ? end : 0 + end * (rank / counts[0]!);
  const start = bounds[bucket - 1]!;
  const below = counts[bucket - 1]!;
  rank -= below;
  return start + (end - start) * (rank / (counts[bucket]! - below));
}

/** The share of observations between two bounds; the counts are taken as they are. */
export function classicFraction(
  lower: number,
  upper: number,
  bounds: Float64Array,
  counts: Float64Array,
  length: number,
): number {
  const total = counts[length - 1]!;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const from = Math.min(observationsBelow(lower, bounds, counts, length), total);
  const to = Math.min(observationsBelow(upper, bounds, counts, length), total);
  return (to - from) / total;
}

/** Observations below `value`; infinity stands for all of them. */
function observationsBelow(value: number, bounds: Float64Array, counts: Float64Array, length: number): number {
  // Buckets of positive bounds only begin at zero.
  let start = bounds[0]! <= 0 ? -Infinity : 0;
  let rank = 0;
  for (let i = 0; i < length; i++) {
    if (i > 0) start = bounds[i - 1]!;
    if (start >= value) return rank;
    const end = bounds[i]!;
    // A bound may be NaN: then nothing is known of the buckets beside it.
    if (end > value && start < value) {
      if (start === -Infinity) return counts[i]!;
      return rank + ((counts[i]! - rank) * (value - start)) / (end - start);
    }
    rank = counts[i]!;
  }
  return Infinity;
}

function isAlmostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  const smallestNormal = 2.2250738585072014e-308;
  if (a === 0 || b === 0 || sum < smallestNormal) return difference < SMALL_DELTA * smallestNormal;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DELTA;
}
