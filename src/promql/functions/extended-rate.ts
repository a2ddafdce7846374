import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import { mixedFloatsHistograms } from './annotation-texts.ts';
import type { RangeContext } from './contracts.ts';
import { type ExtendedWindow, extendedHistogramRate } from './extended-histogram-rate.ts';
import { firstAfter } from './first-after.ts';
import { type FloatSamples, floatPart, histogramPart, otherBounds, reusedBounds } from './range-input.ts';
import { type RateKind, seconds } from './rate-kind.ts';

/**
 * rate, increase and delta of `anchored` and `smoothed` selectors: no extrapolation. Anchored, a window's change counts
 * from the last sample at or before its start; smoothed, the values at both ends are interpolated between their
 * neighbours. Either looks back, and smoothed also ahead, by the lookback.
 */
export function extendedRate(
  kind: RateKind,
  samples: SampleColumn,
  window: Window,
  out: StepColumn,
  context: RangeContext,
): void {
  const { lookbackMs } = context;
  const smoothed = context.extension === 'smoothed';
  const ahead = smoothed ? lookbackMs : 0;
  const reach = { ...window, firstEnd: window.firstEnd + ahead, range: window.range + lookbackMs + ahead };
  const floats = floatPart(samples, context);
  const { from, to } = reusedBounds(floats, reach, context);
  const histograms = samples.histograms === null ? null : histogramPart(samples, context);
  const histogramBounds = histograms === null ? null : otherBounds(histograms, reach, context);
  for (let i = 0; i < window.count; i++) {
    context.spend(1 + to[i]! - from[i]!);
    const end = window.firstEnd + i * window.step;
    const start = end - window.range;
    const hasFloats = from[i]! < to[i]!;
    const hasHistograms = histogramBounds !== null && histogramBounds.from[i]! < histogramBounds.to[i]!;
    out.present[i] = 0;
    if (hasFloats && hasHistograms) {
      context.annotations.warn(mixedFloatsHistograms(context.metricName), context.argPositions[0]!);
    } else if (hasHistograms) {
      const span = { from: histogramBounds.from[i]!, to: histogramBounds.to[i]!, start, end };
      const result = extendedHistogramRate(kind, histograms!, span, smoothed, context);
      if (result === null) continue;
      out.histograms ??= new Array(window.count).fill(undefined);
      out.histograms[i] = result;
      out.present[i] = 1;
    } else if (hasFloats) {
      const span = { from: from[i]!, to: to[i]!, start, end };
      const change = changeWithin(floats, span, kind.isCounter, smoothed, context.spend);
      if (change === null) continue;
      out.values[i] = kind.isRate ? change / seconds(window.range) : change;
      out.present[i] = 1;
    }
  }
}

function changeWithin(
  { times, values }: FloatSamples,
  { end, from, start, to }: ExtendedWindow,
  isCounter: boolean,
  smoothed: boolean,
  spend: Spend,
): number | null {
  let last = to - 1;
  let first = Math.max(from, firstAfter(times, from, last, start, false) - 1);
  if (smoothed) last = firstAfter(times, from, last, end, true);
  if (times[last]! <= start || (smoothed && times[first]! > end)) return null;
  const left = smoothed && times[first]! < start ? interpolate(times, values, first, start, isCounter) : values[first]!;
  const right =
    smoothed && last > from && times[last]! > end
      ? interpolate(times, values, last - 1, end, isCounter)
      : values[last]!;
  let change = right - left;
  if (!isCounter) return change;
  // Resets between the ends; the interpolated ends have dealt with theirs.
  if (times[first]! <= start) first++;
  if (times[last]! >= end) last--;
  let lost = 0;
  let previous = left;
  for (let i = first; i <= last; ) {
    const stop = blockEnd(i, last + 1, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      if (value < previous) lost += previous;
      previous = value;
    }
  }
  if (right < previous) lost += previous;
  change += lost;
  return change;
}

/** Value at `time` on the line from sample `index` to the next; a counter that was reset between them rises from 0. */
function interpolate(
  times: Float64Array,
  values: Float64Array,
  index: number,
  time: number,
  isCounter: boolean,
): number {
  const after = values[index + 1]!;
  const before = isCounter && after < values[index]! ? 0 : values[index]!;
  return before + ((after - before) * (time - times[index]!)) / (times[index + 1]! - times[index]!);
}
