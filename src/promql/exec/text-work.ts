import type { Labels } from '../../model/labels.ts';

// Texts of a query may be a megabyte long, so work on them counts by their length.

/** UTF-16 units that are made, hashed or compared one by one in the time of a sample. */
export const UNITS_PER_WORK = 8;
/** Units that are compared at once in that time. */
const COMPARED_PER_WORK = 64;

/** What a map of long texts tells of comparisons. */
export function comparingTexts(costs: { spend(work: number): void }): (units: number) => void {
  return (units) => costs.spend(units / COMPARED_PER_WORK);
}

/** UTF-16 units of the names and values of a label set. */
export function labelsLength({ pairs }: Labels): number {
  let length = 0;
  for (const text of pairs) length += text.length;
  return length;
}
