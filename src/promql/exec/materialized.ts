import { copyStepColumn, type StepColumn } from '../steps/step-column.ts';
import type { QueryContext } from './context.ts';
import { drain } from './drain.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from './operator.ts';

/**
 * Holds its whole input. It stands between parts of very deep queries: it starts its input from a fresh call stack, and
 * reading from it does not reach further down.
 */
export class MaterializedVector implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #context: QueryContext;
  readonly #columns: StepColumn[] = [];
  #at = 0;

  constructor(input: VectorOperator, context: QueryContext) {
    this.#input = input;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    await null;
    const heads = await this.#input.series();
    const { budget } = this.#context;
    const place = budget.held.hold(heads);
    await drain(this.#input, budget, (column) => {
      budget.keepColumn(column);
      this.#columns.push(copyStepColumn(column));
    });
    budget.held.letGo(place);
    return heads;
  }

  next(): StepColumn | null {
    return this.#columns[this.#at++] ?? null;
  }
}

/** The same for a scalar, which is held anyway. */
export class DetachedScalar implements ScalarOperator {
  readonly #input: ScalarOperator;

  constructor(input: ScalarOperator) {
    this.#input = input;
  }

  async read(): Promise<Float64Array> {
    await null;
    return this.#input.read();
  }
}
