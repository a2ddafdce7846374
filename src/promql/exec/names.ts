import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import type { QueryBudget } from './budget.ts';
import type { QueryContext } from './context.ts';
import { isLasting, keep, kept, makeLasting } from './lasting-labels.ts';
import type { SeriesHeads } from './operator.ts';
import { ENTRY_BYTES, labelsBytes } from './sizes.ts';

/**
 * The heads of a function that drops the metric name: at once, or as a mark where removal is delayed. Type and unit go with
 * it, which the context is told, because series that differ in them alone become equal.
 */
export function droppedNames(heads: SeriesHeads, context: QueryContext): SeriesHeads {
  if (context.features.delayedNameRemoval) {
    return { labels: heads.labels, dropName: new Uint8Array(heads.labels.length).fill(1) };
  }
  const before = heads.labels;
  let dropped = kept(before, WITHOUT_METRIC) as WithoutMetric | undefined;
  if (dropped === undefined) {
    dropped = withoutMetric(before, context.budget);
    if (isLasting(before)) {
      makeLasting(dropped.labels);
      keep(before, WITHOUT_METRIC, dropped, dropped.bytes);
    }
  } else context.budget.takeBytes(dropped.bytes);
  if (dropped.lostMore) context.dropped.typesOrUnits = true;
  return { labels: dropped.labels, dropName: null };
}

/** As `droppedNames`, of the functions that leave type and unit. */
export function droppedNamesAlone(heads: SeriesHeads, context: QueryContext): SeriesHeads {
  if (context.features.delayedNameRemoval) return droppedNames(heads, context);
  context.budget.takeBytes(ENTRY_BYTES * heads.labels.length);
  const labels = heads.labels.map((before) => {
    context.budget.spend(DROPPING_WORK);
    const after = context.dropped.unread.has(before) ? before.withoutMetric : before.without(METRIC_NAME);
    if (after !== before) context.budget.takeLabels(after);
    return after;
  });
  return { labels, dropName: null };
}

const WITHOUT_METRIC = 'without metric';

interface WithoutMetric {
  readonly labels: readonly Labels[];
  /** What those that are new take. */
  readonly bytes: number;
  /** A set lost its type or unit. */
  readonly lostMore: boolean;
}

/** Making a label set without its name takes as long as looking at so many samples. */
export const DROPPING_WORK = 50;

function withoutMetric(before: readonly Labels[], budget: QueryBudget): WithoutMetric {
  let bytes = ENTRY_BYTES * before.length;
  budget.takeBytes(bytes);
  const labels: Labels[] = new Array(before.length);
  const place = budget.held.hold(labels);
  const beforePlace = budget.held.hold(before);
  let lostMore = false;
  for (let row = 0; row < before.length; row++) {
    budget.spend(DROPPING_WORK);
    const after = before[row]!.withoutMetric;
    if (after !== before[row]) {
      budget.takeLabels(after);
      bytes += labelsBytes(after);
      if (after.size < before[row]!.size - 1 || !before[row]!.has(METRIC_NAME)) lostMore = true;
    }
    labels[row] = after;
  }
  budget.held.letGo(beforePlace);
  budget.held.letGo(place);
  return { labels, bytes, lostMore };
}
