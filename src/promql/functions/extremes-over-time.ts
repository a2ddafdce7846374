import { slidingMaximum, slidingMinimum } from '../../kernels/sliding-extreme.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../exec/grid.ts';
import type { StepColumn } from '../exec/step-column.ts';
import type { RangeContext, RangeFunction } from './contracts.ts';
import { type FloatSamples, floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';
import { workIntegers } from './work-arrays.ts';

/** Largest float of each window; NaN only where a window holds nothing else. */
export const maxOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatsWithExtremes(samples, window, context, slidingMaximum, false);
  writeValues(floats, window, out);
};

export const minOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatsWithExtremes(samples, window, context, slidingMinimum, false);
  writeValues(floats, window, out);
};

/** Time of the largest float of each window, in seconds; the latest of equal ones. */
export const tsOfMaxOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatsWithExtremes(samples, window, context, slidingMaximum, true);
  writeTimes(floats, window, out);
};

export const tsOfMinOverTime: RangeFunction = (samples, window, out, context) => {
  const floats = floatsWithExtremes(samples, window, context, slidingMinimum, true);
  writeTimes(floats, window, out);
};

/** Where each window's extreme lies, -1 for none; filled by `floatsWithExtremes`. */
let extremeAt = new Int32Array(0);

function floatsWithExtremes(
  samples: SampleColumn,
  window: Window,
  context: RangeContext,
  slide: typeof slidingMaximum,
  latest: boolean,
): FloatSamples {
  const floats = floatPart(samples);
  const bounds = reusedBounds(floats, window, context);
  if (extremeAt.length < window.count) extremeAt = new Int32Array(2 * window.count);
  const queue = workIntegers(0, floats.length);
  slide(floats.values, bounds.from, bounds.to, window.count, latest, queue, extremeAt);
  reportIgnoredHistograms(samples, bounds, window, context);
  return floats;
}

function writeValues(floats: FloatSamples, window: Window, { values, present }: StepColumn): void {
  for (let i = 0; i < window.count; i++) {
    const at = extremeAt[i]!;
    present[i] = at < 0 ? 0 : 1;
    if (at >= 0) values[i] = floats.values[at]!;
  }
}

function writeTimes(floats: FloatSamples, window: Window, { values, present }: StepColumn): void {
  for (let i = 0; i < window.count; i++) {
    const at = extremeAt[i]!;
    present[i] = at < 0 ? 0 : 1;
    if (at >= 0) values[i] = floats.times[at]! / 1000;
  }
}
