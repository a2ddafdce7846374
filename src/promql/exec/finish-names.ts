import type { QueryBudget } from './budget.ts';
import { MergeDuplicates } from './merge-duplicates.ts';
import type { SeriesHeads, VectorOperator } from './operator.ts';
import type { StepColumn } from './step-column.ts';

/** With delayed name removal: takes the marked names away at the very end and makes one of series that become equal. */
export class FinishNames implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #budget: QueryBudget;
  readonly #isInstant: boolean;
  #merged: VectorOperator;

  constructor(input: VectorOperator, isInstant: boolean, budget: QueryBudget) {
    this.#isInstant = isInstant;
    this.#budget = budget;
    this.#input = input;
    this.#merged = input;
  }

  async series(): Promise<SeriesHeads> {
    const { labels, dropName } = await this.#input.series();
    if (dropName === null) return { labels, dropName: null };
    const finished = labels.map((each, row) => (dropName[row] === 1 ? each.withoutMetric : each));
    const renamed: VectorOperator = {
      series: async () => ({ labels: finished, dropName: null }),
      next: () => this.#input.next(),
    };
    this.#merged = new MergeDuplicates(renamed, 'sharedStep', this.#isInstant, this.#budget);
    return this.#merged.series();
  }

  next(): StepColumn | null {
    return this.#merged.next();
  }
}
