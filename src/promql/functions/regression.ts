import { slidingSmoothing } from '../../kernels/exponential-smoothing.ts';
import { slidingRegression } from '../../kernels/linear-regression.ts';
import { goFloatFixed } from '../../model/go-float.ts';
import { EvaluationError, type RangeContext, type RangeFunction } from './contracts.ts';
import { floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';
import { workFloats } from './work-arrays.ts';

/** Slope per second of the least-squares line. */
export const deriv: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window);
  slidingRegression(
    floats.times,
    floats.values,
    bounds.from,
    bounds.to,
    window.count,
    null,
    null,
    out.values,
    out.present,
  );
  reportIgnoredHistograms(samples, bounds, window, context);
};

/** Value of the least-squares line so many seconds after the evaluation time, which offset and `@` do not move. */
export const predictLinear: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window);
  const origins = workFloats(0, window.count);
  const { start, step } = context.grid;
  for (let i = 0; i < window.count; i++) origins[i] = start + i * step;
  slidingRegression(
    floats.times,
    floats.values,
    bounds.from,
    bounds.to,
    window.count,
    context.args[0]!,
    origins,
    out.values,
    out.present,
  );
  reportIgnoredHistograms(samples, bounds, window, context);
};

export const doubleExponentialSmoothing: RangeFunction = (samples, window, out, context) => {
  const [smoothing, trend] = context.args as [Float64Array, Float64Array];
  const any = reusedBounds(samples, window);
  for (let i = 0; i < window.count; i++) if (any.from[i] !== any.to[i]) checkFactors(context, i);
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window);
  slidingSmoothing(floats.values, bounds.from, bounds.to, window.count, smoothing, trend, out.values, out.present);
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
