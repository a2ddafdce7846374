/** The evaluation times of a query: `start`, `start + step`, ..., `count` of them, in ms. An instant query has one. */
export interface Grid {
  readonly start: number;
  /** At least 1; irrelevant where `count` is 1. */
  readonly step: number;
  readonly count: number;
}

/**
 * The windows of a range function on a grid: window i is the left-open interval `(end_i - range, end_i]` with
 * `end_i = firstEnd + i * step`. Offset and `@` are already in `firstEnd`; `i` stands for the step `grid.start + i * grid.step`.
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
