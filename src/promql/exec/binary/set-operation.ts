import { NO_INT32 } from '../../../std/empty-arrays.ts';
import type { SetOperationPlan } from '../../plan/plan.ts';
import { isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { afterLeft, drain } from '../drain.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { ARRAY_BYTES } from '../sizes.ts';
import { Signatures } from './signatures.ts';
import { addToMask, filterByMask } from './step-mask.ts';

/** Asking both sides for their series, even where they have none. */
const SERIES_WORK = 200;

/** Passing a column on takes as long as so many samples; there may be thousands of these operators on its way. */
const COLUMN_WORK = 20;

/**
 * `and` and `unless`. Of the right side only a mask for each match group is kept: on which steps some series of the group has a
 * value. The left side streams through it.
 */
export class SetOperation implements VectorOperator {
  readonly #plan: SetOperationPlan;
  readonly #left: VectorOperator;
  readonly #right: VectorOperator;
  readonly #context: QueryContext;
  readonly #masks: (Uint8Array | undefined)[] = [];
  #groups: Int32Array = NO_INT32;
  #row = 0;

  constructor(plan: SetOperationPlan, left: VectorOperator, right: VectorOperator, context: QueryContext) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const { budget } = this.#context;
    const { held } = budget;
    // On the way down a chain of thousands as well as on the way back.
    budget.spend(SERIES_WORK);
    const left = await this.#left.series();
    const place = held.hold(left);
    const right = await afterLeft([this.#left], 1, budget, () => this.#right.series());
    const rightPlace = held.hold(right);
    budget.spend(SERIES_WORK);
    // Only now: a chain would hold the tables of all its links meanwhile.
    const signatures = new Signatures(this.#plan.matching, budget);
    this.#groups = signatures.ofAll(left.labels);
    const rightGroups = signatures.ofAll(right.labels);
    signatures.done();
    held.letGo(rightPlace);
    await afterLeft([this.#left], 1, budget, () =>
      drain(this.#right, budget, (column, row) => this.#note(rightGroups[row]!, column)),
    );
    held.letGo(place);
    return left;
  }

  next(): StepColumn | null {
    const { budget } = this.#context;
    budget.spend(COLUMN_WORK);
    const column = this.#left.next();
    if (column === null) return null;
    const mask = this.#masks[this.#groups[this.#row++]!];
    filterByMask(column, mask, this.#plan.op === 'and', budget.spending);
    return column;
  }

  #note(group: number, column: StepColumn): void {
    const { present } = column;
    if (isEmptyColumn(column)) return;
    const { budget } = this.#context;
    let mask = this.#masks[group];
    if (mask === undefined) {
      budget.keep(present.length, 1);
      budget.takeBytes(ARRAY_BYTES);
      mask = new Uint8Array(present.length);
      this.#masks[group] = mask;
    }
    addToMask(mask, present, budget.spending);
  }
}
