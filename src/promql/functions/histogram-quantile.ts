import type { Spend } from '../../kernels/blocks.ts';
import { patternSort, type Sortable } from '../../kernels/pattern-sort.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { histogramWork } from '../../model/histogram-work.ts';
import { histogramAt, type StepColumn } from '../steps/step-column.ts';
import type { PositionRange } from '../syntax/ast.ts';
import {
  forcedMonotonicity,
  fractionWithoutNaNs,
  mixedClassicNative,
  quantileOfNaNs,
  quantileSkewedByNaNs,
} from './annotation-texts.ts';
import { classicFraction, classicQuantile, makeMonotonic, type Repair } from './classic-histogram.ts';
import type { FunctionContext, HistogramFunction, HistogramGroup, HistogramQuantilesFunction } from './contracts.ts';
import { nativeFraction, nativeQuantile } from './native-quantile.ts';
import { workFloats } from './work-arrays.ts';

/** Walking through a native histogram takes as long as so many samples, beside its buckets. */
const NATIVE_WORK = 1000;

/** Quantile of each step's histogram. Arguments: quantile, vector. */
export const histogramQuantile: HistogramFunction = (group, out, context) => {
  const quantiles = context.args[0]!;
  for (let i = 0; i < out.present.length; i++) quantileAt(group, out, i, quantiles[i]!, 0, 1, context);
};

/** One of several quantiles of each step's histogram. Arguments of the context: quantiles. The vector is the first of all. */
export const histogramQuantiles: HistogramQuantilesFunction = (group, out, { index, steps }, context) => {
  const before = context.args.slice(0, index);
  const quantiles = context.args[index]!;
  for (let i = 0; i < out.present.length; i++) {
    if (steps[i] === 0) {
      out.present[i] = 0;
      continue;
    }
    let looks = 0;
    for (const others of before) if (isInRange(others[i]!)) looks++;
    quantileAt(group, out, i, quantiles[i]!, looks, 0, context);
  }
};

/** `looks`: how many quantiles have been taken of the very same buckets before. */
function quantileAt(
  group: HistogramGroup,
  out: StepColumn,
  step: number,
  quantile: number,
  looks: number,
  vectorArgument: number,
  context: FunctionContext,
): void {
  context.spend(1 + group.buckets.length);
  const length = gatherBuckets(group, step, context.spend);
  const native = nativeAt(group, step);
  if (native !== undefined) context.spend(NATIVE_WORK + histogramWork(native));
  out.present[step] = 0;
  if (isAmbiguous(length, native, context, vectorArgument)) return;
  if (length === 0 && native === undefined) return;
  out.present[step] = 1;
  const position = context.argPositions[vectorArgument]!;
  if (native !== undefined) out.values[step] = quantileOf(quantile, native, position, context);
  else out.values[step] = quantileOfBuckets(quantile, group, step, length, looks, position, context);
}

function isInRange(quantile: number): boolean {
  return quantile >= 0 && quantile <= 1;
}

/** Share of each step's observations between two bounds. Arguments: lower, upper, vector. */
export const histogramFraction: HistogramFunction = (group, out, context) => {
  const [lower, upper] = context.args as [Float64Array, Float64Array];
  for (let i = 0; i < out.present.length; i++) {
    context.spend(1 + group.buckets.length);
    const length = gatherBuckets(group, i, context.spend);
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
function gatherBuckets(group: HistogramGroup, step: number, spend: Spend): number {
  const { buckets, upperBounds } = group;
  if (group.hasNaNBound) return gatherContradictory(group, step, spend);
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

/**
 * The same where a bound is NaN, which is neither above nor below any other: no order of all steps holds for one that lacks some
 * of the buckets, so those of each step are put in order as the reference does it.
 */
function gatherContradictory(group: HistogramGroup, step: number, spend: Spend): number {
  const bounds = workFloats(0, group.buckets.length);
  const counts = workFloats(1, group.buckets.length);
  const count = gatherUnmerged(group, step, bounds, counts);
  spend(count);
  patternSort(bucketList(bounds, counts), count);
  return mergeEqual(bounds, counts, count);
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

function quantileOfBuckets(
  q: number,
  group: HistogramGroup,
  step: number,
  mergedLength: number,
  looks: number,
  position: PositionRange,
  context: FunctionContext,
): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  if (workFloats(0, mergedLength)[mergedLength - 1] !== Infinity) return Number.NaN;
  const length = looks === 0 ? mergedLength : lookAgain(group, step, mergedLength, looks, context.spend);
  const bounds = workFloats(0, length);
  const counts = workFloats(1, length);
  const isMended = makeMonotonic(bounds, counts, length, repair);
  // Buckets that were mended stay so: who looks at them later finds nothing to mend, unless they were merged anew.
  if (isMended && (looks === 0 || length < countBuckets(group, step))) {
    const { grid, metricName, annotations } = context;
    const time = grid.start + step * grid.step;
    annotations.forcedMonotonicity(forcedMonotonicity(metricName), position, { time, ...repair });
  }
  return length < 2 ? Number.NaN : classicQuantile(q, bounds, counts, length);
}

/**
 * The buckets as they are when `looks` quantiles have been taken of them, in the work arrays. Where bounds are equal the
 * reference merges buckets in place and leaves what lay behind them there, to be merged once more by the next quantile; so
 * their counts grow from one to the next.
 */
function lookAgain(group: HistogramGroup, step: number, mergedLength: number, looks: number, spend: Spend): number {
  const count = countBuckets(group, step);
  if (count === mergedLength && !group.hasNaNBound) return mergedLength;
  const bounds = workFloats(0, count);
  const counts = workFloats(1, count);
  gatherUnmerged(group, step, bounds, counts);
  const list = bucketList(bounds, counts);
  for (let look = 0; ; look++) {
    spend(count);
    patternSort(list, count);
    const length = mergeEqual(bounds, counts, count);
    if (look === looks) return length;
    makeMonotonic(bounds, counts, length, repair);
  }
}

function countBuckets({ buckets }: HistogramGroup, step: number): number {
  let count = 0;
  for (const { present } of buckets) if (present[step] === 1) count++;
  return count;
}

/** All buckets that have a count at a step, in the order of their series; gives how many. */
function gatherUnmerged(group: HistogramGroup, step: number, bounds: Float64Array, counts: Float64Array): number {
  const { buckets, places, upperBounds } = group;
  const here = buckets.flatMap(({ present }, k) => (present[step] === 1 ? [k] : []));
  here.sort((a, b) => places[a]! - places[b]!);
  here.forEach((k, i) => {
    bounds[i] = upperBounds[k]!;
    counts[i] = buckets[k]!.values[step]!;
  });
  return here.length;
}

function bucketList(bounds: Float64Array, counts: Float64Array): Sortable {
  const swapIn = (values: Float64Array, a: number, b: number) => {
    const value = values[a]!;
    values[a] = values[b]!;
    values[b] = value;
  };
  return {
    isLess: (a, b) => bounds[a]! < bounds[b]!,
    swap: (a, b) => {
      swapIn(bounds, a, b);
      swapIn(counts, a, b);
    },
  };
}

/** Merges buckets of equal bounds to the front; gives how many are left. What lies behind them stays as it was. */
function mergeEqual(bounds: Float64Array, counts: Float64Array, count: number): number {
  if (count === 0) return 0;
  let last = 0;
  for (let i = 1; i < count; i++) {
    if (bounds[i] === bounds[last]) {
      counts[last]! += counts[i]!;
    } else {
      last++;
      bounds[last] = bounds[i]!;
      counts[last] = counts[i]!;
    }
  }
  return last + 1;
}

function quantileOf(q: number, histogram: FloatHistogram, position: PositionRange, context: FunctionContext): number {
  const { value, nanEffect } = nativeQuantile(q, histogram);
  if (nanEffect !== 'none') {
    const text = nanEffect === 'result' ? quantileOfNaNs : quantileSkewedByNaNs;
    context.annotations.info(text(context.metricName), position);
  }
  return value;
}
