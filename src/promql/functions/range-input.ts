import { windowBounds } from '../../kernels/window-bounds.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../exec/grid.ts';
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
export function floatPart(samples: SampleColumn): FloatSamples {
  const { histograms, length, startTimes } = samples;
  if (histograms === null) return samples;
  const rows: number[] = [];
  for (let i = 0; i < length; i++) if (histograms[i] === undefined) rows.push(i);
  return {
    length: rows.length,
    times: Float64Array.from(rows, (row) => samples.times[row]!),
    values: Float64Array.from(rows, (row) => samples.values[row]!),
    startTimes: startTimes === null ? null : Float64Array.from(rows, (row) => startTimes[row]!),
  };
}

export function histogramPart(samples: SampleColumn): HistogramSamples {
  const { histograms, length, startTimes } = samples;
  const rows: number[] = [];
  if (histograms !== null) for (let i = 0; i < length; i++) if (histograms[i] !== undefined) rows.push(i);
  return {
    length: rows.length,
    times: Float64Array.from(rows, (row) => samples.times[row]!),
    histograms: rows.map((row) => histograms![row]!),
    startTimes: startTimes === null ? null : Float64Array.from(rows, (row) => startTimes[row]!),
  };
}

/** Reused by `reusedBounds`: one series is worked on at a time. */
let reused: Bounds = { from: new Uint32Array(0), to: new Uint32Array(0) };

/**
 * The windows' bounds in the column at hand, or in its float part, in arrays that the next call of this function, or the
 * next series, overwrites.
 */
export function reusedBounds(samples: FloatSamples, window: Window, { bounds }: RangeContext): Bounds {
  if (bounds !== null && bounds.samples === samples) return bounds;
  if (reused.from.length < window.count) {
    reused = { from: new Uint32Array(2 * window.count), to: new Uint32Array(2 * window.count) };
  }
  fillBounds(samples, window, reused);
  return reused;
}

/** The windows' bounds in arrays of their own. */
export function ownBounds(samples: { readonly times: Float64Array; readonly length: number }, window: Window): Bounds {
  const bounds = { from: new Uint32Array(window.count), to: new Uint32Array(window.count) };
  fillBounds(samples, window, bounds);
  return bounds;
}

/** For functions that see floats only: tells the user where a window held histograms beside floats. */
export function reportIgnoredHistograms(
  samples: SampleColumn,
  floatBounds: Bounds,
  window: Window,
  context: RangeContext,
): void {
  if (samples.histograms === null) return;
  const { from, to } = ownBounds(histogramPart(samples), window);
  for (let i = 0; i < window.count; i++) {
    if (from[i] === to[i] || floatBounds.from[i] === floatBounds.to[i]) continue;
    context.annotations.info(histogramIgnoredInMixedRange(context.metricName), context.argPositions[0]!);
    return;
  }
}

function fillBounds(
  samples: { readonly times: Float64Array; readonly length: number },
  window: Window,
  { from, to }: Bounds,
): void {
  windowBounds(samples.times, samples.length, window.firstEnd, window.step, window.count, window.range, from, to);
}
