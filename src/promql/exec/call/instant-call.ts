import { METRIC_NAME } from '../../../model/labels.ts';
import type { FunctionContext } from '../../functions/contracts.ts';
import type { InstantCallPlan } from '../../plan/plan.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { droppedNames, droppedNamesAlone } from '../names.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** Applies an element-wise function, in place. */
export class InstantCall implements VectorOperator {
  readonly #plan: InstantCallPlan;
  readonly #scope: Scope;
  readonly #query: QueryContext;
  readonly #input: VectorOperator;
  readonly #args: readonly ScalarOperator[];
  #context: FunctionContext | null = null;
  #inputHeads: SeriesHeads = { labels: [], dropName: null };
  #row = 0;

  constructor(
    plan: InstantCallPlan,
    input: VectorOperator,
    args: readonly ScalarOperator[],
    scope: Scope,
    context: QueryContext,
  ) {
    this.#plan = plan;
    this.#scope = scope;
    this.#query = context;
    this.#input = input;
    this.#args = args;
  }

  async series(): Promise<SeriesHeads> {
    const { call } = this.#plan;
    const args: Float64Array[] = [];
    for (const arg of this.#args) args.push(await arg.read());
    this.#inputHeads = await this.#input.series();
    const { annotations, budget, features } = this.#query;
    const { position, argPositions } = call;
    const { grid } = this.#scope;
    const spend = budget.spending;
    this.#context = { grid, args, annotations, metricName: '', position, argPositions, features, spend };
    const drop = NAME_ALONE.has(call.func) ? droppedNamesAlone : droppedNames;
    return drop(this.#inputHeads, this.#query);
  }

  next(): StepColumn | null {
    const column = this.#input.next();
    if (column === null) return null;
    const context = this.#context!;
    context.metricName = this.#inputHeads.labels[this.#row++]!.get(METRIC_NAME);
    this.#plan.run(column, column, context);
    return column;
  }
}

/** These leave type and unit of the series as they are. */
const NAME_ALONE: ReadonlySet<string> = new Set([
  'histogram_avg',
  'histogram_count',
  'histogram_stddev',
  'histogram_stdvar',
  'histogram_sum',
]);
