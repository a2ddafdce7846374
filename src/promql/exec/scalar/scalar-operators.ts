import { blockEnd, fillBlocks } from '../../../kernels/blocks.ts';
import type { FunctionContext } from '../../functions/contracts.ts';
import type { ScalarCallPlan } from '../../plan/plan.ts';
import { arithmeticInto, compareInto } from '../../steps/arithmetic.ts';
import { isComparison, type ScalarBinaryOp } from '../../syntax/operators.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import type { ScalarOperator, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** The same number on every step. */
export class Constant implements ScalarOperator {
  readonly #value: number;
  readonly #count: number;
  readonly #budget: QueryBudget;

  constructor(value: number, count: number, budget: QueryBudget) {
    this.#value = value;
    this.#count = count;
    this.#budget = budget;
  }

  async read(): Promise<Float64Array> {
    const out = this.#budget.floats(this.#count);
    fillBlocks(out, this.#value, this.#budget.spending);
    this.#budget.spend(this.#count);
    return out;
  }
}

/** `time()`, `pi()` and the like. */
export class ScalarCall implements ScalarOperator {
  readonly #plan: ScalarCallPlan;
  readonly #args: readonly ScalarOperator[];
  readonly #scope: Scope;
  readonly #context: QueryContext;

  constructor(plan: ScalarCallPlan, args: readonly ScalarOperator[], scope: Scope, context: QueryContext) {
    this.#plan = plan;
    this.#args = args;
    this.#scope = scope;
    this.#context = context;
  }

  async read(): Promise<Float64Array> {
    const args: Float64Array[] = [];
    for (const arg of this.#args) args.push(await arg.read());
    const { grid } = this.#scope;
    const { annotations, budget, features } = this.#context;
    const { position, argPositions } = this.#plan.call;
    const spend = budget.spending;
    const context: FunctionContext = {
      grid,
      args,
      annotations,
      metricName: '',
      position,
      argPositions,
      features,
      spend,
    };
    const out = budget.floats(grid.count);
    this.#plan.run(out, context);
    budget.spend(grid.count);
    return out;
  }
}

/** `scalar(v)`: the value of the only float on a step, NaN where there are none or several. */
export class ScalarOf implements ScalarOperator {
  readonly #input: VectorOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;

  constructor(input: VectorOperator, scope: Scope, context: QueryContext) {
    this.#input = input;
    this.#scope = scope;
    this.#context = context;
  }

  async read(): Promise<Float64Array> {
    const { count } = this.#scope.grid;
    const { budget } = this.#context;
    const before = budget.current;
    const out = budget.floats(count);
    fillBlocks(out, Number.NaN, budget.spending);
    const seen = new Uint8Array(count);
    await this.#input.series();
    await drain(this.#input, budget, ({ values, present, histograms }) => {
      for (let i = 0; i < count; ) {
        const stop = blockEnd(i, count, budget.spending);
        for (; i < stop; i++) {
          if (present[i] === 0 || histograms?.[i] !== undefined) continue;
          out[i] = seen[i] === 0 ? values[i]! : Number.NaN;
          seen[i] = 1;
        }
      }
    });
    budget.settle(before, count);
    return out;
  }
}

export class NegateScalar implements ScalarOperator {
  readonly #input: ScalarOperator;
  readonly #budget: QueryBudget;

  constructor(input: ScalarOperator, budget: QueryBudget) {
    this.#input = input;
    this.#budget = budget;
  }

  async read(): Promise<Float64Array> {
    const values = await this.#input.read();
    for (let i = 0; i < values.length; ) {
      const stop = blockEnd(i, values.length, this.#budget.spending);
      for (; i < stop; i++) values[i] = -values[i]!;
    }
    return values;
  }
}

/** Arithmetic and comparison of two numbers; a comparison gives 0 or 1. */
export class ScalarBinary implements ScalarOperator {
  readonly #op: ScalarBinaryOp;
  readonly #left: ScalarOperator;
  readonly #right: ScalarOperator;
  readonly #budget: QueryBudget;

  constructor(op: ScalarBinaryOp, left: ScalarOperator, right: ScalarOperator, budget: QueryBudget) {
    this.#op = op;
    this.#left = left;
    this.#right = right;
    this.#budget = budget;
  }

  async read(): Promise<Float64Array> {
    const left = await this.#left.read();
    const right = await this.#right.read();
    const op = this.#op;
    if (isComparison(op)) compareInto(op, left, right, left, this.#budget.spending);
    else arithmeticInto(op, left, right, left, this.#budget.spending);
    this.#budget.spend(left.length);
    return left;
  }
}

/** Evaluated on one step; the number then stands on all. */
export class InvariantScalar implements ScalarOperator {
  readonly #input: ScalarOperator;
  readonly #count: number;
  readonly #budget: QueryBudget;

  constructor(input: ScalarOperator, count: number, budget: QueryBudget) {
    this.#input = input;
    this.#count = count;
    this.#budget = budget;
  }

  async read(): Promise<Float64Array> {
    const single = await this.#input.read();
    const out = this.#budget.floats(this.#count);
    fillBlocks(out, single[0]!, this.#budget.spending);
    return out;
  }
}
