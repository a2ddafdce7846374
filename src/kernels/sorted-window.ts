import { blockEnd, type Spend } from './blocks.ts';
import { sortNumbers } from './sort-numbers.ts';

/**
 * The values of a sliding window in rising order, without its NaNs, which are counted.
 *
 * Moving on by a few samples inserts and removes them by binary search and one memory move each; when most of the
 * window is new it is copied and sorted. State lives in the caller's record, one per series.
 */
export interface SortedWindow {
  /** The first `length` entries are the window's values, rising; capacity as many as the series has samples. */
  sorted: Float64Array;
  length: number;
  nanCount: number;
  /** The samples that the window holds: `from <= index < to`. */
  from: number;
  to: number;
}

/** A window is rebuilt when more than this share of it changes. */
const REBUILD_SHARE = 1 / 8;

/** A copy moves 16 values in the time of one unit of work. */
const MOVED_PER_WORK_BITS = 4;

/** An empty window in `sorted`, which has room for as many values as the series has samples. */
export function createSortedWindow(sorted: Float64Array): SortedWindow {
  return { sorted, length: 0, nanCount: 0, from: 0, to: 0 };
}

/** Makes of a window an empty one in `sorted`. */
export function resetSortedWindow(window: SortedWindow, sorted: Float64Array): void {
  window.sorted = sorted;
  window.length = 0;
  window.nanCount = 0;
  window.from = 0;
  window.to = 0;
}

/**
 * Moves the window on to the samples `from..to`; neither may lie before where it is. `spend` is told of the work, in units of
 * about 5 ns, and may throw; the window is then good for nothing but `resetSortedWindow`. `spare` gives room for as many values
 * as the window has, where that is long.
 */
export function moveSortedWindow(
  window: SortedWindow,
  values: Float64Array,
  from: number,
  to: number,
  spend: Spend,
  spare: () => Float64Array,
): void {
  const changes = Math.min(from, window.to) - window.from + (to - Math.max(from, window.to));
  if (from >= window.to || changes > (to - from) * REBUILD_SHARE) {
    rebuild(window, values, from, to, spend, spare);
  } else {
    // Each moves half of the window on average.
    const work = 1 + ((to - from) >> MOVED_PER_WORK_BITS);
    for (let i = window.from; i < from; i++) {
      remove(window, values[i]!);
      spend(work);
    }
    for (let i = window.to; i < to; i++) {
      insert(window, values[i]!);
      spend(work);
    }
  }
  window.from = from;
  window.to = to;
}

/** Value at `rank` of the window with its NaNs before all others. */
export function rankedValue(window: SortedWindow, rank: number): number {
  return rank < window.nanCount ? Number.NaN : window.sorted[rank - window.nanCount]!;
}

/** The q-quantile (0 <= q <= 1) of a window that is not empty, interpolated between the two nearest ranks. */
export function sortedQuantile(window: SortedWindow, q: number): number {
  const last = window.length + window.nanCount - 1;
  const rank = q * last;
  const below = Math.floor(rank);
  const weight = rank - below;
  const lower = Math.max(0, below);
  const upper = Math.min(last, lower + 1);
  return rankedValue(window, lower) * (1 - weight) + rankedValue(window, upper) * weight;
}

function rebuild(
  window: SortedWindow,
  values: Float64Array,
  from: number,
  to: number,
  spend: Spend,
  spare: () => Float64Array,
): void {
  const { sorted } = window;
  let length = 0;
  for (let i = from; i < to; ) {
    const stop = blockEnd(i, to, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      if (!Number.isNaN(value)) sorted[length++] = value;
    }
  }
  window.length = length;
  window.nanCount = to - from - length;
  sortNumbers(sorted, length, spare, spend);
}

function insert(window: SortedWindow, value: number): void {
  if (Number.isNaN(value)) {
    window.nanCount++;
    return;
  }
  const { sorted, length } = window;
  const at = lowerBound(sorted, length, value);
  sorted.copyWithin(at + 1, at, length);
  sorted[at] = value;
  window.length = length + 1;
}

function remove(window: SortedWindow, value: number): void {
  if (Number.isNaN(value)) {
    window.nanCount--;
    return;
  }
  const { sorted, length } = window;
  const at = lowerBound(sorted, length, value);
  sorted.copyWithin(at, at + 1, length);
  window.length = length - 1;
}

/** First index whose value is not below `value`. */
export function lowerBound(sorted: Float64Array, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
