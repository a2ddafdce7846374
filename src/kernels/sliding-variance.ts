import { blockEnd, type Spend } from './blocks.ts';
import { multiplyError } from './fused.ts';
import { windowVariance } from './kahan.ts';

/** Windows of up to this many samples are computed directly, which is equal to the reference to the bit. */
const DIRECT_SAMPLES = 64;
/** The mean square may exceed the variance by this much; beyond, the reference itself has lost more than 10^-13. */
const CONDITION_LIMIT = 2 ** 20;
/** The same against the squares of the whole series, of which the prefix sums hold 104 bits. */
const MAGNITUDE_LIMIT = 2 ** 40;

/** Fills `high` and `low` (each `length + 1` entries) with double-double prefix sums of the squares of finite values. */
export function prefixSquares(
  values: Float64Array,
  length: number,
  high: Float64Array,
  low: Float64Array,
  spend: Spend,
): void {
  let sum = 0;
  let rest = 0;
  high[0] = 0;
  low[0] = 0;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      if (Number.isFinite(value)) {
        const square = value * value;
        const total = sum + square;
        const virtual = total - sum;
        rest += sum - (total - virtual) + (square - virtual) + multiplyError(value, value, square);
        sum = total + rest;
        rest -= sum - total;
      }
      high[i + 1] = sum;
      low[i + 1] = rest;
    }
  }
}

/**
 * Population variances of all windows, (squares - sum^2 / n) / n in double-double arithmetic: within 10^-12 of the
 * compensated Welford recurrence of `windowVariance`, which is used itself where samples are few or the difference
 * would cancel too much. `sumHigh`, `sumLow` and `odd` come from `prefixSums`, the squares from `prefixSquares`.
 */
export function slidingVariance(
  values: Float64Array,
  length: number,
  sumHigh: Float64Array,
  sumLow: Float64Array,
  odd: Uint32Array,
  squareHigh: Float64Array,
  squareLow: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  const allSquares = squareHigh[length]!;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]!;
      const end = to[i]!;
      const n = end - start;
      if (n === 0) {
        present[i] = 0;
        continue;
      }
      present[i] = 1;
      if (n <= DIRECT_SAMPLES || odd[end] !== odd[start]) {
        if (n > DIRECT_SAMPLES) spend(n);
        out[i] = windowVariance(values, start, end, spend);
        continue;
      }
      const sum = sumHigh[end]! - sumHigh[start]!;
      const sumRest = differenceError(sumHigh[end]!, sumHigh[start]!, sum) + (sumLow[end]! - sumLow[start]!);
      const squares = squareHigh[end]! - squareHigh[start]!;
      const squaresRest =
        differenceError(squareHigh[end]!, squareHigh[start]!, squares) + (squareLow[end]! - squareLow[start]!);

      const product = sum * sum;
      const productRest = multiplyError(sum, sum, product) + 2 * sum * sumRest;
      const quotient = product / n;
      const back = quotient * n;
      const quotientRest = (product - back - multiplyError(quotient, n, back) + productRest) / n;

      const deviations = squares - quotient + (squaresRest - quotientRest);
      const trusted = deviations * CONDITION_LIMIT >= squares && deviations * MAGNITUDE_LIMIT >= allSquares;
      if (trusted) {
        out[i] = deviations / n;
        continue;
      }
      spend(n);
      out[i] = windowVariance(values, start, end, spend);
    }
  }
}

/** The exact error of `difference = a - b`. */
function differenceError(a: number, b: number, difference: number): number {
  const virtual = difference - a;
  return a - (difference - virtual) - (b + virtual);
}
