import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { Fold } from './fold.ts';

/** The least value of each step; NaN only where there is nothing else. */
export class MinFold implements Fold {
  readonly #count: number;
  readonly #values: Float64Array;
  readonly #seen: Uint8Array;

  constructor(groupCount: number, stepCount: number) {
    this.#count = stepCount;
    this.#values = new Float64Array(groupCount * stepCount);
    this.#seen = new Uint8Array(groupCount * stepCount);
  }

  add(column: StepColumn, group: number, _row: number, spend: Spend): void {
    const base = group * this.#count;
    const { values, present } = column;
    const best = this.#values;
    const seen = this.#seen;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        const at = base + i;
        const old = best[at]!;
        // `old !== old` is the cheap test for NaN.
        // biome-ignore lint/suspicious/noSelfCompare: see above
        if (seen[at] === 0 || old > values[i]! || old !== old) best[at] = values[i]!;
        seen[at] = 1;
      }
    }
  }

  finish(group: number, out: StepColumn): void {
    giveRow(this.#values, this.#seen, group * this.#count, out);
  }
}

/** The greatest value of each step; NaN only where there is nothing else. Apart from `MinFold` so that each loop has one comparison. */
export class MaxFold implements Fold {
  readonly #count: number;
  readonly #values: Float64Array;
  readonly #seen: Uint8Array;

  constructor(groupCount: number, stepCount: number) {
    this.#count = stepCount;
    this.#values = new Float64Array(groupCount * stepCount);
    this.#seen = new Uint8Array(groupCount * stepCount);
  }

  add(column: StepColumn, group: number, _row: number, spend: Spend): void {
    const base = group * this.#count;
    const { values, present } = column;
    const best = this.#values;
    const seen = this.#seen;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        const at = base + i;
        const old = best[at]!;
        // biome-ignore lint/suspicious/noSelfCompare: the cheap test for NaN
        if (seen[at] === 0 || old < values[i]! || old !== old) best[at] = values[i]!;
        seen[at] = 1;
      }
    }
  }

  finish(group: number, out: StepColumn): void {
    giveRow(this.#values, this.#seen, group * this.#count, out);
  }
}

function giveRow(values: Float64Array, seen: Uint8Array, base: number, out: StepColumn): void {
  const { length } = out.present;
  out.values.set(values.subarray(base, base + length));
  out.present.set(seen.subarray(base, base + length));
}
