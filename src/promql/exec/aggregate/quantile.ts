import type { Spend } from '../../../kernels/blocks.ts';
import { hasNegativeZero, quantileOfZeros } from '../../../kernels/quantile-of-zeros.ts';
import { sortNumbers } from '../../../kernels/sort-numbers.ts';
import { copyStepColumn, isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import { columnBytes, LIST_BYTES } from '../sizes.ts';
import type { Fold } from './fold.ts';

/** The quantile needs all values of a step at once, so it keeps its input: series x steps. */
export class QuantileFold implements Fold {
  readonly #quantiles: Float64Array;
  readonly #members: StepColumn[][];
  readonly #budget: QueryBudget;
  readonly #scratch: Float64Array;
  #spare: Float64Array | null = null;

  constructor(groupSizes: Uint32Array, quantiles: Float64Array, budget: QueryBudget) {
    this.#budget = budget;
    this.#quantiles = quantiles;
    budget.takeBytes(LIST_BYTES * groupSizes.length);
    this.#members = Array.from(groupSizes, () => []);
    this.#scratch = budget.floats(groupSizes.reduce((most, size) => Math.max(most, size), 0));
  }

  add(column: StepColumn, group: number): void {
    if (isEmptyColumn(column)) return;
    this.#budget.keepColumn(column);
    this.#members[group]!.push(copyStepColumn(column));
  }

  finish(group: number, out: StepColumn, spend: Spend): void {
    const members = this.#members[group]!;
    this.#members[group] = [];
    for (const member of members) {
      spend(LETTING_GO_WORK);
      this.#budget.giveBack(columnBytes(member, spend));
    }
    const scratch = this.#scratch;
    for (let i = 0; i < out.values.length; i++) {
      spend(SORTING_WORK * (1 + members.length));
      let length = 0;
      for (const { values, present } of members) if (present[i] === 1) scratch[length++] = values[i]!;
      out.present[i] = length === 0 ? 0 : 1;
      if (length > 0) out.values[i] = quantile(this.#quantiles[i]!, scratch, length, () => this.#room(), spend);
    }
  }

  /** Room for sorting many values. */
  #room(): Float64Array {
    if (this.#spare === null) this.#budget.takeBytes(8 * this.#scratch.length);
    this.#spare ??= new Float64Array(this.#scratch.length);
    return this.#spare;
  }
}

/** Counting what one of perhaps a million columns took, of which each lies elsewhere in memory. */
const LETTING_GO_WORK = 20;
/** Taking and sorting a value takes as long as so many samples. */
const SORTING_WORK = 10;

/**
 * The `q`-quantile of the first `count` values, at least one, between the two nearest ranks; NaN counts as less than any
 * number. The values are put in order.
 */
function quantile(q: number, values: Float64Array, count: number, spare: () => Float64Array, spend: Spend): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  if (hasNegativeZero(values, 0, count, spend)) return quantileOfZeros(values.subarray(0, count), q, spend);
  let numbers = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) values[numbers++] = value;
  }
  const nans = count - numbers;
  sortNumbers(values, numbers, spare, spend);
  const rank = q * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return nansFirst(values, nans, lower) * (1 - weight) + nansFirst(values, nans, upper) * weight;
}

/** The value at a rank where NaNs come before all numbers. */
function nansFirst(values: Float64Array, nans: number, index: number): number {
  return index < nans ? Number.NaN : values[index - nans]!;
}
