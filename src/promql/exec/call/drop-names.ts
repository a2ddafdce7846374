import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { droppedNames } from '../names.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';

/** Takes the metric names away and leaves the values alone. */
export class DropNames implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #context: QueryContext;

  constructor(input: VectorOperator, context: QueryContext) {
    this.#input = input;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    return droppedNames(await this.#input.series(), this.#context);
  }

  next(): StepColumn | null {
    return this.#input.next();
  }
}
