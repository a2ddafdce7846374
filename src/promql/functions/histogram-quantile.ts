import type { FloatHistogram } from '../../model/histogram.ts';
import { histogramWork } from '../../model/histogram-work.ts';
import { histogramAt } from '../exec/step-column.ts';
import {
  forcedMonotonicity,
  fractionWithoutNaNs,
  mixedClassicNative,
  quantileOfNaNs,
  quantileSkewedByNaNs,
} from './annotation-texts.ts';
import { classicFraction, classicQuantile, makeMonotonic, type Repair } from './classic-histogram.ts';
import type { FunctionContext, HistogramFunction, HistogramGroup } from './contracts.ts';
import { nativeFraction, nativeQuantile } from './native-quantile.ts';
import { workFloats } from './work-arrays.ts';

/** Walking through a native histogram takes as long as so many samples, beside its buckets. */
const NATIVE_WORK = 1000;

/** Quantile of each step's histogram. Arguments: quantile, vector. */
export const histogramQuantile: HistogramFunction = (group, out, context) => {
  const quantiles = context.args[0]!;
  for (let i = 0; i < out.present.length; i++) {
    context.spend(1 + group.buckets.length);
    const length = gatherBuckets(group, i);
    const native = nativeAt(group, i);
    if (native !== undefined) context.spend(NATIVE_WORK + histogramWork(native));
    out.present[i] = 0;
    if (isAmbiguous(length, native, context, 1)) continue;
    if (length === 0 && native === undefined) continue;
    out.present[i] = 1;
    out.values[i] =
      native === undefined
        ? quantileOfBuckets(quantiles[i]!, length, i, context)
        : quantileOf(quantiles[i]!, native, context);
  }
};

/** Share of each step's observations between two bounds. Arguments: lower, upper, vector. */
export const histogramFraction: HistogramFunction = (group, out, context) => {
  const [lower, upper] = context.args as [Float64Array, Float64Array];
  for (let i = 0; i < out.present.length; i++) {
    context.spend(1 + group.buckets.length);
    const length = gatherBuckets(group, i);
    const native = nativeAt(group, i);
    if (native !== undefined) context.spend(NATIVE_WORK + histogramWork(native));
    out.present[i] = 0;
    if (isAmbiguous(length, native, context, 2)) continue;
    if (length === 0 && native === undefined) continue;
    out.present[i] = 1;
    if (native === undefined) {
      const bounds = workFloats(0, length);
      const isComplete = bounds[length - 1] === Infinity;
      out.values[i] = isComplete
        ? classicFraction(lower[i]!, upper[i]!, bounds, workFloats(1, length), length)
        : Number.NaN;
    } else {
      const { value, hasNaNs } = nativeFraction(lower[i]!, upper[i]!, native);
      if (hasNaNs) context.annotations.info(fractionWithoutNaNs(context.metricName), context.argPositions[2]!);
      out.values[i] = value;
    }
  }
};

/**
 * Collects the buckets that have a count at a step, equal bounds merged, into work arrays 0 (bounds) and 1 (counts).
 * Returns how many there are.
 */
function gatherBuckets({ buckets, upperBounds }: HistogramGroup, step: number): number {
  const bounds = workFloats(0, buckets.length);
  const counts = workFloats(1, buckets.length);
  let length = 0;
  for (let k = 0; k < buckets.length; k++) {
    const { present, values } = buckets[k]!;
    if (present[step] === 0) continue;
    const bound = upperBounds[k]!;
    if (length > 0 && bounds[length - 1] === bound) {
      counts[length - 1]! += values[step]!;
    } else {
      bounds[length] = bound;
      counts[length] = values[step]!;
      length++;
    }
  }
  return length;
}

function nativeAt({ native }: HistogramGroup, step: number): FloatHistogram | undefined {
  return native === null || native.present[step] === 0 ? undefined : histogramAt(native, step);
}

/** A step with classic buckets and a native histogram has no answer. */
function isAmbiguous(
  length: number,
  native: FloatHistogram | undefined,
  context: FunctionContext,
  vectorArgument: number,
): boolean {
  if (length === 0 || native === undefined) return false;
  context.annotations.warn(mixedClassicNative(context.metricName), context.argPositions[vectorArgument]!);
  return true;
}

const repair: Repair = { minBucket: 0, maxBucket: 0, maxDiff: 0 };

function quantileOfBuckets(q: number, length: number, step: number, context: FunctionContext): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const bounds = workFloats(0, length);
  const counts = workFloats(1, length);
  if (bounds[length - 1] !== Infinity) return Number.NaN;
  if (makeMonotonic(bounds, counts, length, repair)) {
    const { grid, metricName, annotations, argPositions } = context;
    const time = grid.start + step * grid.step;
    annotations.forcedMonotonicity(forcedMonotonicity(metricName), argPositions[1]!, { time, ...repair });
  }
  return length < 2 ? Number.NaN : classicQuantile(q, bounds, counts, length);
}

function quantileOf(q: number, histogram: FloatHistogram, context: FunctionContext): number {
  const { value, nanEffect } = nativeQuantile(q, histogram);
  if (nanEffect !== 'none') {
    const text = nanEffect === 'result' ? quantileOfNaNs : quantileSkewedByNaNs;
    context.annotations.info(text(context.metricName), context.argPositions[1]!);
  }
  return value;
}
