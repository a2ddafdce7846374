import type { Labels } from '../../model/labels.ts';
import type { SelectRequest, SeriesSet, TimeRange } from '../../storage/query.ts';
import type { FunctionFeatures } from '../functions/contracts.ts';
import type { SelectHints } from '../plan/plan.ts';
import type { Annotations } from '../steps/annotations.ts';
import type { QueryBudget } from './budget.ts';
import type { Probe } from './probe.ts';
import type { SharedScalar, SharedVector } from './shared.ts';

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
  /** How much work the operators are, whatever is read; filled while they are built. */
  readonly size: QuerySize;
  /** Parts that several others read, by their number; filled while the operators are built. */
  readonly shared: Map<number, SharedPart>;
  /** Measures the operators; null: nobody asks what they cost. */
  readonly probe: Probe | null;
  /** What went with the metric names so far; filled while the operators run. */
  readonly dropped: DroppedLabels;
  /** The ranges that will be selected later; null: of what the others select, whatever that is. */
  readonly laterRanges: (TimeRange | null)[];
}

export interface DroppedLabels {
  /** Series lost a type or a unit, and not only their names: those of one name may have become equal. */
  typesOrUnits: boolean;
  /** What stands for the labels of series of one selector that were not read, with and without the name: those are all different. */
  readonly unread: WeakSet<Labels>;
}

/** Operators, and their steps together. */
export interface QuerySize {
  operators: number;
  steps: number;
}

/** What is known of a shared part once its operators are built. */
export interface SharedPart {
  readonly vector: SharedVector | null;
  readonly scalar: SharedScalar | null;
  readonly namesStayDistinct: boolean;
}

/** One selector: what it asks of the storage, and the answer once `series` is set, before any operator runs. */
export interface Selection {
  readonly request: SelectRequest;
  readonly hints: SelectHints;
  /** On how many steps its samples are looked at. */
  readonly steps: number;
  series: SeriesSet | null;
}

/** Registers a selector; its operator reads `series` later. */
export function addSelection(
  context: QueryContext,
  hints: SelectHints,
  steps: number,
  request: SelectRequest,
): Selection {
  const selection: Selection = { request, hints, steps, series: null };
  context.selections.push(selection);
  return selection;
}
