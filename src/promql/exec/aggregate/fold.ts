import type { Spend } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';

/**
 * The running state of an aggregation: groups x steps. Every series is added to its group's row at once and then
 * forgotten, so memory does not grow with the number of series.
 */
export interface Fold {
  /** Adds one series; the column may be changed. `row` is its place in the input; `spend` is told of long loops. */
  add(column: StepColumn, group: number, row: number, spend: Spend): void;
  /** Writes a group's answer on the whole grid; called at most once for each group, in any order, after all series. */
  finish(group: number, out: StepColumn, spend: Spend): void;
}
