import { lastChange } from '../../kernels/extrapolated-rate.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { RangeContext, RangeFunction } from './contracts.ts';
import { instantRateOfMixed } from './mixed-instant-rate.ts';
import { reusedBounds } from './range-input.ts';
import { listResets } from './rate.ts';

/** Increase per second between the last two samples. */
export const irate: RangeFunction = (samples, window, out, context) => {
  fillInstantRate(true, samples, window, out, context);
};

/** Difference between the last two samples. */
export const idelta: RangeFunction = (samples, window, out, context) => {
  fillInstantRate(false, samples, window, out, context);
};

function fillInstantRate(
  isRate: boolean,
  samples: SampleColumn,
  window: Window,
  out: StepColumn,
  context: RangeContext,
): void {
  const { from, to } = reusedBounds(samples, window, context);
  if (samples.histograms !== null) {
    instantRateOfMixed(isRate, samples, { from, to }, window, out, context);
    return;
  }
  const startTimes = context.features.useStartTimestamps && isRate ? samples.startTimes : null;
  const resets = listResets(samples, startTimes, context);
  const { present, values } = out;
  lastChange(samples.times, samples.values, resets, from, to, window.count, isRate, values, present, context.spend);
}
