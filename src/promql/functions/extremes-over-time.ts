import { blockEnd } from '../../kernels/blocks.ts';
import { slidingMaximum, slidingMinimum } from '../../kernels/sliding-extreme.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { RangeContext, RangeFunction } from './contracts.ts';
import { type FloatSamples, floatPart, reportIgnoredHistograms, reusedBounds } from './range-input.ts';

/** Largest float of each window; NaN only where a window holds nothing else. */
export const maxOverTime: RangeFunction = (samples, window, out, context) => {
  writeValues(extremes(samples, window, context, slidingMaximum, false), out, context);
};

export const minOverTime: RangeFunction = (samples, window, out, context) => {
  writeValues(extremes(samples, window, context, slidingMinimum, false), out, context);
};

/** Time of the largest float of each window, in seconds; the latest of equal ones. */
export const tsOfMaxOverTime: RangeFunction = (samples, window, out, context) => {
  writeTimes(extremes(samples, window, context, slidingMaximum, true), out, context);
};

export const tsOfMinOverTime: RangeFunction = (samples, window, out, context) => {
  writeTimes(extremes(samples, window, context, slidingMinimum, true), out, context);
};

interface Extremes {
  readonly floats: FloatSamples;
  /** Where each window's extreme lies, -1 for none. */
  readonly at: Int32Array;
}

/** Slots of work arrays. */
const QUEUE = 0;
const PLACES = 1;

function extremes(
  samples: SampleColumn,
  window: Window,
  context: RangeContext,
  slide: typeof slidingMaximum,
  latest: boolean,
): Extremes {
  const { spend, work } = context;
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  const at = new Int32Array(work.integers(PLACES, window.count).buffer, 0, window.count);
  const queue = work.integers(QUEUE, floats.length);
  slide(floats.values, bounds.from, bounds.to, window.count, latest, queue, at, spend);
  reportIgnoredHistograms(samples, bounds, window, context);
  return { floats, at };
}

function writeValues({ at, floats }: Extremes, { present, values }: StepColumn, { spend }: RangeContext): void {
  for (let i = 0; i < at.length; ) {
    const stop = blockEnd(i, at.length, spend);
    for (; i < stop; i++) {
      const place = at[i]!;
      present[i] = place < 0 ? 0 : 1;
      if (place >= 0) values[i] = floats.values[place]!;
    }
  }
}

function writeTimes({ at, floats }: Extremes, { present, values }: StepColumn, { spend }: RangeContext): void {
  for (let i = 0; i < at.length; ) {
    const stop = blockEnd(i, at.length, spend);
    for (; i < stop; i++) {
      const place = at[i]!;
      present[i] = place < 0 ? 0 : 1;
      if (place >= 0) values[i] = floats.times[place]! / 1000;
    }
  }
}
