import { windowMean, windowSum, windowVariance } from '../../kernels/kahan.ts';
import { prefixSums } from '../../kernels/prefix-sums.ts';
import { slidingMean, slidingSum } from '../../kernels/sliding-sum.ts';
import { prefixSquares, slidingVariance } from '../../kernels/sliding-variance.ts';
import { windowedSampleCount } from '../../kernels/window-bounds.ts';
import type { Window } from '../exec/grid.ts';
import type { StepColumn } from '../exec/step-column.ts';
import type { Bounds, RangeFunction } from './contracts.ts';
import { averageHistograms, sumHistograms } from './histograms-over-time.ts';
import { type FloatSamples, floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';
import { workFloats, workIntegers } from './work-arrays.ts';

/** Windows that overlap less than this are summed one by one: prefix sums cost more. */
const WORTHWHILE_OVERLAP = 3;

export const sumOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window, context);
  if (overlaps(floats, bounds, window)) {
    const high = workFloats(0, floats.length + 1);
    const low = workFloats(1, floats.length + 1);
    const odd = workIntegers(0, floats.length + 1);
    const leastTrusted = prefixSums(floats.values, floats.length, high, low, odd);
    const { from, to } = bounds;
    slidingSum(floats.values, high, low, odd, leastTrusted, from, to, window.count, out.values, out.present);
  } else {
    eachWindow(floats, bounds, window, out, windowSum);
  }
  if (samples.histograms !== null) sumHistograms(samples, bounds, window, out, context);
};

export const avgOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window, context);
  if (overlaps(floats, bounds, window)) {
    const high = workFloats(0, floats.length + 1);
    const low = workFloats(1, floats.length + 1);
    const odd = workIntegers(0, floats.length + 1);
    const leastTrusted = prefixSums(floats.values, floats.length, high, low, odd);
    const { from, to } = bounds;
    slidingMean(floats.values, high, low, odd, leastTrusted, from, to, window.count, out.values, out.present);
  } else {
    eachWindow(floats, bounds, window, out, windowMean);
  }
  if (samples.histograms !== null) averageHistograms(samples, bounds, window, out, context);
};

export const stdvarOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window, context);
  const { values, length } = floats;
  if (overlaps(floats, bounds, window)) {
    const sumHigh = workFloats(0, length + 1);
    const sumLow = workFloats(1, length + 1);
    const squareHigh = workFloats(2, length + 1);
    const squareLow = workFloats(3, length + 1);
    const odd = workIntegers(0, length + 1);
    prefixSums(values, length, sumHigh, sumLow, odd);
    prefixSquares(values, length, squareHigh, squareLow);
    slidingVariance(
      values,
      length,
      sumHigh,
      sumLow,
      odd,
      squareHigh,
      squareLow,
      bounds.from,
      bounds.to,
      window.count,
      out.values,
      out.present,
    );
  } else {
    eachWindow(floats, bounds, window, out, windowVariance);
  }
  reportIgnoredHistograms(samples, bounds, window, context);
};

export const stddevOverTime: RangeFunction = (samples, window, out, context) => {
  stdvarOverTime(samples, window, out, context);
  const { values } = out;
  for (let i = 0; i < window.count; i++) values[i] = Math.sqrt(values[i]!);
};

function overlaps(floats: FloatSamples, { from, to }: Bounds, window: Window): boolean {
  return windowedSampleCount(from, to, window.count) > WORTHWHILE_OVERLAP * floats.length;
}

function eachWindow(
  floats: FloatSamples,
  { from, to }: Bounds,
  window: Window,
  { values, present }: StepColumn,
  reduce: (values: Float64Array, from: number, to: number) => number,
): void {
  for (let i = 0; i < window.count; i++) {
    const empty = from[i] === to[i];
    present[i] = empty ? 0 : 1;
    if (!empty) values[i] = reduce(floats.values, from[i]!, to[i]!);
  }
}
