import { blockEnd } from '../../../kernels/blocks.ts';
import { NO_FLOATS } from '../../../std/empty-arrays.ts';
import type { SampleColumn } from '../../../storage/query.ts';
import type { InstantSelectPlan } from '../../plan/plan.ts';
import { gridEnd } from '../../steps/grid.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import { addSelection, type QueryContext, type Selection } from '../context.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { addNewestHistograms, fillNewest, type LookTimes } from './fill-newest.ts';
import { keepStatistics } from './histogram-statistics.ts';
import { matchersOf, selectionHeads } from './selection-heads.ts';
import { type SelectorBuffers, selectorBuffers } from './selector-buffers.ts';

/** A series takes as long as so many samples, beside those that it has: there may be 100,000 of one each. */
const SERIES_WORK = 16;

/** Gives, for each step, the newest sample that is younger than the lookback and no stale marker. */
export class InstantSelector implements VectorOperator {
  readonly #context: QueryContext;
  readonly #scope: Scope;
  readonly #take: InstantSelectPlan['take'];
  readonly #statisticsOnly: boolean;
  readonly #selection: Selection;
  readonly #look: LookTimes;
  #buffers: SelectorBuffers | null = null;
  #seconds: Float64Array = NO_FLOATS;
  /** Start times are asked for, but nobody may look at them: samples are read and counted all the same. */
  readonly #isBlind: boolean;
  #row = 0;

  constructor(plan: InstantSelectPlan, scope: Scope, context: QueryContext) {
    const { grid } = scope;
    this.#context = context;
    this.#scope = scope;
    this.#take = plan.take;
    this.#statisticsOnly = plan.statisticsOnly;
    this.#isBlind = plan.take === 'startTime' && !context.features.useStartTimestamps;
    const first = (plan.at ?? grid.start) - plan.offsetMs;
    // With `@`, timestamp() looks at that very moment and forgets the offset, though what it looks at was selected by it.
    const firstLook = plan.at !== null && plan.take !== 'value' ? plan.at : first;
    this.#look = { first: firstLook, step: plan.at === null ? grid.step : 0, lookback: context.lookbackMs };
    this.#selection = addSelection(context, plan, grid.count, {
      ...matchersOf(plan),
      range: {
        minTime: first - context.lookbackMs + 1,
        maxTime: plan.at === null ? gridEnd(grid) - plan.offsetMs : first,
      },
      sorted: false,
      limit: 0,
      // All steps look at one moment.
      newestOnly: grid.count === 1 || plan.at !== null,
    });
  }

  async series(): Promise<SeriesHeads> {
    return selectionHeads(this.#selection, this.#context);
  }

  next(): StepColumn | null {
    const set = this.#selection.series!;
    if (this.#row === set.length) return null;
    const { budget } = this.#context;
    this.#buffers ??= selectorBuffers(this.#scope.grid.count, budget);
    const { samples, out } = this.#buffers;
    set.read(this.#row++, samples);
    budget.noteHistograms(samples);
    if (this.#statisticsOnly) {
      const { first, step, lookback } = this.#look;
      const windows = { firstEnd: first, step, count: this.#scope.grid.count, range: lookback };
      keepStatistics(samples, windows, budget.spending);
    }
    out.histograms = null;
    fillNewest(samples, this.#look, this.#source(samples), out, budget);
    if (samples.histograms !== null) {
      addNewestHistograms(samples, this.#look, out, budget);
      if (this.#take !== 'value') out.histograms = null;
    }
    budget.hold(this.#scope.counts.addColumn(out, budget));
    budget.spend(SERIES_WORK + samples.length + out.present.length);
    if (this.#isBlind) out.present.fill(0);
    return out;
  }

  /** What is taken of the samples, parallel to them. */
  #source(samples: SampleColumn): Float64Array {
    if (this.#take === 'value') return samples.values;
    const times = this.#take === 'time' ? samples.times : samples.startTimes;
    if (this.#seconds.length < samples.length) this.#seconds = this.#context.budget.floats(samples.times.length);
    const seconds = this.#seconds;
    for (let i = 0; i < samples.length; ) {
      const stop = blockEnd(i, samples.length, this.#context.budget.spending);
      for (; i < stop; i++) seconds[i] = times === null ? 0 : times[i]! / 1000;
    }
    return seconds;
  }
}
