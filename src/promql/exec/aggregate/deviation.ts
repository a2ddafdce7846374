import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { Fold } from './fold.ts';

/** Population variance by Welford's recurrence; its root for `stddev`. */
export class DeviationFold implements Fold {
  readonly #root: boolean;
  readonly #count: number;
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(op: 'stddev' | 'stdvar', groupCount: number, stepCount: number) {
    const size = groupCount * stepCount;
    this.#root = op === 'stddev';
    this.#count = stepCount;
    this.#counts = new Float64Array(size);
    this.#means = new Float64Array(size);
    this.#squares = new Float64Array(size);
  }

  add(column: StepColumn, group: number, _row: number, spend: Spend): void {
    const base = group * this.#count;
    const { values, present } = column;
    const counts = this.#counts;
    const means = this.#means;
    const squares = this.#squares;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        const at = base + i;
        const value = values[i]!;
        const count = ++counts[at]!;
        if (count === 1) {
          means[at] = value;
          squares[at] = Number.isFinite(value) ? 0 : Number.NaN;
          continue;
        }
        const delta = value - means[at]!;
        means[at]! += delta / count;
        squares[at]! += delta * (value - means[at]!);
      }
    }
  }

  finish(group: number, out: StepColumn, spend: Spend): void {
    const base = group * this.#count;
    for (let i = 0; i < out.values.length; ) {
      const stop = blockEnd(i, out.values.length, spend);
      for (; i < stop; i++) {
        const count = this.#counts[base + i]!;
        const variance = this.#squares[base + i]! / count;
        out.present[i] = count === 0 ? 0 : 1;
        out.values[i] = this.#root ? Math.sqrt(variance) : variance;
      }
    }
  }
}
