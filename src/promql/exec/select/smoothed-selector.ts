import { METRIC_NAME } from '../../../model/labels.ts';
import type { InstantSelectPlan } from '../../plan/plan.ts';
import { gridEnd, type Window } from '../../steps/grid.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { PositionRange } from '../../syntax/ast.ts';
import { addSelection, type QueryContext, type Selection } from '../context.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { keepStatistics } from './histogram-statistics.ts';
import { removeStaleMarkers } from './range-selector.ts';
import { matchersOf, selectionHeads } from './selection-heads.ts';
import { type SelectorBuffers, selectorBuffers } from './selector-buffers.ts';
import { fillSmoothed } from './smooth-floats.ts';
import { fillSmoothedMixed } from './smooth-histograms.ts';

/**
 * A `smoothed` instant selector: between two samples the value lies on the line that joins them; after the last one
 * within the lookback it stays.
 */
export class SmoothedSelector implements VectorOperator {
  readonly #context: QueryContext;
  readonly #selection: Selection;
  readonly #first: number;
  readonly #step: number;
  readonly #position: PositionRange;
  readonly #statisticsOnly: boolean;
  /** All samples are read at once. */
  readonly #seen: Window;
  #buffers: SelectorBuffers | null = null;
  readonly #count: number;
  #row = 0;

  constructor(plan: InstantSelectPlan, scope: Scope, context: QueryContext) {
    const { grid } = scope;
    this.#context = context;
    this.#position = plan.position;
    this.#statisticsOnly = plan.statisticsOnly;
    this.#first = (plan.at ?? grid.start) - plan.offsetMs;
    this.#step = plan.at === null ? grid.step : 0;
    this.#count = grid.count;
    const last = plan.at === null ? gridEnd(grid) - plan.offsetMs : this.#first;
    const before = context.lookbackMs;
    this.#seen = { firstEnd: last + before, step: 0, count: 1, range: last - this.#first + 2 * before };
    this.#selection = addSelection(context, plan, grid.count, {
      ...matchersOf(plan),
      range: { minTime: this.#first - context.lookbackMs + 1, maxTime: last + context.lookbackMs },
      sorted: false,
      limit: 0,
    });
  }

  async series(): Promise<SeriesHeads> {
    return selectionHeads(this.#selection, this.#context);
  }

  next(): StepColumn | null {
    const set = this.#selection.series!;
    if (this.#row === set.length) return null;
    const row = this.#row++;
    const { budget } = this.#context;
    this.#buffers ??= selectorBuffers(this.#count, budget);
    const { samples, out } = this.#buffers;
    set.read(row, samples);
    budget.noteHistograms(samples);
    if (this.#statisticsOnly) keepStatistics(samples, this.#seen, budget.spending);
    removeStaleMarkers(samples, budget.spending);
    out.histograms = null;
    const { lookbackMs, annotations } = this.#context;
    const look = { first: this.#first, step: this.#step, lookback: lookbackMs };
    if (samples.histograms === null) fillSmoothed(samples, look, out, budget.spending);
    else
      fillSmoothedMixed(samples, look, out, budget.spending, {
        metricName: set.labels(row).get(METRIC_NAME),
        annotations,
        position: this.#position,
      });
    budget.hold(out.present.length);
    budget.spend(samples.length + out.present.length);
    return out;
  }
}
