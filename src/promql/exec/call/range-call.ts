import { windowBounds } from '../../../kernels/window-bounds.ts';
import { METRIC_NAME } from '../../../model/labels.ts';
import { createSampleColumn, type SampleColumn } from '../../../storage/query.ts';
import type { ColumnBounds, RangeContext } from '../../functions/contracts.ts';
import { WorkArrays } from '../../functions/work-arrays.ts';
import type { RangeCallPlan } from '../../plan/plan.ts';
import { metricNameOf } from '../../plan/selector-name.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { NO_SERIES } from '../empty-vector.ts';
import { columnWeight, samplesWeight } from '../histogram-weight.ts';
import { KnownTimes } from '../known-times.ts';
import { droppedNames } from '../names.ts';
import type { RangeOperator, ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** Of a window: where its samples begin and end. */
const BOUNDS_BYTES = 8;

/** A range that has no series reads into it: nothing. */
const NOTHING_READ = createSampleColumn(0);

/** What series are read into and made of. Made for the first: of thousands of calls in one query most have none. */
interface Buffers {
  readonly samples: SampleColumn;
  readonly out: StepColumn;
  readonly bounds: ColumnBounds & { areAsBefore: boolean };
  readonly times: KnownTimes;
}

function createBuffers(count: number, budget: QueryBudget): Buffers {
  budget.takeBytes(BOUNDS_BYTES * count);
  const samples = budget.samples();
  const bounds = { samples, from: new Uint32Array(count), to: new Uint32Array(count), areAsBefore: false, kept: null };
  return { samples, out: budget.column(count), bounds, times: new KnownTimes(count, budget) };
}

/** Applies a range function: one call per series fills the whole grid. */
export class RangeCall implements VectorOperator {
  readonly #plan: RangeCallPlan;
  readonly #scope: Scope;
  readonly #query: QueryContext;
  readonly #input: RangeOperator;
  readonly #args: readonly ScalarOperator[];
  #buffers: Buffers | null = null;
  #context: RangeContext | null = null;
  #inputHeads: SeriesHeads = NO_SERIES;
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
  }

  async series(): Promise<SeriesHeads> {
    const { call, input } = this.#plan;
    const args: Float64Array[] = [];
    for (const arg of this.#args) args.push(await arg.read());
    const heads = await this.#input.series();
    this.#inputHeads = heads;
    if (heads.labels.length === 0) return NO_SERIES;
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
    const { labels: inputLabels } = this.#inputHeads;
    if (inputLabels.length === 0) {
      // What is below may fail when it has ended.
      this.#input.next(NOTHING_READ);
      return null;
    }
    this.#buffers ??= createBuffers(this.#scope.grid.count, this.#query.budget);
    const { samples, out } = this.#buffers;
    if (!this.#input.next(samples)) return null;
    const labels = inputLabels[this.#row++]!;
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
      this.#run(this.#buffers, context);
    }
    budget.settle(budget.current - weight, columnWeight(out, budget.spending));
    budget.spend(samples.length + out.present.length);
    return out;
  }

  #run({ samples, out, bounds, times }: Buffers, context: RangeContext): void {
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
    bounds.areAsBefore = times.areThoseOf(samples);
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
