import type { Labels } from '../../model/labels.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { QueryBudget } from './budget.ts';
import { MergeDuplicates } from './merge-duplicates.ts';
import { DROPPING_WORK } from './names.ts';
import type { SeriesHeads, VectorOperator } from './operator.ts';

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
    const heads = await this.#input.series();
    // In an instant query there may be equal label sets from the beginning: nobody looks for them within it.
    if (heads.dropName === null && !this.#isInstant) return heads;
    const finished = finishedLabels(heads, this.#budget);
    const renamed: VectorOperator = {
      series: async () => ({ labels: finished, dropName: null }),
      next: () => this.#input.next(),
    };
    const rule = this.#isInstant ? 'sharedStepAndKind' : 'sharedStep';
    this.#merged = new MergeDuplicates(renamed, rule, this.#isInstant, this.#budget);
    return this.#merged.series();
  }

  next(): StepColumn | null {
    return this.#merged.next();
  }
}

/** The labels without the names that are marked; the list itself where none is. */
export function finishedLabels({ labels, dropName }: SeriesHeads, budget: QueryBudget): readonly Labels[] {
  if (dropName === null) return labels;
  return labels.map((each, row) => {
    if (dropName[row] === 0) return each;
    budget.spend(DROPPING_WORK);
    const { withoutMetric } = each;
    budget.takeLabels(withoutMetric);
    return withoutMetric;
  });
}
