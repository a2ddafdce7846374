/** The evaluation times of a query: `start`, `start + step`, ..., `count` of them, in ms. An instant query has one. */
export interface Grid {
  readonly start: number;
  /** At least 1; irrelevant where `count` is 1. */
  readonly step: number;
  readonly count: number;
}

/**
 * The windows of a range function on a grid: window i is the left-open interval `(end_i - range, end_i]` with
 * `end_i = firstEnd + i * step`. Offset and `@` are already in `firstEnd`; `i` stands for the step
 * `grid.start + i * grid.step`. With `@` all windows are the same and `step` is 0.
 */
export interface Window {
  readonly firstEnd: number;
  readonly step: number;
  readonly count: number;
  readonly range: number;
}

/** The last step of the grid. */
export function gridEnd(grid: Grid): number {
  return grid.start + (grid.count - 1) * grid.step;
}

/** The grid of `start`, `start + step`, ... up to `end`; no steps where `end` lies before `start`. */
export function gridBetween(start: number, end: number, step: number): Grid {
  return { start, step: Math.max(1, step), count: end < start ? 0 : Math.floor((end - start) / Math.max(1, step)) + 1 };
}
