import { blockEnd } from '../../../kernels/blocks.ts';
import type { FloatHistogram } from '../../../model/histogram.ts';
import { reserveSampleColumn, type SampleColumn } from '../../../storage/query.ts';
import type { SubqueryPlan } from '../../plan/plan.ts';
import { type Grid, gridBetween, gridEnd, type Window } from '../../steps/grid.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import type { RangeOperator, SeriesHeads, VectorOperator } from '../operator.ts';

/** Gives the values of an inner query, which runs on a grid of its own, as if they were stored samples. */
export class Subquery implements RangeOperator {
  readonly window: Window;
  readonly isRead = false;
  readonly #input: VectorOperator;
  readonly #inner: Grid;
  readonly #budget: QueryBudget;

  constructor(plan: SubqueryPlan, outer: Grid, inner: Grid, input: VectorOperator, budget: QueryBudget) {
    const firstEnd = (plan.at ?? outer.start) - plan.offsetMs;
    this.window = { firstEnd, step: plan.at === null ? outer.step : 0, count: outer.count, range: plan.rangeMs };
    this.#input = input;
    this.#inner = inner;
    this.#budget = budget;
  }

  get seen(): Window {
    return this.window;
  }

  series(): Promise<SeriesHeads> {
    return this.#input.series();
  }

  next(into: SampleColumn): boolean {
    const column = this.#input.next();
    if (column === null) return false;
    samplesFromColumn(column, this.#inner, into, this.#budget);
    return true;
  }
}

/** The inner grid: multiples of the step, after the start of the first window up to the end of the last. */
export function subqueryGrid(plan: SubqueryPlan, outer: Grid): Grid {
  const firstEnd = (plan.at ?? outer.start) - plan.offsetMs;
  const lastEnd = plan.at === null ? gridEnd(outer) - plan.offsetMs : firstEnd;
  const start = (Math.floor((firstEnd - plan.rangeMs) / plan.stepMs) + 1) * plan.stepMs;
  return gridBetween(start, lastEnd, plan.stepMs);
}

function samplesFromColumn(column: StepColumn, grid: Grid, into: SampleColumn, budget: QueryBudget): void {
  const { present, values, histograms } = column;
  into.length = 0;
  reserveSampleColumn(into, present.length);
  into.startTimes = null;
  const found: (FloatHistogram | undefined)[] | null = histograms === null ? null : [];
  const { times } = into;
  const target = into.values;
  let length = 0;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, budget.spending);
    for (; i < stop; i++) {
      if (present[i] === 0) continue;
      times[length] = grid.start + i * grid.step;
      target[length] = values[i]!;
      if (found !== null) found[length] = forgetReset(histograms![i]);
      length++;
    }
  }
  into.histograms = found;
  into.length = length;
  budget.noteHistograms(into);
}

/**
 * What a histogram says of a reset before it does not hold for the samples of a subquery, which may skip or repeat
 * stored ones.
 */
function forgetReset(histogram: FloatHistogram | undefined): FloatHistogram | undefined {
  if (histogram === undefined || histogram.counterResetHint === 'unknown') return histogram;
  if (histogram.counterResetHint === 'gauge') return histogram;
  return { ...histogram, counterResetHint: 'unknown' };
}
