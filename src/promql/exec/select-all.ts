import type { Querier, SelectRequest, SeriesSet, TimeRange } from '../../storage/query.ts';
import type { Annotations } from '../steps/annotations.ts';
import type { QueryBudget } from './budget.ts';
import type { QueryContext, Selection } from './context.ts';
import { KeptSamples } from './select/kept-samples.ts';

/** From the first to the last moment that any selector of a query looks at; both are 0 where there is none. */
export function queryRange({ laterRanges, selections }: Pick<QueryContext, 'laterRanges' | 'selections'>): TimeRange {
  const later = laterRanges.filter((range) => range !== null);
  return widestRange([...selections.map(({ request }) => request.range), ...later]);
}

function widestRange(ranges: readonly TimeRange[]): TimeRange {
  let minTime = Infinity;
  let maxTime = -Infinity;
  for (const range of ranges) {
    minTime = Math.min(minTime, range.minTime);
    maxTime = Math.max(maxTime, range.maxTime);
  }
  return ranges.length === 0 ? { minTime: 0, maxTime: 0 } : { minTime, maxTime };
}

/** Selectors compared between two looks at the budget. */
const SELECTIONS_PER_LOOK = 64;

/** Answers all selectors before anything is read, and asks for all in one turn; equal ones share an answer. */
export async function selectAll(
  querier: Querier,
  selections: readonly Selection[],
  annotations: Annotations,
  budget: QueryBudget,
): Promise<void> {
  const equals = new Map<string, Selection[]>();
  for (const [i, selection] of selections.entries()) {
    if (i % SELECTIONS_PER_LOOK === SELECTIONS_PER_LOOK - 1) budget.check();
    const key = selections.length === 1 ? '' : JSON.stringify(selection.request);
    const others = equals.get(key);
    if (others === undefined) equals.set(key, [selection]);
    else others.push(selection);
  }
  const groups = [...equals.values()];
  const sets = await Promise.all(startAll(groups, querier, budget));
  for (const [i, set] of sets.entries()) {
    noteWarnings(set, annotations);
    const readers = groups[i]!;
    const isKept =
      readers.length > 1 && readers.every(({ hints }) => hints.isShared) && !readers[0]!.request.newestOnly;
    const series = isKept ? new KeptSamples(set, readers.length, budget) : set;
    for (const selection of readers) selection.series = series;
  }
}

/** Asks for all; each may take some milliseconds before it waits, and there may be thousands. */
function startAll(
  groups: readonly (readonly Selection[])[],
  querier: Querier,
  budget: QueryBudget,
): (SeriesSet | Promise<SeriesSet>)[] {
  const started: (SeriesSet | Promise<SeriesSet>)[] = [];
  try {
    for (const [first] of groups) {
      budget.check();
      started.push(querier.select(checked(first!.request, budget)));
    }
  } catch (error) {
    // Nobody waits for those before it any more: their querier is closed now, which ends them.
    for (const set of started) if (set instanceof Promise) set.catch(() => {});
    throw error;
  }
  return started;
}

/** A select that takes long ends with the query's time, or when nobody waits for it any more. */
export function checked(request: SelectRequest, budget: QueryBudget): SelectRequest {
  return { ...request, check: () => budget.check() };
}

export function noteWarnings(series: SeriesSet, annotations: Annotations): SeriesSet {
  for (const warning of series.warnings) annotations.plainWarning(warning);
  return series;
}

/** Samples come every 15 s, as most do. */
const SAMPLE_MS = 15_000;
/** So many samples are decoded and looked at in the time of one step of an operator. */
const SAMPLES_PER_STEP = 4;
/** Steps of an operator in whose time a series is found, named and, at its end, written. */
const SERIES_STEPS = 8;

/** The most steps of operators that there can be with what was selected, and as many for reading it. */
export function workOf({ size, selections }: QueryContext): number {
  let work = size.steps;
  for (const { request, series, steps } of selections) {
    const { minTime, maxTime } = request.range;
    const samples = request.newestOnly === true ? 1 : (maxTime - minTime) / SAMPLE_MS;
    work += series!.length * (steps * size.operators + samples / SAMPLES_PER_STEP + SERIES_STEPS);
  }
  return work;
}
