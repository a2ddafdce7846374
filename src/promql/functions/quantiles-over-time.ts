import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import { hasNegativeZero, quantileOfZeros } from '../../kernels/quantile-of-zeros.ts';
import { sortNumbers } from '../../kernels/sort-numbers.ts';
import {
  createSortedWindow,
  lowerBound,
  moveSortedWindow,
  rankedValue,
  resetSortedWindow,
  type SortedWindow,
  sortedQuantile,
} from '../../kernels/sorted-window.ts';
import { goFloatCompact } from '../../model/go-float.ts';
import { invalidQuantile } from './annotation-texts.ts';
import type { RangeContext, RangeFunction } from './contracts.ts';
import { floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';

/** Slots of work arrays. */
const DISTANCES = 0;
const SPARE = 1;
const SORTED = 2;

/** One series is worked on at a time. */
const sortedWindow = createSortedWindow(new Float64Array(0));

export const quantileOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  const quantiles = context.args[0]!;
  resetSortedWindow(sortedWindow, context.work.floats(SORTED, floats.length));
  const spare = () => context.work.floats(SPARE, floats.length);
  /** Zeros of both signs may meet; null: not known yet. */
  let hasSigns: boolean | null = null;
  for (let i = 0; i < window.count; i++) {
    const from = bounds.from[i]!;
    const to = bounds.to[i]!;
    out.present[i] = from === to ? 0 : 1;
    if (from === to) continue;
    const quantile = quantiles[i]!;
    if (quantile >= 0 && quantile <= 1) {
      context.spend(to - from);
      moveSortedWindow(sortedWindow, floats.values, from, to, context.spend, spare);
      const value = sortedQuantile(sortedWindow, quantile);
      if (value === 0) hasSigns ??= hasNegativeZero(floats.values, 0, floats.length, context.spend);
      out.values[i] =
        value === 0 && hasSigns === true ? signedQuantile(floats.values, from, to, quantile, context) : value;
    } else {
      out.values[i] = quantile < 0 ? -Infinity : quantile > 1 ? Infinity : Number.NaN;
      context.annotations.warn(invalidQuantile(goFloatCompact(quantile)), context.argPositions[0]!);
    }
  }
  reportIgnoredHistograms(samples, bounds, window, context);
};

/** The quantile of a window, which is zero, with its sign. */
function signedQuantile(
  values: Float64Array,
  from: number,
  to: number,
  quantile: number,
  { spend, work }: RangeContext,
): number {
  const copy = work.floats(SPARE, to - from).subarray(0, to - from);
  copy.set(values.subarray(from, to));
  return quantileOfZeros(copy, quantile, spend);
}

/** Median of the distances from the median; NaN where a window holds a NaN. */
export const madOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  resetSortedWindow(sortedWindow, context.work.floats(SORTED, floats.length));
  const spare = () => context.work.floats(SPARE, floats.length);
  for (let i = 0; i < window.count; i++) {
    const from = bounds.from[i]!;
    const to = bounds.to[i]!;
    out.present[i] = from === to ? 0 : 1;
    if (from === to) continue;
    context.spend(to - from);
    moveSortedWindow(sortedWindow, floats.values, from, to, context.spend, spare);
    out.values[i] = sortedWindow.nanCount > 0 ? Number.NaN : medianDistance(sortedWindow, context);
  }
  reportIgnoredHistograms(samples, bounds, window, context);
};

function medianDistance(window: SortedWindow, { spend, work }: RangeContext): number {
  const { length } = window;
  const median = sortedQuantile(window, 0.5);
  const distances = work.floats(DISTANCES, length);
  if (Number.isFinite(rankedValue(window, 0)) && Number.isFinite(rankedValue(window, length - 1))) {
    mergeDistances(window, median, distances, spend);
  } else {
    oddDistances(window, median, distances, work, spend);
  }
  const rank = 0.5 * (length - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(length - 1, lower + 1);
  const weight = rank - lower;
  return distances[lower]! * (1 - weight) + distances[upper]! * weight;
}

/**
 * All distances in rising order where some values are infinite. Those between infinities are NaN, which count as smaller than
 * all numbers.
 */
function oddDistances(
  { length, sorted }: SortedWindow,
  median: number,
  distances: Float64Array,
  work: RangeContext['work'],
  spend: Spend,
): void {
  let filled = 0;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const distance = Math.abs(sorted[i]! - median);
      if (!Number.isNaN(distance)) distances[filled++] = distance;
    }
  }
  sortNumbers(distances, filled, () => work.floats(SPARE, length), spend);
  distances.copyWithin(length - filled, 0, filled);
  distances.fill(Number.NaN, 0, length - filled);
}

/** The smaller half of the distances in rising order: they grow from the median outwards on both sides. */
function mergeDistances({ sorted, length }: SortedWindow, median: number, distances: Float64Array, spend: Spend): void {
  let right = length >>> 1;
  if (right > 0 && sorted[right - 1]! >= median) right = lowerBound(sorted, right, median);
  let left = right - 1;
  const wanted = Math.min(length, (length >>> 1) + 2);
  let filled = 0;
  while (filled < wanted) {
    const stop = blockEnd(filled, wanted, spend);
    for (; filled < stop; filled++) {
      const below = left >= 0 ? median - sorted[left]! : Infinity;
      const above = right < length ? sorted[right]! - median : Infinity;
      if (left >= 0 && (below <= above || right >= length)) {
        distances[filled] = below;
        left--;
      } else {
        distances[filled] = above;
        right++;
      }
    }
  }
}
