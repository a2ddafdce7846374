import { blockEnd } from '../../kernels/blocks.ts';
import { slidingSmoothing } from '../../kernels/exponential-smoothing.ts';
import { slidingRegression } from '../../kernels/linear-regression.ts';
import { goFloatFixed } from '../../model/go-float.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import { type Bounds, EvaluationError, type RangeContext, type RangeFunction } from './contracts.ts';
import { type FloatSamples, floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';

/** Slope per second of the least-squares line. */
export const deriv: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  regressions(floats, bounds, window, null, null, out, context);
  reportIgnoredHistograms(samples, bounds, window, context);
};

/** Value of the least-squares line so many seconds after the evaluation time, which offset and `@` do not move. */
export const predictLinear: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  const origins = context.work.floats(0, window.count);
  const { start, step } = context.grid;
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) origins[i] = start + i * step;
  }
  regressions(floats, bounds, window, context.args[0]!, origins, out, context);
  reportIgnoredHistograms(samples, bounds, window, context);
};

function regressions(
  { times, values, length }: FloatSamples,
  { from, to }: Bounds,
  window: Window,
  horizons: Float64Array | null,
  origins: Float64Array | null,
  out: StepColumn,
  { spend, work }: RangeContext,
): void {
  const offsets = work.floats(1, length);
  const runs = work.integers(0, length);
  const { count } = window;
  const { values: results, present } = out;
  slidingRegression(times, values, length, from, to, count, horizons, origins, offsets, runs, results, present, spend);
}

export const doubleExponentialSmoothing: RangeFunction = (samples, window, out, context) => {
  const [smoothing, trend] = context.args as [Float64Array, Float64Array];
  const any = reusedBounds(samples, window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) if (any.from[i] !== any.to[i]) checkFactors(context, i);
  }
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  const { from, to } = bounds;
  const { values, present } = out;
  slidingSmoothing(floats.values, from, to, window.count, smoothing, trend, values, present, context.spend);
  reportIgnoredHistograms(samples, bounds, window, context);
};

function checkFactors({ args }: RangeContext, step: number): void {
  const smoothing = args[0]![step]!;
  const trend = args[1]![step]!;
  if (smoothing <= 0 || smoothing >= 1) {
    throw new EvaluationError(`invalid smoothing factor. Expected: 0 < sf < 1, got: ${goFloatFixed(smoothing, 6)}`);
  }
  if (trend <= 0 || trend >= 1) {
    throw new EvaluationError(`invalid trend factor. Expected: 0 < tf < 1, got: ${goFloatFixed(trend, 6)}`);
  }
}
