import type { Labels } from '../../model/labels.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';

/** What an operator will give: one entry a series, in the order in which the columns come. */
export interface SeriesHeads {
  readonly labels: readonly Labels[];
  /**
   * Only with delayed name removal: 1 = the metric name is still among the labels, but goes away at the end of the
   * query. null: no series has such a mark.
   */
  readonly dropName: Uint8Array | null;
}

/**
 * A part of a running query that gives instant-vector series, each on the whole grid.
 *
 * Order of calls: `series()` once, then `next()` until null. `series()` is the only call that may wait; it gives the
 * output label sets before any sample is read (an operator whose labels depend on values, like topk or count_values,
 * and one that folds its input reads it there, so that long loops can yield to the event loop). `next()` gives one
 * column for each of them, in that order; it may be empty of values. The column belongs to the caller until its next
 * call of `next()`.
 */
export interface VectorOperator {
  series(): Promise<SeriesHeads>;
  next(): StepColumn | null;
}

/** A part that gives one number a step. Called once; the array has `grid.count` entries and belongs to the caller. */
export interface ScalarOperator {
  read(): Promise<Float64Array>;
}

/** A part that gives raw series to a range function: samples in time order, without stale markers. */
export interface RangeOperator {
  readonly window: Window;
  /** What the statistics count: with an extended selector more than the window. */
  readonly seen: Window;
  /** The samples come from the storage, not from a subquery whose own selectors counted them. */
  readonly isRead: boolean;
  series(): Promise<SeriesHeads>;
  /** Fills `into` with the next series, same order as `series()`; false when done. */
  next(into: SampleColumn): boolean;
}

/** The root of a query's operators; which one is set follows from the type of the expression. */
export interface Operators {
  readonly vector: VectorOperator | null;
  readonly scalar: ScalarOperator | null;
  readonly range: RangeOperator | null;
}
