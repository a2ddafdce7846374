import type { Grid } from '../steps/grid.ts';
import type { SampleCounts } from './sample-counts.ts';

/** The grid that a part of the query runs on, and what belongs to it: the query's own, or that of a subquery. */
export interface Scope {
  readonly grid: Grid;
  /** Start and end are the same moment, as in an instant query; a range of one step is not enough. */
  readonly isInstant: boolean;
  readonly counts: SampleCounts;
}
