import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { LabelCallPlan } from '../../plan/plan.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { StepColumn } from '../step-column.ts';

/** label_replace and label_join: change the heads, pass the columns on. */
export class LabelCall implements VectorOperator {
  readonly #plan: LabelCallPlan;
  readonly #input: VectorOperator;

  constructor(plan: LabelCallPlan, input: VectorOperator) {
    this.#plan = plan;
    this.#input = input;
  }

  async series(): Promise<SeriesHeads> {
    const { run, strings } = this.#plan;
    const relabel = run.prepare(strings);
    const heads = await this.#input.series();
    const labels = heads.labels.map(relabel);
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
