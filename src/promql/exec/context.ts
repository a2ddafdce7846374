import type { SelectRequest, SeriesSet, TimeRange } from '../../storage/query.ts';
import type { FunctionFeatures } from '../functions/contracts.ts';
import type { Annotations } from './annotations.ts';
import type { QueryBudget } from './budget.ts';

/** What all operators of one query share. */
export interface QueryContext {
  readonly annotations: Annotations;
  readonly budget: QueryBudget;
  readonly lookbackMs: number;
  readonly features: FunctionFeatures;
  /** Every selector of the query, in order of the text; filled while the operators are built. */
  readonly selections: Selection[];
  /** Selects while the query runs; only `info` needs it, whose matchers depend on other series. */
  readonly selectLater: (request: SelectRequest) => Promise<SeriesSet>;
  /** The ranges that will be selected later. */
  readonly laterRanges: TimeRange[];
}

/** One selector: what it asks of the storage, and the answer once `series` is set, before any operator runs. */
export interface Selection {
  readonly request: SelectRequest;
  series: SeriesSet | null;
}

/** Registers a selector; its operator reads `series` later. */
export function addSelection(context: QueryContext, request: SelectRequest): Selection {
  const selection: Selection = { request, series: null };
  context.selections.push(selection);
  return selection;
}
