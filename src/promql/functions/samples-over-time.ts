import { blockEnd } from '../../kernels/blocks.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { RangeFunction } from './contracts.ts';
import { reusedBounds } from './range-input.ts';

/** Functions that look at samples of any kind: how many there are, the first and the last. */

export const countOverTime: RangeFunction = (samples, window, out, context) => {
  const { from, to } = reusedBounds(samples, window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) {
      const count = to[i]! - from[i]!;
      out.values[i] = count;
      out.present[i] = count === 0 ? 0 : 1;
    }
  }
};

export const presentOverTime: RangeFunction = (samples, window, out, context) => {
  const { from, to } = reusedBounds(samples, window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) {
      out.values[i] = 1;
      out.present[i] = from[i] === to[i] ? 0 : 1;
    }
  }
};

export const firstOverTime: RangeFunction = (samples, window, out, context) => {
  const { from, to } = reusedBounds(samples, window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) takeSample(samples, from[i]!, from[i] === to[i], i, window, out);
  }
};

export const lastOverTime: RangeFunction = (samples, window, out, context) => {
  const { from, to } = reusedBounds(samples, window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) takeSample(samples, to[i]! - 1, from[i] === to[i], i, window, out);
  }
};

/** Time of the first sample of each window, in seconds. */
export const tsOfFirstOverTime: RangeFunction = (samples, window, out, context) => {
  const { from, to } = reusedBounds(samples, window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) {
      const empty = from[i] === to[i];
      out.present[i] = empty ? 0 : 1;
      if (!empty) out.values[i] = samples.times[from[i]!]! / 1000;
    }
  }
};

export const tsOfLastOverTime: RangeFunction = (samples, window, out, context) => {
  const { from, to } = reusedBounds(samples, window, context);
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) {
      const empty = from[i] === to[i];
      out.present[i] = empty ? 0 : 1;
      if (!empty) out.values[i] = samples.times[to[i]! - 1]! / 1000;
    }
  }
};

function takeSample(
  samples: SampleColumn,
  index: number,
  empty: boolean,
  step: number,
  window: Window,
  out: StepColumn,
): void {
  out.present[step] = empty ? 0 : 1;
  if (empty) return;
  out.values[step] = samples.values[index]!;
  const histogram = samples.histograms?.[index];
  if (histogram === undefined) return;
  out.histograms ??= new Array(window.count).fill(undefined);
  out.histograms[step] = histogram;
}
