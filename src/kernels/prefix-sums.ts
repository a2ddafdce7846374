import { blockEnd, type Spend } from './blocks.ts';

/**
 * Prefix sums in double-double arithmetic: the sum of the first k values is `high[k] + low[k]`, good for 104 bits.
 *
 * A window's sum is the difference of two of them: O(1) whatever the window. Its error is at most about
 * `length * 2^-104 * magnitude`, where the magnitude is the sum of the series' absolute values, so it is right to the
 * last bit of a double unless it is tiny against that; `prefixSums` returns from where on callers may trust it.
 */

/** Sums above the magnitude times this have a relative error below 2^-70. */
const SUM_GUARD = 2 ** -20;

/**
 * Fills `high`, `low` and `odd` (each `length + 1` entries). Infinite and NaN values count as zero in the sums, and
 * `odd[k]` is how many of the first k values were such.
 *
 * Returns the least absolute window sum that can be trusted: 0 when no addition was rounded, so that all are exact
 * (integers below 2^53, the usual case); infinity when the sums overflow.
 */
export function prefixSums(
  values: Float64Array,
  length: number,
  high: Float64Array,
  low: Float64Array,
  odd: Uint32Array,
  spend: Spend,
): number {
  let sum = 0;
  let rest = 0;
  let magnitude = 0;
  let oddCount = 0;
  let exact = true;
  high[0] = 0;
  low[0] = 0;
  odd[0] = 0;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      if (Number.isFinite(value)) {
        magnitude += Math.abs(value);
        const total = sum + value;
        const virtual = total - sum;
        const error = sum - (total - virtual) + (value - virtual);
        if (error !== 0) exact = false;
        rest += error;
        sum = total + rest;
        rest -= sum - total;
      } else {
        oddCount++;
      }
      high[i + 1] = sum;
      low[i + 1] = rest;
      odd[i + 1] = oddCount;
    }
  }
  return exact ? 0 : magnitude * SUM_GUARD;
}
