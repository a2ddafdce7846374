import { blockEnd, type Spend } from './blocks.ts';

/**
 * Sums of one window, sample by sample, with the compensation of Kahan in Neumaier's form ("Rundungsfehleranalyse
 * einiger Verfahren zur Summation endlicher Summen", 1974). These give the reference's results to the last bit; the
 * sliding versions in `sliding-sum.ts` and `sliding-variance.ts` fall back to them.
 */

/** Sum of `values[from..to)`. An overflow gives infinity; the compensation is dropped there. */
export function windowSum(values: Float64Array, from: number, to: number, spend: Spend): number {
  let sum = 0;
  let compensation = 0;
  for (let i = from; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      const next = sum + value;
      if (Math.abs(sum) >= Math.abs(value)) compensation += sum - next + value;
      else compensation += value - next + sum;
      sum = next;
    }
  }
  // Once infinite, a sum never is finite again.
  return sum - sum === 0 ? sum + compensation : overflowingSum(values, from, to, spend);
}

function overflowingSum(values: Float64Array, from: number, to: number, spend: Spend): number {
  let sum = 0;
  let compensation = 0;
  for (let i = from; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      const next = sum + value;
      if (next === Infinity || next === -Infinity) compensation = 0;
      else if (Math.abs(sum) >= Math.abs(value)) compensation += sum - next + value;
      else compensation += value - next + sum;
      sum = next;
    }
  }
  return sum === Infinity || sum === -Infinity ? sum : sum + compensation;
}

/** Mean of `values[from..to)`, at least one value: sum / count, or an incremental mean once the sum overflows. */
export function windowMean(values: Float64Array, from: number, to: number, spend: Spend): number {
  let sum = values[from]!;
  let compensation = 0;
  for (let i = from + 1; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      const next = sum + value;
      if (Math.abs(sum) >= Math.abs(value)) compensation += sum - next + value;
      else compensation += value - next + sum;
      sum = next;
    }
  }
  const count = to - from;
  return sum - sum === 0 ? sum / count + compensation / count : overflowingMean(values, from, to, spend);
}

function overflowingMean(values: Float64Array, from: number, to: number, spend: Spend): number {
  let sum = values[from]!;
  let compensation = 0;
  for (let i = from + 1; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      const next = sum + value;
      if (next === Infinity || next === -Infinity)
        return incrementalMean(values, from, to, i, sum, compensation, spend);
      if (Math.abs(sum) >= Math.abs(value)) compensation += sum - next + value;
      else compensation += value - next + sum;
      sum = next;
    }
  }
  const count = to - from;
  return sum / count + compensation / count;
}

/** Goes on with a mean at sample `at`, where the running sum would overflow. */
function incrementalMean(
  values: Float64Array,
  from: number,
  to: number,
  at: number,
  sum: number,
  compensation: number,
  spend: Spend,
): number {
  let mean = sum / (at - from);
  let rest = compensation / (at - from);
  for (let i = at; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) {
      const count = i - from + 1;
      const weight = (count - 1) / count;
      const value = values[i]! / count;
      const before = weight * mean;
      rest *= weight;
      mean = before + value;
      if (mean === Infinity || mean === -Infinity) rest = 0;
      else if (Math.abs(before) >= Math.abs(value)) rest += before - mean + value;
      else rest += value - mean + before;
    }
  }
  return mean + rest;
}

/** Population variance of `values[from..to)`, at least one value, by Welford's recurrence. */
export function windowVariance(values: Float64Array, from: number, to: number, spend: Spend): number {
  let mean = 0;
  let meanRest = 0;
  let squares = 0;
  let squaresRest = 0;
  for (let i = from; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      const delta = value - (mean + meanRest);

      const part = delta / (i - from + 1);
      const nextMean = mean + part;
      if (nextMean === Infinity || nextMean === -Infinity) meanRest = 0;
      else if (Math.abs(mean) >= Math.abs(part)) meanRest += mean - nextMean + part;
      else meanRest += part - nextMean + mean;
      mean = nextMean;

      const square = delta * (value - (mean + meanRest));
      const nextSquares = squares + square;
      if (nextSquares === Infinity || nextSquares === -Infinity) squaresRest = 0;
      else if (Math.abs(squares) >= Math.abs(square)) squaresRest += squares - nextSquares + square;
      else squaresRest += square - nextSquares + squares;
      squares = nextSquares;
    }
  }
  return (squares + squaresRest) / (to - from);
}
