import type { Spend } from '../../../kernels/blocks.ts';
import type { FloatHistogram } from '../../../model/histogram.ts';
import { isCounterReset } from '../../../model/histogram-resets.ts';
import { histogramWork } from '../../../model/histogram-work.ts';
import type { SampleColumn } from '../../../storage/query.ts';
import type { Window } from '../../steps/grid.ts';
import { isStaleHistogram } from './fill-newest.ts';

/**
 * Reduces the histograms of a series to count and sum. Counter resets are decided before, as long as the buckets are
 * there: what was unknown becomes `reset` or `notReset` after the first sample. Where `windows` leave samples out between
 * them, the first one behind them has nothing that it could be compared with, as in the reference.
 */
export function keepStatistics(samples: SampleColumn, windows: Window, spend: Spend): void {
  const { histograms, length, times } = samples;
  if (histograms === null) return;
  let last: FloatHistogram | null = null;
  for (let i = 0; i < length; i++) {
    const histogram = histograms[i];
    spend(histogramWork(histogram));
    if (i > 0 && isBeforeGap(times[i - 1]!, windows)) last = null;
    if (histogram === undefined || isStaleHistogram(histogram)) continue;
    let hint = histogram.counterResetHint;
    if (hint === 'unknown' && last !== null) hint = isCounterReset(histogram, last) ? 'reset' : 'notReset';
    last = { ...histogram, counterResetHint: hint };
    histograms[i] = {
      kind: 'float',
      counterResetHint: hint,
      schema: histogram.schema,
      count: histogram.count,
      sum: histogram.sum,
      zeroThreshold: 0,
      zeroCount: 0,
      positiveSpans: [],
      positiveCounts: [],
      negativeSpans: [],
      negativeCounts: [],
      customValues: [],
    };
  }
}

/** True for the last sample of a window, and those behind it, where a later window begins after them. */
function isBeforeGap(time: number, { firstEnd, step, count, range }: Window): boolean {
  if (step <= range || time < firstEnd) return false;
  const next = Math.floor((time - firstEnd) / step) + 1;
  return next < count && time < firstEnd + next * step - range;
}
