import type { QueryContext } from './context.ts';
import type { SeriesHeads } from './operator.ts';

/** The heads of a function that drops the metric name: at once, or as a mark where removal is delayed. */
export function droppedNames(heads: SeriesHeads, context: QueryContext): SeriesHeads {
  if (context.features.delayedNameRemoval) {
    return { labels: heads.labels, dropName: new Uint8Array(heads.labels.length).fill(1) };
  }
  const labels = heads.labels.map((before) => {
    const after = before.withoutMetric;
    if (after !== before) context.budget.takeLabels(after);
    return after;
  });
  return { labels, dropName: null };
}
