import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { LabelCallPlan } from '../../plan/plan.ts';
import type { QueryBudget } from '../budget.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { StepColumn } from '../step-column.ts';

/** Label sets written between two looks at the budget, each about as much work as so many samples. */
const BLOCK = 256;
const RELABEL_WORK = 100;

/** label_replace and label_join: change the heads, pass the columns on. */
export class LabelCall implements VectorOperator {
  readonly #plan: LabelCallPlan;
  readonly #input: VectorOperator;
  readonly #budget: QueryBudget;

  constructor(plan: LabelCallPlan, input: VectorOperator, budget: QueryBudget) {
    this.#plan = plan;
    this.#input = input;
    this.#budget = budget;
  }

  async series(): Promise<SeriesHeads> {
    const { run, strings } = this.#plan;
    const relabel = run.prepare(strings);
    const heads = await this.#input.series();
    const labels: Labels[] = [];
    for (const [row, before] of heads.labels.entries()) {
      const after = relabel(before);
      if (after !== before) this.#budget.takeLabels(after, 2 * after.get(strings[0]!).length);
      labels.push(after);
      if (row % BLOCK !== BLOCK - 1) continue;
      this.#budget.spend(RELABEL_WORK * BLOCK);
      if (this.#budget.pauseDue) await this.#budget.pause();
    }
    if (heads.dropName === null || strings[0] !== METRIC_NAME) return { labels, dropName: heads.dropName };
    return {
      labels,
      dropName: heads.dropName.map((mark, row) => (this.#wrote(heads.labels[row]!, row, labels) ? 0 : mark)),
    };
  }

  next(): StepColumn | null {
    return this.#input.next();
  }

  /** Who writes the metric name wants to keep it. An untouched label set is the very same object. */
  #wrote(before: Labels, row: number, after: readonly Labels[]): boolean {
    return after[row] !== before;
  }
}
