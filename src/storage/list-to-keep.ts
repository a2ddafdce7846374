import type { Labels } from '../model/labels.ts';

/** UTF-16 units of the texts of a label set, on average over a list. Those of dashboards have some hundred. */
const UNITS_EACH_MAX = 1024;
/** Lists with fewer units in all are kept whatever they are. */
const UNITS_MIN = 1 << 16;

/**
 * The label sets of so many rows as a list to be kept for queries to come; null where their texts are so long that nobody should:
 * what is kept counts for no query, and limits on it are in rows.
 */
export function listToKeep(length: number, labelsOf: (row: number) => Labels): readonly Labels[] | null {
  const list: Labels[] = [];
  let unitsLeft = Math.max(UNITS_MIN, UNITS_EACH_MAX * length);
  for (let row = 0; row < length; row++) {
    const labels = labelsOf(row);
    for (const text of labels.pairs) unitsLeft -= text.length;
    if (unitsLeft < 0) return null;
    list.push(labels);
  }
  return list;
}
