import type { Labels } from '../../model/labels.ts';
import type { StepColumn } from './step-column.ts';

/**
 * A part of a running query that gives instant-vector series, each on the whole grid.
 *
 * Order of calls: `series()` once, then `next()` until null, then `close()`; `close()` is also right after a failure.
 * `series()` is the only call that may wait; it gives the output label sets before any sample is read (an operator
 * whose labels depend on values, like topk or count_values, reads its input there). `next()` gives one column for each
 * of them, in that order. The column belongs to the caller until its next call of `next()`.
 */
export interface VectorOperator {
  series(): Promise<readonly Labels[]>;
  next(): StepColumn | null;
  close(): void;
}

/** A part that gives one number a step. `read()` once; the array has `grid.count` entries and belongs to the caller. */
export interface ScalarOperator {
  read(): Promise<Float64Array>;
  close(): void;
}
