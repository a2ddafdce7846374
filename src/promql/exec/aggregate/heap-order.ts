import type { AggregatePlan } from '../../plan/plan.ts';
import { copyStepColumn, isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { ENTRY_BYTES } from '../sizes.ts';
import { FirstSeen } from './first-seen.ts';
import { groupRows } from './group-rows.ts';

/** A series of the answer and its value, by which it is ordered; that of a histogram is 0. */
interface Member {
  readonly row: number;
  readonly column: StepColumn;
  readonly value: number;
}

/** Of a member beside its column: its object, and its entries in two lists. */
const MEMBER_BYTES = 48 + 2 * ENTRY_BYTES;
/** Putting a series into its place takes as long as so many samples. */
const PLACING_WORK = 20;

/**
 * Gives what `limitk` and `limit_ratio` left of an instant query in the reference's order: group by group, and within one as
 * they lie in a binary heap into which they were put one after the other, the least on top.
 */
export class HeapOrder implements VectorOperator {
  readonly #plan: AggregatePlan;
  readonly #input: VectorOperator;
  readonly #context: QueryContext;
  #members: readonly Member[] = [];
  #at = 0;

  constructor(plan: AggregatePlan, input: VectorOperator, context: QueryContext) {
    this.#plan = plan;
    this.#input = input;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const { budget } = this.#context;
    const { labels, dropName } = await this.#input.series();
    const groups = await groupRows({ labels, dropName }, this.#plan.grouping, this.#plan.without, budget);
    const heaps: Member[][] = groups.labels.map(() => []);
    const order = new FirstSeen(groups.labels.length);
    await drain(this.#input, budget, (column, row) => {
      if (isEmptyColumn(column)) return;
      const group = groups.groupOf[row]!;
      order.note(group, column);
      budget.keepColumn(column);
      budget.takeBytes(MEMBER_BYTES);
      budget.spend(PLACING_WORK);
      const value = column.histograms?.[0] === undefined ? column.values[0]! : 0;
      push(heaps[group]!, { row, column: copyStepColumn(column), value });
    });
    this.#members = Array.from(order.groups, (group) => heaps[group]!).flat();
    return {
      labels: this.#members.map(({ row }) => labels[row]!),
      dropName: dropName === null ? null : Uint8Array.from(this.#members, ({ row }) => dropName[row]!),
    };
  }

  next(): StepColumn | null {
    return this.#members[this.#at++]?.column ?? null;
  }
}

/** Appends, then lets the new one rise above all that it is less than; NaN is less than anything. */
function push(heap: Member[], member: Member): void {
  let at = heap.length;
  heap.push(member);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (!(Number.isNaN(member.value) || member.value < heap[parent]!.value)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = member;
}
