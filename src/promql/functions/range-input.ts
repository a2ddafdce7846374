import { blockEnd } from '../../kernels/blocks.ts';
import { windowBounds } from '../../kernels/window-bounds.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import { histogramIgnoredInMixedRange } from './annotation-texts.ts';
import type { Bounds, RangeContext } from './contracts.ts';

/** The float samples of a series; `length` valid entries. */
export interface FloatSamples {
  readonly length: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly startTimes: Float64Array | null;
}

/** The histogram samples of a series. */
export interface HistogramSamples {
  readonly length: number;
  readonly times: Float64Array;
  readonly histograms: readonly FloatHistogram[];
  readonly startTimes: Float64Array | null;
}

/** The float samples: the column itself in the usual case that it holds nothing else. */
export function floatPart(samples: SampleColumn, { spend, work }: RangeContext): FloatSamples {
  const { histograms } = samples;
  if (histograms === null) return samples;
  const { length: all, startTimes, times, values } = samples;
  const partTimes = work.floats(FLOAT_PARTS, all);
  const partValues = work.floats(FLOAT_PARTS + 1, all);
  const partStarts = startTimes === null ? null : work.floats(FLOAT_PARTS + 2, all);
  let length = 0;
  for (let i = 0; i < all; ) {
    const stop = blockEnd(i, all, spend);
    for (; i < stop; i++) {
      if (histograms[i] !== undefined) continue;
      partTimes[length] = times[i]!;
      partValues[length] = values[i]!;
      if (partStarts !== null) partStarts[length] = startTimes![i]!;
      length++;
    }
  }
  return { length, times: partTimes, values: partValues, startTimes: partStarts };
}

export function histogramPart(samples: SampleColumn, { spend, work }: RangeContext): HistogramSamples {
  const { histograms, length: all, startTimes } = samples;
  const times = work.floats(HISTOGRAM_PARTS, all);
  const partStarts = startTimes === null ? null : work.floats(HISTOGRAM_PARTS + 1, all);
  const found: FloatHistogram[] = [];
  for (let i = 0; i < all && histograms !== null; ) {
    const stop = blockEnd(i, all, spend);
    for (; i < stop; i++) {
      const histogram = histograms[i];
      if (histogram === undefined) continue;
      times[found.length] = samples.times[i]!;
      if (partStarts !== null) partStarts[found.length] = startTimes![i]!;
      found.push(histogram);
    }
  }
  return { length: found.length, times, histograms: found, startTimes: partStarts };
}

/** Slots of work arrays: floats of the two parts of a series, and integers of the bounds of windows in them. */
const FLOAT_PARTS = 4;
const HISTOGRAM_PARTS = 7;
const REUSED_BOUNDS = 2;
const OTHER_BOUNDS = 4;

/**
 * The windows' bounds in the column at hand, or in its float part, in arrays that the next call of this function, or the
 * next series, overwrites.
 */
export function reusedBounds(samples: FloatSamples, window: Window, context: RangeContext): Bounds {
  const { bounds } = context;
  if (bounds !== null && bounds.samples === samples) return bounds;
  return boundsIn(REUSED_BOUNDS, samples, window, context);
}

/** The same in other arrays, for samples beside those. */
export function otherBounds(
  samples: { readonly times: Float64Array; readonly length: number },
  window: Window,
  context: RangeContext,
): Bounds {
  return boundsIn(OTHER_BOUNDS, samples, window, context);
}

/** For functions that see floats only: tells the user where a window held histograms beside floats. */
export function reportIgnoredHistograms(
  samples: SampleColumn,
  floatBounds: Bounds,
  window: Window,
  context: RangeContext,
): void {
  if (samples.histograms === null) return;
  const { from, to } = otherBounds(histogramPart(samples, context), window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) {
      if (from[i] === to[i] || floatBounds.from[i] === floatBounds.to[i]) continue;
      context.annotations.info(histogramIgnoredInMixedRange(context.metricName), context.argPositions[0]!);
      return;
    }
  }
}

function boundsIn(
  slot: number,
  samples: { readonly times: Float64Array; readonly length: number },
  { count, firstEnd, range, step }: Window,
  { spend, work }: RangeContext,
): Bounds {
  const from = work.integers(slot, count);
  const to = work.integers(slot + 1, count);
  windowBounds(samples.times, samples.length, firstEnd, step, count, range, from, to, spend);
  return { from, to };
}
