import { createSampleColumn, type SampleColumn } from '../../../storage/query.ts';
import type { InstantSelectPlan } from '../../plan/plan.ts';
import { addSelection, type QueryContext, type Selection } from '../context.ts';
import { gridEnd } from '../grid.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { QueryError } from '../query-error.ts';
import type { Scope } from '../scope.ts';
import { createStepColumn, type StepColumn } from '../step-column.ts';
import { removeStaleMarkers } from './range-selector.ts';
import { selectionHeads } from './selection-heads.ts';

/**
 * A `smoothed` instant selector: between two samples the value lies on the line that joins them; after the last one
 * within the lookback it stays.
 */
export class SmoothedSelector implements VectorOperator {
  readonly #context: QueryContext;
  readonly #selection: Selection;
  readonly #first: number;
  readonly #step: number;
  readonly #samples: SampleColumn = createSampleColumn(0);
  readonly #out: StepColumn;
  #row = 0;

  constructor(plan: InstantSelectPlan, scope: Scope, context: QueryContext) {
    const { grid } = scope;
    this.#context = context;
    this.#first = (plan.at ?? grid.start) - plan.offsetMs;
    this.#step = plan.at === null ? grid.step : 0;
    this.#out = createStepColumn(grid.count);
    const last = plan.at === null ? gridEnd(grid) - plan.offsetMs : this.#first;
    this.#selection = addSelection(context, {
      matchers: plan.matchers,
      range: { minTime: this.#first - context.lookbackMs + 1, maxTime: last + context.lookbackMs },
      sorted: false,
      limit: 0,
    });
  }

  async series(): Promise<SeriesHeads> {
    return selectionHeads(this.#selection);
  }

  next(): StepColumn | null {
    const set = this.#selection.series!;
    if (this.#row === set.length) return null;
    const samples = this.#samples;
    set.read(this.#row++, samples);
    removeStaleMarkers(samples);
    const out = this.#out;
    out.histograms = null;
    if (samples.histograms?.some((histogram) => histogram !== undefined)) {
      throw new QueryError('execution', 'smoothed selectors over native histograms are not supported yet');
    }
    this.#fill(samples, out);
    this.#context.budget.hold(out.present.length);
    this.#context.budget.spend(samples.length + out.present.length);
    return out;
  }

  #fill(samples: SampleColumn, out: StepColumn): void {
    const { times, values, length } = samples;
    const { lookbackMs } = this.#context;
    let next = 0;
    for (let i = 0; i < out.present.length; i++) {
      const time = this.#first + i * this.#step;
      while (next < length && times[next]! < time) next++;
      const before = next - 1;
      const hasBefore = before >= 0 && times[before]! > time - lookbackMs;
      const hasAfter = next < length && times[next]! <= time + lookbackMs;
      out.present[i] = 1;
      if (hasAfter && times[next] === time) out.values[i] = values[next]!;
      else if (hasBefore && hasAfter) out.values[i] = between(samples, before, next, time);
      else if (hasBefore) out.values[i] = values[before]!;
      else out.present[i] = 0;
    }
  }
}

function between({ times, values }: SampleColumn, before: number, after: number, time: number): number {
  const rise = values[after]! - values[before]!;
  return values[before]! + (rise * (time - times[before]!)) / (times[after]! - times[before]!);
}
