import {
  createSortedWindow,
  moveSortedWindow,
  rankedValue,
  resetSortedWindow,
  type SortedWindow,
  sortedQuantile,
} from '../../kernels/sorted-window.ts';
import { goFloatCompact } from '../../model/go-float.ts';
import { invalidQuantile } from './annotation-texts.ts';
import type { RangeFunction } from './contracts.ts';
import { floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';
import { workFloats } from './work-arrays.ts';

/** One series is worked on at a time. */
const sortedWindow = createSortedWindow(0);

export const quantileOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window, context);
  const quantiles = context.args[0]!;
  resetSortedWindow(sortedWindow, floats.length);
  for (let i = 0; i < window.count; i++) {
    const from = bounds.from[i]!;
    const to = bounds.to[i]!;
    out.present[i] = from === to ? 0 : 1;
    if (from === to) continue;
    const quantile = quantiles[i]!;
    if (quantile >= 0 && quantile <= 1) {
      context.spend(to - from);
      moveSortedWindow(sortedWindow, floats.values, from, to, context.spend);
      out.values[i] = sortedQuantile(sortedWindow, quantile);
    } else {
      out.values[i] = quantile < 0 ? -Infinity : quantile > 1 ? Infinity : Number.NaN;
      context.annotations.warn(invalidQuantile(goFloatCompact(quantile)), context.argPositions[0]!);
    }
  }
  reportIgnoredHistograms(samples, bounds, window, context);
};

/** Median of the distances from the median; NaN where a window holds a NaN. */
export const madOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window, context);
  resetSortedWindow(sortedWindow, floats.length);
  for (let i = 0; i < window.count; i++) {
    const from = bounds.from[i]!;
    const to = bounds.to[i]!;
    out.present[i] = from === to ? 0 : 1;
    if (from === to) continue;
    context.spend(to - from);
    moveSortedWindow(sortedWindow, floats.values, from, to, context.spend);
    out.values[i] = sortedWindow.nanCount > 0 ? Number.NaN : medianDistance(sortedWindow);
  }
  reportIgnoredHistograms(samples, bounds, window, context);
};

function medianDistance(window: SortedWindow): number {
  const { length } = window;
  const median = sortedQuantile(window, 0.5);
  const distances = workFloats(0, length);
  if (Number.isFinite(rankedValue(window, 0)) && Number.isFinite(rankedValue(window, length - 1))) {
    mergeDistances(window, median, distances);
  } else {
    // Distances between infinities are NaN, which count as smaller than all numbers.
    for (let i = 0; i < length; i++) distances[i] = -Math.abs(window.sorted[i]! - median);
    distances.subarray(0, length).sort().reverse();
    for (let i = 0; i < length; i++) distances[i] = Math.abs(distances[i]!);
  }
  const rank = 0.5 * (length - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(length - 1, lower + 1);
  const weight = rank - lower;
  return distances[lower]! * (1 - weight) + distances[upper]! * weight;
}

/** The smaller half of the distances in rising order: they grow from the median outwards on both sides. */
function mergeDistances({ sorted, length }: SortedWindow, median: number, distances: Float64Array): void {
  let right = length >>> 1;
  while (right > 0 && sorted[right - 1]! >= median) right--;
  let left = right - 1;
  const wanted = Math.min(length, (length >>> 1) + 2);
  let filled = 0;
  while (filled < wanted && left >= 0 && right < length) {
    const below = median - sorted[left]!;
    const above = sorted[right]! - median;
    if (below <= above) {
      distances[filled++] = below;
      left--;
    } else {
      distances[filled++] = above;
      right++;
    }
  }
  while (filled < wanted && left >= 0) distances[filled++] = median - sorted[left--]!;
  while (filled < wanted) distances[filled++] = sorted[right++]! - median;
}
