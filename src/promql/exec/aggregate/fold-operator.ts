import { NO_UINT32 } from '../../../std/empty-arrays.ts';
import type { AggregatePlan } from '../../plan/plan.ts';
import { countPresent, type StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import { EMPTY_VECTOR, NO_SERIES } from '../empty-vector.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { FirstSeen } from './first-seen.ts';
import type { Fold } from './fold.ts';
import { type Groups, groupRows } from './group-rows.ts';

/** What the state of a group takes on each step. The quantile keeps columns instead, and counts them itself. */
const STATE_BYTES: Readonly<Partial<Record<AggregatePlan['op'], number>>> = {
  sum: 17,
  avg: 25,
  min: 9,
  max: 9,
  count: 4,
  group: 1,
  stddev: 24,
  stdvar: 24,
  quantile: 0,
};
/** Of a group: its size, its place in the order, and whether it was seen. */
const GROUP_BYTES = 9;

/** Aggregations that give one series for each group. */
export class FoldOperator implements VectorOperator {
  readonly #plan: AggregatePlan;
  /** What is folded has done its work, and is let go of: a query may have thousands of these. */
  #input: VectorOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;
  readonly #createFold: (groupSizes: Uint32Array, input: SeriesHeads) => Promise<Fold>;
  #fold: Fold | null = null;
  #out: StepColumn | null = null;
  /** The groups in the order in which they are given. */
  #order: Uint32Array = NO_UINT32;
  #at = 0;

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
  }

  async series(): Promise<SeriesHeads> {
    const { grouping, without } = this.#plan;
    const { budget } = this.#context;
    const before = budget.current;
    const heads = await this.#input.series();
    if (heads.labels.length === 0) return await this.#ofNothing(heads);
    const headsPlace = budget.held.hold(heads);
    const groups = await groupRows(heads, grouping, without, budget);
    const groupsPlace = budget.held.hold(groups);
    const { groupOf } = groups;
    const groupCount = groups.labels.length;
    const sizes = new Uint32Array(groupCount);
    for (const group of groupOf) sizes[group]!++;
    budget.keep(groupCount * this.#scope.grid.count, STATE_BYTES[this.#plan.op]);
    budget.takeBytes(GROUP_BYTES * groupCount);
    const fold = await this.#createFold(sizes, heads);
    this.#fold = fold;
    const order = new FirstSeen(groupCount);
    await drain(this.#input, budget, (column, row) => {
      order.note(groupOf[row]!, column);
      fold.add(column, groupOf[row]!, row, budget.spending);
    });
    this.#input = EMPTY_VECTOR;
    budget.held.letGo(groupsPlace);
    budget.held.letGo(headsPlace);
    budget.settle(before, 0);
    this.#order = order.groups;
    const { labels, dropName } = groups;
    return order.isNatural ? { labels, dropName } : reordered(groups, order.groups);
  }

  /** What there is to be told of a parameter is told, and what is below may still fail. */
  async #ofNothing(heads: SeriesHeads): Promise<SeriesHeads> {
    await this.#createFold(NO_UINT32, heads);
    await drain(this.#input, this.#context.budget, () => {});
    this.#input = EMPTY_VECTOR;
    return NO_SERIES;
  }

  next(): StepColumn | null {
    if (this.#at === this.#order.length) return null;
    const { budget } = this.#context;
    const out = (this.#out ??= budget.column(this.#scope.grid.count));
    out.histograms = null;
    this.#fold!.finish(this.#order[this.#at++]!, out, budget.spending);
    budget.hold(countPresent(out, budget.spending));
    budget.spend(this.#scope.grid.count);
    return out;
  }
}

function reordered({ labels, dropName }: Groups, order: Uint32Array): SeriesHeads {
  return {
    labels: Array.from(order, (group) => labels[group]!),
    dropName: dropName === null ? null : Uint8Array.from(order, (group) => dropName[group]!),
  };
}
