import { Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { SelectRequest } from '../../../storage/query.ts';
import type { InstantSelectPlan } from '../../plan/plan.ts';
import { metricNameOf } from '../../plan/selector-name.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext, Selection } from '../context.ts';
import { keep, kept, makeLasting } from '../lasting-labels.ts';
import type { SeriesHeads } from '../operator.ts';
import { ENTRY_BYTES, labelListBytes } from '../sizes.ts';

/** The matchers of a selector, as the storage is asked for them. */
export function matchersOf({
  matchers,
  floatMatchers,
}: Pick<InstantSelectPlan, 'matchers' | 'floatMatchers'>): Pick<SelectRequest, 'matchers' | 'floatMatchers'> {
  return floatMatchers.length === 0 ? { matchers } : { matchers, floatMatchers: [...matchers, ...floatMatchers] };
}

/** Label sets read between two looks at the budget. */
const BLOCK = 512;

/** The labels of everything a selector found; gives way to the event loop while it collects many. */
export async function selectionHeads(selection: Selection, context: QueryContext): Promise<SeriesHeads> {
  const { budget } = context;
  const set = selection.series!;
  // Types and units go with the names, and series that differ in them alone are refused then.
  if (selection.hints.labels === 'name' && set.hasNoTypes === true) return namedHeads(selection, set.length, context);
  const lasting = set.lastingLabels ?? null;
  if (lasting !== null) {
    makeLasting(lasting);
    takeAllLabels(lasting, budget);
    return { labels: lasting, dropName: null };
  }
  budget.takeBytes(ENTRY_BYTES * set.length);
  const labels: Labels[] = new Array(set.length);
  const place = budget.held.hold(labels);
  for (let row = 0; row < set.length; row++) {
    labels[row] = set.labels(row);
    budget.takeReadLabels(labels[row]!);
    if (row % BLOCK !== BLOCK - 1) continue;
    budget.spend(LABELS_WORK * BLOCK);
    if (budget.pauseDue) await budget.pause();
  }
  budget.spend(LABELS_WORK * (set.length % BLOCK));
  budget.held.letGo(place);
  return { labels, dropName: null };
}

/** Counts a list that lasts as if it were made for this query. */
function takeAllLabels(list: readonly Labels[], budget: QueryBudget): void {
  let bytes = kept(list, BYTES) as number | undefined;
  if (bytes === undefined) {
    // The list was made just now, and thousands of selectors may have one each.
    budget.spend(LABELS_WORK * list.length);
    bytes = labelListBytes(list);
    keep(list, BYTES, bytes, NUMBER_BYTES);
  }
  budget.takeBytes(bytes);
}

const BYTES = 'bytes';
const NUMBER_BYTES = 8;

/** All series under the metric name that the matchers tell. */
function namedHeads({ request }: Selection, length: number, { budget, dropped }: QueryContext): SeriesHeads {
  budget.takeBytes(ENTRY_BYTES * length);
  const name = new Labels([METRIC_NAME, metricNameOf(request.matchers)!]);
  dropped.unread.add(name).add(name.withoutMetric);
  return { labels: new Array<Labels>(length).fill(name), dropName: null };
}

/** A label set costs about as much as so many samples. */
const LABELS_WORK = 50;
