import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import { goFloatCompact } from '../../../model/go-float.ts';
import type { Labels } from '../../../model/labels.ts';
import type { AggregatePlan } from '../../plan/plan.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { labelsLength } from '../text-work.ts';
import { groupRows } from './group-rows.ts';
import { HASHED_PER_SAMPLE, labelsFraction } from './labels-fraction.ts';
import { checkCount, type Parameter, parameterFromValues, refuse } from './parameter.ts';

/** limitk: the first k series of each group that have a value on a step. Streams; only counts are kept. */
export class LimitK implements VectorOperator {
  readonly #plan: AggregatePlan;
  readonly #param: ScalarOperator;
  readonly #input: VectorOperator;
  readonly #count: number;
  readonly #budget: QueryBudget;
  #limits: Float64Array = new Float64Array(0);
  #groupOf: Uint32Array = new Uint32Array(0);
  #taken: Uint32Array = new Uint32Array(0);
  #row = 0;

  constructor(plan: AggregatePlan, param: ScalarOperator, input: VectorOperator, scope: Scope, context: QueryContext) {
    this.#budget = context.budget;
    this.#plan = plan;
    this.#param = param;
    this.#input = input;
    this.#count = scope.grid.count;
  }

  async series(): Promise<SeriesHeads> {
    const { grouping, without } = this.#plan;
    const k = parameterFromValues(await this.#param.read(), this.#budget);
    const heads = await this.#input.series();
    const groups = await groupRows(heads, grouping, without, this.#budget);
    this.#limits = this.#budget.floats(this.#count);
    if (await checkCount(k, this.#input, this.#budget)) truncate(k.values, this.#limits, this.#budget.spending);
    this.#groupOf = groups.groupOf;
    this.#budget.keep(groups.labels.length * this.#count);
    this.#taken = new Uint32Array(groups.labels.length * this.#count);
    return heads;
  }

  next(): StepColumn | null {
    const column = this.#input.next();
    if (column === null) return null;
    const base = this.#groupOf[this.#row++]! * this.#count;
    const { present } = column;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, this.#budget.spending);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        if (this.#taken[base + i]! < this.#limits[i]!) this.#taken[base + i]!++;
        else present[i] = 0;
      }
    }
    return column;
  }
}

function truncate(values: Float64Array, into: Float64Array, spend: Spend): void {
  for (let i = 0; i < values.length; ) {
    const stop = blockEnd(i, values.length, spend);
    for (; i < stop; i++) into[i] = Math.trunc(values[i]!);
  }
}

/** limit_ratio: a fixed pseudo-random share of the series, the same in every query; negative ratios take the rest. */
export class LimitRatio implements VectorOperator {
  readonly #plan: AggregatePlan;
  readonly #param: ScalarOperator;
  readonly #input: VectorOperator;
  readonly #context: QueryContext;
  #labels: readonly Labels[] = [];
  #ratios: Float64Array = new Float64Array(0);
  #row = 0;

  constructor(plan: AggregatePlan, param: ScalarOperator, input: VectorOperator, context: QueryContext) {
    this.#plan = plan;
    this.#param = param;
    this.#input = input;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const ratio = parameterFromValues(await this.#param.read(), this.#context.budget);
    const heads = await this.#input.series();
    if (ratio.hasNaN && (ratio.max !== 0 || ratio.min !== 0)) {
      await refuse('Ratio value is NaN', this.#input, this.#context.budget);
    }
    this.#warnOfRatio(ratio);
    this.#ratios = ratio.values;
    this.#labels = heads.labels;
    return heads;
  }

  next(): StepColumn | null {
    const column = this.#input.next();
    if (column === null) return null;
    const labels = this.#labels[this.#row++]!;
    this.#context.budget.spend(labelsLength(labels) / HASHED_PER_SAMPLE);
    const fraction = labelsFraction(labels);
    const { present } = column;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, this.#context.budget.spending);
      for (; i < stop; i++) {
        const ratio = Math.max(-1, Math.min(1, this.#ratios[i]!));
        if (ratio === 0 || !(ratio > 0 ? fraction < ratio : fraction >= 1 + ratio)) present[i] = 0;
      }
    }
    return column;
  }

  #warnOfRatio(ratio: Parameter): void {
    const { paramPosition, position } = this.#plan;
    const warn = (found: number, cap: number) =>
      this.#context.annotations.warn(
        `ratio value should be between -1 and 1, got ${goFloatCompact(found)}, capping to ${cap}`,
        paramPosition,
        position,
      );
    if (ratio.max > 1) warn(ratio.max, 1);
    if (ratio.min < -1) warn(ratio.min, -1);
  }
}
