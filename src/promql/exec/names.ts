import { Labels, METRIC_NAME } from '../../model/labels.ts';
import type { QueryContext } from './context.ts';
import type { SeriesHeads } from './operator.ts';

/** Labels that describe the metric itself; they go away with its name. */
const METRIC_TYPE = '__type__';
const METRIC_UNIT = '__unit__';

export function isMetricLabel(name: string): boolean {
  return name === METRIC_NAME || name === METRIC_TYPE || name === METRIC_UNIT;
}

/** Labels without metric name, type and unit; the same object where there are none. */
export function withoutMetricLabels(labels: Labels): Labels {
  const { pairs } = labels;
  let kept = 0;
  for (let i = 0; i < pairs.length; i += 2) if (!isMetricLabel(pairs[i]!)) kept++;
  if (2 * kept === pairs.length) return labels;
  const rest: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (!isMetricLabel(pairs[i]!)) rest.push(pairs[i]!, pairs[i + 1]!);
  return new Labels(rest);
}

/** The heads of a function that drops the metric name: at once, or as a mark where removal is delayed. */
export function droppedNames(heads: SeriesHeads, context: QueryContext): SeriesHeads {
  if (context.features.delayedNameRemoval) {
    return { labels: heads.labels, dropName: new Uint8Array(heads.labels.length).fill(1) };
  }
  const labels = heads.labels.map((before) => {
    const after = withoutMetricLabels(before);
    if (after !== before) context.budget.takeLabels(after);
    return after;
  });
  return { labels, dropName: null };
}
