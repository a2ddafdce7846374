import { blockEnd } from '../../../kernels/blocks.ts';
import type { VectorScalarPlan } from '../../plan/plan.ts';
import { arithmeticInto, compareInto } from '../../steps/arithmetic.ts';
import { createStepColumn, type StepColumn } from '../../steps/step-column.ts';
import { isArithmetic, isComparison } from '../../syntax/operators.ts';
import type { QueryContext } from '../context.ts';
import { droppedNames } from '../names.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { ElementOptions } from './element-options.ts';
import { elementsInto, needsElements } from './elements.ts';
import { StepNotes } from './step-notes.ts';

/** A vector and a number a step, in place. A filtering comparison keeps the vector's own value. */
export class VectorScalar implements VectorOperator {
  readonly #plan: VectorScalarPlan;
  readonly #vector: VectorOperator;
  readonly #scalar: ScalarOperator;
  readonly #context: QueryContext;
  readonly #holds: Uint8Array;
  readonly #options: ElementOptions;
  readonly #notes = new StepNotes();
  #numbers: StepColumn = createStepColumn(0);

  constructor(
    plan: VectorScalarPlan,
    vector: VectorOperator,
    scalar: ScalarOperator,
    count: number,
    context: QueryContext,
  ) {
    this.#plan = plan;
    this.#vector = vector;
    this.#scalar = scalar;
    this.#context = context;
    context.budget.takeBytes(count);
    this.#holds = new Uint8Array(count);
    this.#options = {
      op: plan.op,
      returnBool: plan.returnBool,
      notes: this.#notes,
      keep: plan.scalarLeft ? 'right' : 'left',
      spend: context.budget.spending,
    };
  }

  async series(): Promise<SeriesHeads> {
    const { op, returnBool, scalarLeft } = this.#plan;
    let heads: SeriesHeads | null = null;
    if (!scalarLeft) heads = await this.#vector.series();
    const values = await this.#scalar.read();
    this.#numbers = { values, present: new Uint8Array(values.length).fill(1), histograms: null };
    heads ??= await this.#vector.series();
    return isArithmetic(op) || returnBool ? droppedNames(heads, this.#context) : heads;
  }

  next(): StepColumn | null {
    const column = this.#vector.next();
    if (column === null) {
      this.#notes.tell(this.#context.annotations, this.#plan.position);
      return null;
    }
    const { op, returnBool, scalarLeft } = this.#plan;
    const spend = this.#context.budget.spending;
    const left = scalarLeft ? this.#numbers : column;
    const right = scalarLeft ? column : this.#numbers;
    if (needsElements(op, left, right)) elementsInto(left, right, column, this.#options);
    else if (isArithmetic(op)) arithmeticInto(op, left.values, right.values, column.values, spend);
    else if (isComparison(op)) {
      if (returnBool) compareInto(op, left.values, right.values, column.values, spend);
      else {
        const holds = this.#holds;
        compareInto(op, left.values, right.values, holds, spend);
        const { present } = column;
        for (let i = 0; i < present.length; ) {
          const stop = blockEnd(i, present.length, spend);
          for (; i < stop; i++) present[i]! &= holds[i]!;
        }
      }
    }
    return column;
  }
}
