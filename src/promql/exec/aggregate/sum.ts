import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { Fold } from './fold.ts';
import type { HistogramSums } from './histogram-sums.ts';

/**
 * Sums with the compensation of Kahan in Neumaier's form. The first value of a step is taken as it is; an infinite sum
 * drops its compensation.
 */
export class SumFold implements Fold {
  readonly #count: number;
  readonly #sums: Float64Array;
  readonly #rests: Float64Array;
  readonly #seen: Uint8Array;
  readonly #histograms: HistogramSums;

  constructor(groupCount: number, stepCount: number, histograms: HistogramSums) {
    const size = groupCount * stepCount;
    this.#count = stepCount;
    this.#sums = new Float64Array(size);
    this.#rests = new Float64Array(size);
    this.#seen = new Uint8Array(size);
    this.#histograms = histograms;
  }

  add(column: StepColumn, group: number, row: number, spend: Spend): void {
    const base = group * this.#count;
    if (column.histograms !== null) this.#histograms.take(column, base, row, this.#seen, spend);
    addSums(column.values, column.present, base, this.#sums, this.#rests, this.#seen, spend);
  }

  finish(group: number, out: StepColumn, spend: Spend): void {
    const base = group * this.#count;
    const { values, present } = out;
    for (let i = 0; i < values.length; ) {
      const stop = blockEnd(i, values.length, spend);
      for (; i < stop; i++) {
        values[i] = this.#sums[base + i]! + this.#rests[base + i]!;
        present[i] = this.#seen[base + i]!;
      }
    }
    this.#histograms.give(base, out, spend);
  }
}

function addSums(
  values: Float64Array,
  present: Uint8Array,
  base: number,
  sums: Float64Array,
  rests: Float64Array,
  seen: Uint8Array,
  spend: Spend,
): void {
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) {
      if (present[i] === 0) continue;
      const at = base + i;
      const value = values[i]!;
      if (seen[at] === 0) {
        seen[at] = 1;
        sums[at] = value;
        continue;
      }
      const sum = sums[at]!;
      const next = sum + value;
      if (next === Infinity || next === -Infinity) rests[at] = 0;
      else if (Math.abs(sum) >= Math.abs(value)) rests[at]! += sum - next + value;
      else rests[at]! += value - next + sum;
      sums[at] = next;
    }
  }
}
