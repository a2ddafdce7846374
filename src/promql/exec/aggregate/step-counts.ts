import { blockEnd } from '../../../kernels/blocks.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';

/** Of a step and its count in a map; and in a column. */
const MAP_BYTES = 56;
const COLUMN_BYTES = 4;

/** How often something was seen on each step: in a map where that is on few steps, in a column where on many. */
export class StepCounts {
  readonly #stepCount: number;
  #few: Map<number, number> | null = new Map();
  #many: Uint32Array = new Uint32Array(0);

  constructor(stepCount: number) {
    this.#stepCount = stepCount;
  }

  /** Counts once more; true where it is the first time on this step. What that takes is counted, too. */
  add(step: number, budget: QueryBudget): boolean {
    const few = this.#few;
    if (few === null) return this.#many[step]!++ === 0;
    const count = few.get(step);
    if (count === undefined) {
      budget.takeBytes(MAP_BYTES);
      if (MAP_BYTES * few.size > COLUMN_BYTES * this.#stepCount) {
        budget.takeBytes(COLUMN_BYTES * this.#stepCount);
        this.#many = new Uint32Array(this.#stepCount);
        for (const [known, times] of few) this.#many[known] = times;
        this.#few = null;
        return this.#many[step]!++ === 0;
      }
    }
    few.set(step, (count ?? 0) + 1);
    return count === undefined;
  }

  /** Writes the counts of all steps. */
  fill({ present, values }: StepColumn, budget: QueryBudget): void {
    if (this.#few !== null) {
      present.fill(0);
      budget.spend(this.#few.size);
      for (const [step, count] of this.#few) {
        present[step] = 1;
        values[step] = count;
      }
      return;
    }
    const many = this.#many;
    for (let step = 0; step < many.length; ) {
      const stop = blockEnd(step, many.length, budget.spending);
      for (; step < stop; step++) {
        const count = many[step]!;
        present[step] = count === 0 ? 0 : 1;
        values[step] = count;
      }
    }
  }
}
