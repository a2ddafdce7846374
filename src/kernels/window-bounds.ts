/**
 * Finds the samples of every window of a grid: window i is the left-open interval `(end - range, end]` with
 * `end = firstEnd + i * step`, and holds the samples `from[i] <= index < to[i]`. Both indexes only move forward, so the
 * whole grid costs one pass over `times` (ms, rising, `length` valid entries) and one over the grid.
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
): void {
  let left = 0;
  let right = 0;
  for (let i = 0; i < count; i++) {
    const end = firstEnd + i * step;
    const start = end - range;
    while (right < length && times[right]! <= end) right++;
    while (left < right && times[left]! <= start) left++;
    from[i] = left;
    to[i] = right;
  }
}

/** How many samples all windows hold together, samples in several windows counted in each. */
export function windowedSampleCount(from: Uint32Array, to: Uint32Array, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += to[i]! - from[i]!;
  return total;
}
