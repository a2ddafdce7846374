import type { AggregatePlan } from '../../plan/plan.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { countPresent, type StepColumn } from '../step-column.ts';
import type { Fold } from './fold.ts';
import { groupRows } from './group-rows.ts';

/** Aggregations that give one series for each group. */
export class FoldOperator implements VectorOperator {
  readonly #plan: AggregatePlan;
  readonly #input: VectorOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;
  readonly #createFold: (groupSizes: Uint32Array, input: SeriesHeads) => Promise<Fold>;
  #fold: Fold | null = null;
  readonly #out: StepColumn;
  #groupCount = 0;
  #group = 0;

  constructor(
    plan: AggregatePlan,
    input: VectorOperator,
    scope: Scope,
    context: QueryContext,
    createFold: (groupSizes: Uint32Array, input: SeriesHeads) => Promise<Fold>,
  ) {
    this.#plan = plan;
    this.#input = input;
    this.#scope = scope;
    this.#context = context;
    this.#createFold = createFold;
    this.#out = context.budget.column(scope.grid.count);
  }

  async series(): Promise<SeriesHeads> {
    const { grouping, without } = this.#plan;
    const { budget } = this.#context;
    const before = budget.current;
    const heads = await this.#input.series();
    const groups = await groupRows(heads, grouping, without, budget);
    const { groupOf } = groups;
    this.#groupCount = groups.labels.length;
    const sizes = new Uint32Array(this.#groupCount);
    for (const group of groupOf) sizes[group]!++;
    budget.keep(this.#groupCount * this.#scope.grid.count);
    const fold = await this.#createFold(sizes, heads);
    this.#fold = fold;
    await drain(this.#input, budget, (column, row) => fold.add(column, groupOf[row]!, row, budget.spending));
    budget.settle(before, 0);
    return { labels: groups.labels, dropName: groups.dropName };
  }

  next(): StepColumn | null {
    if (this.#group === this.#groupCount) return null;
    const out = this.#out;
    out.histograms = null;
    const { budget } = this.#context;
    this.#fold!.finish(this.#group++, out, budget.spending);
    budget.hold(countPresent(out, budget.spending));
    budget.spend(this.#scope.grid.count);
    return out;
  }
}
