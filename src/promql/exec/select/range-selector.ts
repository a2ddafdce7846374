import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import { STALE_HIGH, STALE_LOW } from '../../../model/stale.ts';
import type { SampleColumn } from '../../../storage/query.ts';
import type { RangeSelectPlan } from '../../plan/plan.ts';
import { gridEnd, type Window } from '../../steps/grid.ts';
import { addSelection, type QueryContext, type Selection } from '../context.ts';
import type { RangeOperator, SeriesHeads } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { isStaleHistogram } from './fill-newest.ts';
import { keepStatistics } from './histogram-statistics.ts';
import { matchersOf, selectionHeads } from './selection-heads.ts';

/** Gives the raw samples of every series that a range selector found, stale markers taken out. */
export class RangeSelector implements RangeOperator {
  readonly window: Window;
  readonly seen: Window;
  readonly isRead = true;
  readonly #statisticsOnly: boolean;
  readonly #selection: Selection;
  readonly #context: QueryContext;
  #row = 0;

  constructor(plan: RangeSelectPlan, scope: Scope, context: QueryContext) {
    const { grid } = scope;
    this.#statisticsOnly = plan.statisticsOnly;
    this.#context = context;
    const firstEnd = (plan.at ?? grid.start) - plan.offsetMs;
    const lastEnd = plan.at === null ? gridEnd(grid) - plan.offsetMs : firstEnd;
    const step = plan.at === null ? grid.step : 0;
    this.window = { firstEnd, step, count: grid.count, range: plan.rangeMs };
    const before = plan.extension === 'none' ? 0 : context.lookbackMs;
    const after = plan.extension === 'smoothed' ? context.lookbackMs : 0;
    this.seen = { firstEnd: firstEnd + after, step, count: grid.count, range: plan.rangeMs + before + after };
    this.#selection = addSelection(context, plan, grid.count, {
      ...matchersOf(plan),
      range: { minTime: firstEnd - plan.rangeMs - before + 1, maxTime: lastEnd + after },
      sorted: false,
      limit: 0,
    });
  }

  async series(): Promise<SeriesHeads> {
    return selectionHeads(this.#selection, this.#context);
  }

  next(into: SampleColumn): boolean {
    const set = this.#selection.series!;
    if (this.#row === set.length) return false;
    set.read(this.#row++, into);
    const { budget } = this.#context;
    budget.noteHistograms(into);
    const { spending } = budget;
    if (this.#statisticsOnly) keepStatistics(into, this.seen, spending);
    removeStaleMarkers(into, spending);
    return true;
  }
}

/** Closes the gaps in place; values are moved by their bits, so that NaN payloads stay. */
export function removeStaleMarkers(samples: SampleColumn, spend: Spend): void {
  if (samples.histograms === null && !hasNaN(samples, spend)) return;
  const { times, bits, startTimes, histograms } = samples;
  const { length } = samples;
  let kept = 0;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const low = bits[2 * i]!;
      const high = bits[2 * i + 1]!;
      if (low === STALE_LOW && high === STALE_HIGH) continue;
      if (histograms !== null) {
        const histogram = histograms[i];
        if (histogram !== undefined && isStaleHistogram(histogram)) continue;
        if (kept !== i) histograms[kept] = histogram;
      }
      if (kept !== i) {
        times[kept] = times[i]!;
        bits[2 * kept] = low;
        bits[2 * kept + 1] = high;
        if (startTimes !== null) startTimes[kept] = startTimes[i]!;
      }
      kept++;
    }
  }
  samples.length = kept;
  if (histograms !== null) histograms.length = Math.min(histograms.length, kept);
}

/** Only a NaN can be a marker, and most series have none. */
function hasNaN({ values, length }: SampleColumn, spend: Spend): boolean {
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      // biome-ignore lint/suspicious/noSelfCompare: the cheap test for NaN
      if (value !== value) return true;
    }
  }
  return false;
}
