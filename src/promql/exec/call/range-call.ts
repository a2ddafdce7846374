import { windowBounds } from '../../../kernels/window-bounds.ts';
import { METRIC_NAME } from '../../../model/labels.ts';
import type { SampleColumn } from '../../../storage/query.ts';
import type { ColumnBounds, RangeContext } from '../../functions/contracts.ts';
import { WorkArrays } from '../../functions/work-arrays.ts';
import type { RangeCallPlan } from '../../plan/plan.ts';
import { metricNameOf } from '../../plan/selector-name.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { columnWeight, samplesWeight } from '../histogram-weight.ts';
import { KnownTimes } from '../known-times.ts';
import { droppedNames } from '../names.ts';
import type { RangeOperator, ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** Of a window: where its samples begin and end. */
const BOUNDS_BYTES = 8;

/** Applies a range function: one call per series fills the whole grid. */
export class RangeCall implements VectorOperator {
  readonly #plan: RangeCallPlan;
  readonly #scope: Scope;
  readonly #query: QueryContext;
  readonly #input: RangeOperator;
  readonly #args: readonly ScalarOperator[];
  readonly #samples: SampleColumn;
  readonly #out: StepColumn;
  readonly #bounds: ColumnBounds & { areAsBefore: boolean };
  readonly #times: KnownTimes;
  #context: RangeContext | null = null;
  #inputHeads: SeriesHeads = { labels: [], dropName: null };
  /** The name that all series have; null where it is not known beforehand. */
  readonly #name: string | null;
  #row = 0;

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
    this.#name = plan.input.kind === 'rangeSelect' ? metricNameOf(plan.input.matchers) : null;
    const { count } = scope.grid;
    this.#out = context.budget.column(count);
    context.budget.takeBytes(BOUNDS_BYTES * count);
    this.#samples = context.budget.samples();
    this.#bounds = {
      samples: this.#samples,
      from: new Uint32Array(count),
      to: new Uint32Array(count),
      areAsBefore: false,
      kept: null,
    };
    this.#times = new KnownTimes(count, context.budget);
  }

  async series(): Promise<SeriesHeads> {
    const { call, input } = this.#plan;
    const args: Float64Array[] = [];
    for (const arg of this.#args) args.push(await arg.read());
    const heads = await this.#input.series();
    this.#inputHeads = heads;
    const { annotations, budget, features, lookbackMs } = this.#query;
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
      bounds: null,
      spend: budget.spending,
      work: new WorkArrays((bytes) => budget.takeBytes(bytes)),
    };
    return this.#plan.keepsName ? heads : droppedNames(heads, this.#query);
  }

  next(): StepColumn | null {
    const samples = this.#samples;
    if (!this.#input.next(samples)) return null;
    const labels = this.#inputHeads.labels[this.#row++]!;
    const out = this.#out;
    out.histograms = null;
    const { budget } = this.#query;
    const weight = samplesWeight(samples, budget.spending);
    budget.hold(weight);
    budget.spend(samples.length);
    if (samples.length === 0) out.present.fill(0);
    else {
      const context = this.#context!;
      context.labels = labels;
      context.metricName = this.#name ?? labels.get(METRIC_NAME);
      this.#run(samples, out, context);
    }
    budget.settle(budget.current - weight, columnWeight(out, budget.spending));
    budget.spend(samples.length + out.present.length);
    return out;
  }

  #run(samples: SampleColumn, out: StepColumn, context: RangeContext): void {
    const { window, seen, isRead } = this.#input;
    const { counts } = this.#scope;
    const { budget } = this.#query;
    // Where samples count alike and a step sees its window alone, the function and the statistics look at the same bounds.
    if (samples.histograms !== null || context.extension !== 'none') {
      context.bounds = null;
      this.#plan.run(samples, window, out, context);
      counts.addWindows(samples, seen, isRead, budget);
      return;
    }
    const bounds = this.#bounds;
    bounds.areAsBefore = this.#times.areThoseOf(samples);
    if (!bounds.areAsBefore) {
      const { firstEnd, step, count, range } = window;
      windowBounds(
        samples.times,
        samples.length,
        firstEnd,
        step,
        count,
        range,
        bounds.from,
        bounds.to,
        budget.spending,
      );
    }
    budget.spend(samples.length);
    context.bounds = bounds;
    this.#plan.run(samples, window, out, context);
    budget.spend(samples.length);
    counts.addBounds(bounds, window, isRead, budget);
  }
}
