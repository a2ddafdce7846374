import { fillBlocks } from '../../kernels/blocks.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { QueryContext } from './context.ts';
import type { SeriesHeads, VectorOperator } from './operator.ts';

/** Spreads the answer of a single step over the whole grid. */
export class InvariantVector implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #context: QueryContext;
  readonly #count: number;
  #out: StepColumn | null = null;

  constructor(input: VectorOperator, count: number, context: QueryContext) {
    this.#input = input;
    this.#context = context;
    this.#count = count;
  }

  series(): Promise<SeriesHeads> {
    return this.#input.series();
  }

  next(): StepColumn | null {
    const single = this.#input.next();
    if (single === null) return null;
    const out = (this.#out ??= this.#context.budget.column(this.#count));
    const { length } = out.present;
    const isPresent = single.present[0]!;
    const { spending } = this.#context.budget;
    fillBlocks(out.present, isPresent, spending);
    fillBlocks(out.values, single.values[0]!, spending);
    const histogram = single.histograms === null ? undefined : single.histograms[0];
    out.histograms = isPresent === 0 || histogram === undefined ? null : new Array(length).fill(histogram);
    if (isPresent === 1) this.#context.budget.hold(length - 1);
    return out;
  }
}
