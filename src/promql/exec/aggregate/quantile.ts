import type { QueryBudget } from '../budget.ts';
import { copyStepColumn, isEmptyColumn, type StepColumn } from '../step-column.ts';
import type { Fold } from './fold.ts';

/** The quantile needs all values of a step at once, so it keeps its input: series x steps. */
export class QuantileFold implements Fold {
  readonly #quantiles: Float64Array;
  readonly #members: StepColumn[][];
  readonly #budget: QueryBudget;
  readonly #scratch: Float64Array;

  constructor(groupSizes: Uint32Array, quantiles: Float64Array, budget: QueryBudget) {
    this.#budget = budget;
    this.#quantiles = quantiles;
    this.#members = Array.from(groupSizes, () => []);
    this.#scratch = new Float64Array(groupSizes.reduce((most, size) => Math.max(most, size), 0));
  }

  add(column: StepColumn, group: number): void {
    if (isEmptyColumn(column)) return;
    this.#budget.keep(column.present.length);
    this.#members[group]!.push(copyStepColumn(column));
  }

  finish(group: number, out: StepColumn): void {
    const members = this.#members[group]!;
    this.#members[group] = [];
    const scratch = this.#scratch;
    for (let i = 0; i < out.values.length; i++) {
      let length = 0;
      for (const { values, present } of members) if (present[i] === 1) scratch[length++] = values[i]!;
      out.present[i] = length === 0 ? 0 : 1;
      if (length > 0) out.values[i] = quantile(this.#quantiles[i]!, scratch.subarray(0, length));
    }
  }
}

/** The `q`-quantile of at least one value, between the two nearest ranks; NaN counts as less than any number. */
export function quantile(q: number, values: Float64Array): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const { length } = values;
  values.sort();
  let nans = 0;
  while (nans < length && Number.isNaN(values[length - 1 - nans]!)) nans++;
  const rank = q * (length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return nansFirst(values, nans, lower) * (1 - weight) + nansFirst(values, nans, upper) * weight;
}

/** Typed arrays sort NaN to the end. */
function nansFirst(values: Float64Array, nans: number, index: number): number {
  return index < nans ? Number.NaN : values[index - nans]!;
}
