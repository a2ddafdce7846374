import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import { NO_INT32 } from '../../../std/empty-arrays.ts';
import type { SetOperationPlan } from '../../plan/plan.ts';
import { isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { afterLeft, drain } from '../drain.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { ARRAY_BYTES, ENTRY_BYTES } from '../sizes.ts';
import { GROUP_NUMBER_BYTES, Signatures } from './signatures.ts';

/** Asking both sides for their series, even where they have none. */
const SERIES_WORK = 200;

/** Passing a column on takes as long as so many samples; there may be thousands of these operators on its way. */
const COLUMN_WORK = 20;

/**
 * `and`, `unless` and `or`. Of one side only a mask for each match group is kept: on which steps some series of the
 * group has a value. The other side streams through it; `or` lets the left side through first and fills the masks.
 */
export class SetOperation implements VectorOperator {
  readonly #plan: SetOperationPlan;
  readonly #left: VectorOperator;
  readonly #right: VectorOperator;
  readonly #context: QueryContext;
  readonly #masks: (Uint8Array | undefined)[] = [];
  #leftGroups: Int32Array = NO_INT32;
  #rightGroups: Int32Array = NO_INT32;
  #leftRow = 0;
  #rightRow = 0;

  constructor(plan: SetOperationPlan, left: VectorOperator, right: VectorOperator, context: QueryContext) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    // On the way down a chain of thousands as well as on the way back.
    this.#context.budget.spend(SERIES_WORK);
    const left = await this.#left.series();
    const { held } = this.#context.budget;
    const place = held.hold(left);
    const right = await afterLeft(this.#left, this.#context.budget, () => this.#right.series());
    const rightPlace = held.hold(right);
    this.#context.budget.spend(SERIES_WORK);
    // Only now: a chain would hold the tables of all its links meanwhile.
    this.#findGroups(left, right);
    held.letGo(rightPlace);
    if (this.#plan.op === 'or') {
      held.letGo(place);
      return this.#joined(left, right);
    }
    await afterLeft(this.#left, this.#context.budget, () =>
      drain(this.#right, this.#context.budget, (column, row) => this.#addToMask(this.#rightGroups[row]!, column)),
    );
    held.letGo(place);
    return left;
  }

  next(): StepColumn | null {
    const { budget } = this.#context;
    const { spending } = budget;
    budget.spend(COLUMN_WORK);
    const { op } = this.#plan;
    const column = this.#left.next();
    if (column !== null) {
      const group = this.#leftGroups[this.#leftRow++]!;
      if (op !== 'or') filter(column, this.#masks[group], op === 'and', spending);
      else if (this.#rightGroups.length > 0) this.#addToMask(group, column);
      return column;
    }
    if (op !== 'or') return null;
    const other = this.#right.next();
    if (other !== null) filter(other, this.#masks[this.#rightGroups[this.#rightRow++]!], false, spending);
    return other;
  }

  /** Where one side is empty nothing meets, whatever the numbers are: most links of a long chain find nothing. */
  #findGroups({ labels: left }: SeriesHeads, { labels: right }: SeriesHeads): void {
    const { budget } = this.#context;
    if (left.length === 0 || right.length === 0) {
      budget.takeBytes(GROUP_NUMBER_BYTES * (left.length + right.length));
      this.#leftGroups = left.length === 0 ? NO_INT32 : new Int32Array(left.length);
      this.#rightGroups = right.length === 0 ? NO_INT32 : new Int32Array(right.length);
      return;
    }
    const signatures = new Signatures(this.#plan.matching, budget);
    this.#leftGroups = signatures.ofAll(left);
    this.#rightGroups = signatures.ofAll(right);
    signatures.done();
  }

  #joined(left: SeriesHeads, right: SeriesHeads): SeriesHeads {
    if (right.labels.length === 0) return left;
    if (left.labels.length === 0) return right;
    // A chain of them holds the lists of all its links.
    this.#context.budget.takeBytes(ENTRY_BYTES * (left.labels.length + right.labels.length));
    return joinHeads(left, right);
  }

  #addToMask(group: number, column: StepColumn): void {
    const { present } = column;
    if (isEmptyColumn(column)) return;
    let mask = this.#masks[group];
    if (mask === undefined) {
      this.#context.budget.keep(present.length, 1);
      this.#context.budget.takeBytes(ARRAY_BYTES);
      mask = new Uint8Array(present.length);
      this.#masks[group] = mask;
    }
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, this.#context.budget.spending);
      for (; i < stop; i++) mask[i]! |= present[i]!;
    }
  }
}

/** Keeps the steps where the mask is set, or those where it is not. */
function filter(column: StepColumn, mask: Uint8Array | undefined, wanted: boolean, spend: Spend): void {
  const { present } = column;
  if (mask === undefined) {
    if (wanted) present.fill(0);
    return;
  }
  const flip = wanted ? 0 : 1;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) present[i]! &= mask[i]! ^ flip;
  }
}

function joinHeads(left: SeriesHeads, right: SeriesHeads): SeriesHeads {
  const labels = left.labels.concat(right.labels);
  if (left.dropName === null && right.dropName === null) return { labels, dropName: null };
  const dropName = new Uint8Array(labels.length);
  if (left.dropName !== null) dropName.set(left.dropName);
  if (right.dropName !== null) dropName.set(right.dropName, left.labels.length);
  return { labels, dropName };
}
