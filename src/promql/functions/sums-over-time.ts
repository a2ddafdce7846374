import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import { windowMean, windowSum, windowVariance } from '../../kernels/kahan.ts';
import { prefixSums } from '../../kernels/prefix-sums.ts';
import { slidingMean, slidingSum } from '../../kernels/sliding-sum.ts';
import { prefixSquares, slidingVariance } from '../../kernels/sliding-variance.ts';
import { windowedSampleCount } from '../../kernels/window-bounds.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { Bounds, RangeFunction } from './contracts.ts';
import { averageHistograms, sumHistograms } from './histograms-over-time.ts';
import { type FloatSamples, floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';

/** Windows that overlap less than this are summed one by one: prefix sums cost more. */
const WORTHWHILE_OVERLAP = 3;
/** The same for the variance, which is the reference's to the last digit only when each window is gone through. */
const WORTHWHILE_OVERLAP_VARIANCE = 10;
/** Samples that windows went through between two calls of `spend`. */
const SAMPLES_TOLD = 16_384;

export const sumOverTime: RangeFunction = compensated(slidingSum, windowSum, sumHistograms);

export const avgOverTime: RangeFunction = compensated(slidingMean, windowMean, averageHistograms);

export const stdvarOverTime: RangeFunction = (samples, window, out, context) => {
  const { spend } = context;
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  const { values, length } = floats;
  if (overlaps(floats, bounds, window, spend, WORTHWHILE_OVERLAP_VARIANCE)) {
    const sumHigh = context.work.floats(0, length + 1);
    const sumLow = context.work.floats(1, length + 1);
    const squareHigh = context.work.floats(2, length + 1);
    const squareLow = context.work.floats(3, length + 1);
    const odd = context.work.integers(0, length + 1);
    prefixSums(values, length, sumHigh, sumLow, odd, spend);
    prefixSquares(values, length, squareHigh, squareLow, spend);
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
      spend,
    );
  } else {
    eachWindow(floats, bounds, window, out, spend, windowVariance);
  }
  reportIgnoredHistograms(samples, bounds, window, context);
};

export const stddevOverTime: RangeFunction = (samples, window, out, context) => {
  stdvarOverTime(samples, window, out, context);
  const { values } = out;
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) values[i] = Math.sqrt(values[i]!);
  }
};

/** What is made of prefix sums where windows overlap, and of each window by itself where they do not. */
function compensated(
  slide: typeof slidingSum,
  reduce: typeof windowSum,
  reduceHistograms: typeof sumHistograms,
): RangeFunction {
  return (samples, window, out, context) => {
    const { spend } = context;
    const floats = floatPart(samples, context);
    const bounds = reusedBounds(floats, window, context);
    if (overlaps(floats, bounds, window, spend)) {
      const high = context.work.floats(0, floats.length + 1);
      const low = context.work.floats(1, floats.length + 1);
      const odd = context.work.integers(0, floats.length + 1);
      const leastTrusted = prefixSums(floats.values, floats.length, high, low, odd, spend);
      const { from, to } = bounds;
      slide(floats.values, high, low, odd, leastTrusted, from, to, window.count, out.values, out.present, spend);
    } else {
      eachWindow(floats, bounds, window, out, spend, reduce);
    }
    if (samples.histograms !== null) reduceHistograms(samples, bounds, window, out, context);
  };
}

function overlaps(
  floats: FloatSamples,
  { from, to }: Bounds,
  window: Window,
  spend: Spend,
  worthwhile = WORTHWHILE_OVERLAP,
): boolean {
  return windowedSampleCount(from, to, window.count, spend) > worthwhile * floats.length;
}

function eachWindow(
  floats: FloatSamples,
  { from, to }: Bounds,
  window: Window,
  { values, present }: StepColumn,
  spend: Spend,
  reduce: typeof windowSum,
): void {
  // Windows that hardly overlap: a pass over the series, most often in many windows.
  let told = 0;
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, spend);
    for (; i < stop; i++) {
      const start = from[i]!;
      const end = to[i]!;
      const empty = start === end;
      present[i] = empty ? 0 : 1;
      if (!empty) values[i] = reduce(floats.values, start, end, spend);
      if (end - told > SAMPLES_TOLD) {
        spend(end - told);
        told = end;
      }
    }
  }
}
