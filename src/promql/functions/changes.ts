import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import { startsAnew } from '../../kernels/counter-resets.ts';
import { changesUpTo, countedWithin, resetsUpTo } from '../../kernels/value-changes.ts';
import { histogramsEqual } from '../../model/histogram-compare.ts';
import { isCounterReset } from '../../model/histogram-resets.ts';
import { histogramWork } from '../../model/histogram-work.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { Bounds, RangeContext, RangeFunction } from './contracts.ts';
import { reusedBounds } from './range-input.ts';
import { listResets } from './rate.ts';

/** How often a sample differs from the one before it. */
export const changes: RangeFunction = (samples, window, out, context) => {
  const upTo = context.work.integers(1, samples.length);
  const { spend } = context;
  if (samples.histograms === null) changesUpTo(samples.values, samples.length, upTo, spend);
  else countSteps(samples, upTo, spend, hasChanged);
  const { from, to } = anchoredBounds(samples, window, context);
  countedWithin(upTo, from, to, window.count, out.values, out.present, spend);
};

/** How often a sample lies below the one before it. */
export const resets: RangeFunction = (samples, window, out, context) => {
  const upTo = context.work.integers(1, samples.length);
  const { spend } = context;
  const startTimes = context.features.useStartTimestamps ? samples.startTimes : null;
  if (samples.histograms === null) {
    const list = listResets(samples, startTimes, context);
    resetsUpTo(list.at, list.count, samples.length, upTo, spend);
  } else {
    countSteps(samples, upTo, spend, (column, index) => isReset(column, startTimes, index));
  }
  const { from, to } = anchoredBounds(samples, window, context);
  countedWithin(upTo, from, to, window.count, out.values, out.present, spend);
};

/**
 * The samples to compare: those of the window and, for an anchored selector, the one before it, which is the newest at or
 * before the window's start that is not older than the lookback. A window without samples of its own stays empty.
 */
function anchoredBounds(samples: SampleColumn, window: Window, context: RangeContext): Bounds {
  const bounds = reusedBounds(samples, window, context);
  if (context.extension !== 'anchored') return bounds;
  const { from, to } = bounds;
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) {
      const first = from[i]!;
      const reach = window.firstEnd + i * window.step - window.range - context.lookbackMs;
      if (first !== to[i] && first > 0 && samples.times[first - 1]! > reach) from[i] = first - 1;
    }
  }
  return bounds;
}

function countSteps(
  samples: SampleColumn,
  upTo: Uint32Array,
  spend: Spend,
  isCounted: (samples: SampleColumn, index: number) => boolean,
): void {
  let count = 0;
  upTo[0] = 0;
  for (let i = 1; i < samples.length; i++) {
    spend(histogramWork(samples.histograms![i]));
    if (isCounted(samples, i)) count++;
    upTo[i] = count;
  }
}

function hasChanged({ values, histograms }: SampleColumn, index: number): boolean {
  const now = histograms![index];
  const before = histograms![index - 1];
  if (now !== undefined && before !== undefined) return !histogramsEqual(now, before);
  if (now !== undefined || before !== undefined) return true;
  const value = values[index]!;
  const previous = values[index - 1]!;
  return value !== previous && !(Number.isNaN(value) && Number.isNaN(previous));
}

function isReset(samples: SampleColumn, startTimes: Float64Array | null, index: number): boolean {
  const now = samples.histograms![index];
  const before = samples.histograms![index - 1];
  if ((now === undefined) !== (before === undefined)) return true;
  if (startTimes !== null && startsAnew(samples.times, startTimes, index)) return true;
  if (now !== undefined && before !== undefined) return isCounterReset(now, before);
  return samples.values[index]! < samples.values[index - 1]!;
}
