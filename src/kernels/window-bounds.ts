import { blockEnd, type Spend } from './blocks.ts';
import { firstLater } from './first-later.ts';

/** Where there are so many samples a window, its bounds are searched for; else they are walked to from those before. */
const SEARCHED_SAMPLES = 32;

/**
 * Finds the samples of every window of a grid: window i is the left-open interval `(end - range, end]` with
 * `end = firstEnd + i * step`, and holds the samples `from[i] <= index < to[i]`. Both indexes only move forward, so the
 * whole grid costs at most one pass over `times` (ms, rising, `length` valid entries) and one over the grid.
 */
export function windowBounds(
  times: Float64Array,
  length: number,
  firstEnd: number,
  step: number,
  count: number,
  range: number,
  from: Uint32Array,
  to: Uint32Array,
  spend: Spend,
): void {
  // Before the first window, and in it, there may be anything.
  let right = firstLater(times, 0, length, firstEnd);
  let left = firstLater(times, 0, right, firstEnd - range);
  const searches = length > SEARCHED_SAMPLES * count;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const end = firstEnd + i * step;
      const start = end - range;
      if (searches) {
        right = firstLater(times, right, length, end);
        left = firstLater(times, left, right, start);
      } else {
        while (right < length && times[right]! <= end) right++;
        while (left < right && times[left]! <= start) left++;
      }
      from[i] = left;
      to[i] = right;
    }
  }
}

/** How many samples all windows hold together, samples in several windows counted in each. */
export function windowedSampleCount(from: Uint32Array, to: Uint32Array, count: number, spend: Spend): number {
  let total = 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) total += to[i]! - from[i]!;
  }
  return total;
}
