import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { LabelCallPlan } from '../../plan/plan.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import { isLasting, keep, kept, makeLasting } from '../lasting-labels.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { ENTRY_BYTES, TEXT_BYTES } from '../sizes.ts';

/** Writing a label set is about as much work as so many samples; so many units of text are as much as one. */
const RELABEL_WORK = 100;
const TEXT_UNITS_PER_WORK = 8;

/** What became of a list. Shared between queries: nobody changes it. */
interface Relabelled {
  readonly labels: readonly Labels[];
  /** What making it took. */
  readonly bytes: number;
}

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
    const { call, run, strings } = this.#plan;
    const budget = this.#budget;
    const relabel = run.prepare(strings, {
      takeText: (length, isWide) => {
        budget.takeBytes(TEXT_BYTES + (isWide ? 2 : 1) * length);
        budget.spend(length / TEXT_UNITS_PER_WORK);
      },
      spend: (work) => budget.spend(work),
    });
    const heads = await this.#input.series();
    const place = budget.held.hold(heads);
    const key = `${call.func} ${JSON.stringify(strings)}`;
    const known = kept(heads.labels, key) as Relabelled | undefined;
    const { labels } = known ?? (await this.#relabel(heads.labels, relabel, key));
    if (known !== undefined) budget.takeBytes(known.bytes);
    budget.held.letGo(place);
    if (heads.dropName === null || strings[0] !== METRIC_NAME) return { labels, dropName: heads.dropName };
    return {
      labels,
      dropName: heads.dropName.map((mark, row) => (this.#wrote(heads.labels[row]!, row, labels) ? 0 : mark)),
    };
  }

  next(): StepColumn | null {
    return this.#input.next();
  }

  async #relabel(list: readonly Labels[], relabel: (labels: Labels) => Labels, key: string): Promise<Relabelled> {
    const budget = this.#budget;
    const bytes = budget.bytes;
    budget.takeBytes(ENTRY_BYTES * list.length);
    const labels: Labels[] = [];
    const place = budget.held.hold(labels);
    for (const before of list) {
      const after = relabel(before);
      if (after !== before) budget.takeLabels(after);
      labels.push(after);
      budget.spend(RELABEL_WORK);
      if (budget.pauseDue) await budget.pause();
    }
    budget.held.letGo(place);
    const relabelled: Relabelled = { labels, bytes: budget.bytes - bytes };
    if (isLasting(list)) {
      makeLasting(labels);
      keep(list, key, relabelled, relabelled.bytes);
    }
    return relabelled;
  }

  /** Who writes the metric name wants to keep it. An untouched label set is the very same object. */
  #wrote(before: Labels, row: number, after: readonly Labels[]): boolean {
    return after[row] !== before;
  }
}
