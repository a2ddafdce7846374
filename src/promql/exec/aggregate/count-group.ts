import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { Fold } from './fold.ts';

/** How many series have a value on each step; histograms count like floats. */
export class CountFold implements Fold {
  readonly #count: number;
  readonly #counts: Uint32Array;

  constructor(groupCount: number, stepCount: number) {
    this.#count = stepCount;
    this.#counts = new Uint32Array(groupCount * stepCount);
  }

  add(column: StepColumn, group: number, _row: number, spend: Spend): void {
    const base = group * this.#count;
    const { present } = column;
    const counts = this.#counts;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) counts[base + i]! += present[i]!;
    }
  }

  finish(group: number, out: StepColumn, spend: Spend): void {
    const base = group * this.#count;
    for (let i = 0; i < out.values.length; ) {
      const stop = blockEnd(i, out.values.length, spend);
      for (; i < stop; i++) {
        const count = this.#counts[base + i]!;
        out.values[i] = count;
        out.present[i] = count === 0 ? 0 : 1;
      }
    }
  }
}

/** 1 on every step on which some series has a value. */
export class GroupFold implements Fold {
  readonly #count: number;
  readonly #seen: Uint8Array;

  constructor(groupCount: number, stepCount: number) {
    this.#count = stepCount;
    this.#seen = new Uint8Array(groupCount * stepCount);
  }

  add(column: StepColumn, group: number, _row: number, spend: Spend): void {
    const base = group * this.#count;
    const { present } = column;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) this.#seen[base + i]! |= present[i]!;
    }
  }

  finish(group: number, out: StepColumn): void {
    const base = group * this.#count;
    out.values.fill(1);
    out.present.set(this.#seen.subarray(base, base + out.present.length));
  }
}
