import type { Selection } from '../context.ts';
import type { SeriesHeads } from '../operator.ts';

/** The labels of everything a selector found. */
export function selectionHeads(selection: Selection): SeriesHeads {
  const set = selection.series!;
  const labels = new Array(set.length);
  for (let row = 0; row < set.length; row++) labels[row] = set.labels(row);
  return { labels, dropName: null };
}
