import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { LabelCallPlan } from '../../plan/plan.ts';
import type { QueryBudget } from '../budget.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { StepColumn } from '../step-column.ts';

/** Writing a label set is about as much work as so many samples; so many units of text are as much as one. */
const RELABEL_WORK = 100;
const TEXT_UNITS_PER_WORK = 8;

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
    const budget = this.#budget;
    const relabel = run.prepare(strings, {
      takeText: (length) => {
        budget.takeBytes(2 * length);
        budget.spend(length / TEXT_UNITS_PER_WORK);
      },
      spend: (work) => budget.spend(work),
    });
    const heads = await this.#input.series();
    const labels: Labels[] = [];
    for (const before of heads.labels) {
      const after = relabel(before);
      if (after !== before) budget.takeLabels(after);
      labels.push(after);
      budget.spend(RELABEL_WORK);
      if (budget.pauseDue) await budget.pause();
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
