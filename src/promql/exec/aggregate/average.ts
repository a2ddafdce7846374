import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { Fold } from './fold.ts';
import type { HistogramSums } from './histogram-sums.ts';

/**
 * Means: the compensated sum divided at the end; from the value on that would overflow the sum, a compensated
 * incremental mean.
 */
export class AverageFold implements Fold {
  readonly #count: number;
  /** The sum, or the mean once `#incremental` is set. */
  readonly #sums: Float64Array;
  readonly #rests: Float64Array;
  readonly #counts: Float64Array;
  readonly #incremental: Uint8Array;
  readonly #histograms: HistogramSums;

  constructor(groupCount: number, stepCount: number, histograms: HistogramSums) {
    const size = groupCount * stepCount;
    this.#count = stepCount;
    this.#sums = new Float64Array(size);
    this.#rests = new Float64Array(size);
    this.#counts = new Float64Array(size);
    this.#incremental = new Uint8Array(size);
    this.#histograms = histograms;
  }

  add(column: StepColumn, group: number, row: number, spend: Spend): void {
    const base = group * this.#count;
    if (column.histograms !== null) this.#histograms.take(column, base, row, this.#counts, spend);
    const { values, present } = column;
    const sums = this.#sums;
    const rests = this.#rests;
    const counts = this.#counts;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        const at = base + i;
        const value = values[i]!;
        const count = ++counts[at]!;
        if (count === 1) {
          sums[at] = value;
          continue;
        }
        const sum = sums[at]!;
        const next = sum + value;
        if (this.#incremental[at] === 1 || next === Infinity || next === -Infinity) {
          this.#addToMean(at, value, count);
          continue;
        }
        if (Math.abs(sum) >= Math.abs(value)) rests[at]! += sum - next + value;
        else rests[at]! += value - next + sum;
        sums[at] = next;
      }
    }
  }

  finish(group: number, out: StepColumn, spend: Spend): void {
    const base = group * this.#count;
    const { values, present } = out;
    for (let i = 0; i < values.length; ) {
      const stop = blockEnd(i, values.length, spend);
      for (; i < stop; i++) {
        const at = base + i;
        const count = this.#counts[at]!;
        present[i] = count === 0 ? 0 : 1;
        if (this.#incremental[at] === 1) values[i] = this.#sums[at]! + this.#rests[at]!;
        else values[i] = this.#sums[at]! / count + this.#rests[at]! / count;
      }
    }
    this.#histograms.give(base, out, spend);
  }

  #addToMean(at: number, value: number, count: number): void {
    if (this.#incremental[at] === 0) {
      this.#incremental[at] = 1;
      this.#sums[at]! /= count - 1;
      this.#rests[at]! /= count - 1;
    }
    const weight = (count - 1) / count;
    const before = weight * this.#sums[at]!;
    const part = value / count;
    let rest = weight * this.#rests[at]!;
    const mean = before + part;
    if (mean === Infinity || mean === -Infinity) rest = 0;
    else if (Math.abs(before) >= Math.abs(part)) rest += before - mean + part;
    else rest += part - mean + before;
    this.#sums[at] = mean;
    this.#rests[at] = rest;
  }
}
