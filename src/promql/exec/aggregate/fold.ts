import type { StepColumn } from '../step-column.ts';

/**
 * The running state of an aggregation: groups x steps. Every series is added to its group's row at once and then
 * forgotten, so memory does not grow with the number of series.
 */
export interface Fold {
  /** Adds one series; the column may be changed. `row` is its place in the input. */
  add(column: StepColumn, group: number, row: number): void;
  /** Writes a group's answer on the whole grid; called once for each group, in order, after all series. */
  finish(group: number, out: StepColumn): void;
}
