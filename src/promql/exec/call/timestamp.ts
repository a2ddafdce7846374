import { blockEnd } from '../../../kernels/blocks.ts';
import type { TimestampPlan } from '../../plan/plan.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { droppedNames } from '../names.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** `timestamp` of computed values is the time of the step; they have no start time. */
export class Timestamp implements VectorOperator {
  readonly #take: TimestampPlan['take'];
  readonly #input: VectorOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;

  constructor(plan: TimestampPlan, input: VectorOperator, scope: Scope, context: QueryContext) {
    this.#take = plan.take;
    this.#input = input;
    this.#scope = scope;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    return droppedNames(await this.#input.series(), this.#context);
  }

  next(): StepColumn | null {
    const column = this.#input.next();
    if (column === null) return null;
    column.histograms = null;
    if (this.#take === 'startTime') {
      column.present.fill(0);
      return column;
    }
    const { start, step } = this.#scope.grid;
    const { values } = column;
    for (let i = 0; i < values.length; ) {
      const stop = blockEnd(i, values.length, this.#context.budget.spending);
      for (; i < stop; i++) values[i] = (start + i * step) / 1000;
    }
    return column;
  }
}
