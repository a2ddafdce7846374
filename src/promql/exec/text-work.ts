// Texts of a query may be a megabyte long, so work on them counts by their length.

/** UTF-16 units that are made, hashed or compared one by one in the time of a sample. */
export const UNITS_PER_WORK = 8;
/** Units that are compared at once in that time. */
const COMPARED_PER_WORK = 64;

/** What a map of long texts tells of comparisons. */
export function comparingTexts(costs: { spend(work: number): void }): (units: number) => void {
  return (units) => costs.spend(units / COMPARED_PER_WORK);
}
