import { METRIC_NAME } from '../../../model/labels.ts';
import { createSampleColumn, type SampleColumn } from '../../../storage/query.ts';
import type { RangeContext } from '../../functions/contracts.ts';
import type { RangeCallPlan } from '../../plan/plan.ts';
import type { QueryContext } from '../context.ts';
import { histogramWeight, samplesWeight } from '../histogram-weight.ts';
import { droppedNames } from '../names.ts';
import type { RangeOperator, ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { histogramAt, type StepColumn } from '../step-column.ts';

/** Applies a range function: one call per series fills the whole grid. */
export class RangeCall implements VectorOperator {
  readonly #plan: RangeCallPlan;
  readonly #scope: Scope;
  readonly #query: QueryContext;
  readonly #input: RangeOperator;
  readonly #args: readonly ScalarOperator[];
  readonly #samples: SampleColumn = createSampleColumn(0);
  readonly #out: StepColumn;
  #context: RangeContext | null = null;
  #inputHeads: SeriesHeads = { labels: [], dropName: null };
  #row = 0;
  #capacity = 0;

  constructor(
    plan: RangeCallPlan,
    input: RangeOperator,
    args: readonly ScalarOperator[],
    scope: Scope,
    context: QueryContext,
  ) {
    this.#plan = plan;
    this.#scope = scope;
    this.#query = context;
    this.#input = input;
    this.#args = args;
    this.#out = context.budget.column(scope.grid.count);
  }

  async series(): Promise<SeriesHeads> {
    const { call, input } = this.#plan;
    const args: Float64Array[] = [];
    for (const arg of this.#args) args.push(await arg.read());
    const heads = await this.#input.series();
    this.#inputHeads = heads;
    const { annotations, features, lookbackMs } = this.#query;
    this.#context = {
      grid: this.#scope.grid,
      args,
      annotations,
      metricName: '',
      position: call.position,
      argPositions: call.argPositions,
      features,
      extension: input.kind === 'rangeSelect' ? input.extension : 'none',
      lookbackMs,
      labels: heads.labels[0]!,
    };
    return this.#plan.keepsName ? heads : droppedNames(heads, this.#query);
  }

  next(): StepColumn | null {
    const samples = this.#samples;
    if (!this.#input.next(samples)) return null;
    this.#capacity = this.#query.budget.noteGrowth(samples, this.#capacity);
    const labels = this.#inputHeads.labels[this.#row++]!;
    const out = this.#out;
    out.histograms = null;
    const { budget } = this.#query;
    const weight = samplesWeight(samples);
    budget.hold(weight);
    const context = this.#context!;
    context.labels = labels;
    context.metricName = labels.get(METRIC_NAME);
    if (samples.length === 0) out.present.fill(0);
    else {
      this.#plan.run(samples, this.#input.window, out, context);
      this.#scope.counts.addWindows(samples, this.#input.seen, this.#input.isRead);
    }
    budget.settle(budget.current - weight, weigh(out));
    budget.spend(samples.length + out.present.length);
    return out;
  }
}

function weigh(column: StepColumn): number {
  let weight = 0;
  for (let i = 0; i < column.present.length; i++) {
    if (column.present[i] === 0) continue;
    const histogram = histogramAt(column, i);
    weight += histogram === undefined ? 1 : histogramWeight(histogram);
  }
  return weight;
}
