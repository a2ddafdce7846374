import { startsAnew } from '../../kernels/counter-resets.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { compactHistogram, divideHistogram, withHint } from '../../model/histogram-ops.ts';
import { isCounterReset } from '../../model/histogram-resets.ts';
import { histogramWork } from '../../model/histogram-work.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import { mixedFloatsHistograms, nativeHistogramNotCounter, nativeHistogramNotGauge } from './annotation-texts.ts';
import type { Bounds, RangeContext } from './contracts.ts';
import { subtractNoting } from './histogram-sums.ts';

/** irate and idelta of a series in which there are histograms. */
export function instantRateOfMixed(
  isRate: boolean,
  samples: SampleColumn,
  { from, to }: Bounds,
  window: Window,
  out: StepColumn,
  context: RangeContext,
): void {
  const { times, values } = samples;
  const histograms = samples.histograms!;
  const startTimes = context.features.useStartTimestamps && isRate ? samples.startTimes : null;
  for (let i = 0; i < window.count; i++) {
    const last = to[i]! - 1;
    context.spend(histogramWork(histograms[last]));
    out.present[i] = 0;
    if (last <= from[i]!) continue;
    const now = histograms[last];
    const before = histograms[last - 1];
    const interval = (times[last]! - times[last - 1]!) / 1000;
    const startedAnew = startTimes !== null && startsAnew(times, startTimes, last);
    if (now === undefined && before === undefined) {
      const isReset = isRate && (startedAnew || values[last]! < values[last - 1]!);
      const change = isReset ? values[last]! : values[last]! - values[last - 1]!;
      out.values[i] = isRate ? change / interval : change;
      out.present[i] = 1;
    } else if (now === undefined || before === undefined) {
      context.annotations.warn(mixedFloatsHistograms(context.metricName), context.argPositions[0]!);
    } else {
      const change = changeBetween(isRate, now, before, startedAnew, context);
      if (change === null) continue;
      out.histograms ??= new Array(window.count).fill(undefined);
      out.histograms[i] = isRate ? divideHistogram(change, interval) : change;
      out.present[i] = 1;
    }
  }
}

function changeBetween(
  isRate: boolean,
  now: FloatHistogram,
  before: FloatHistogram,
  startedAnew: boolean,
  context: RangeContext,
): FloatHistogram | null {
  const gauges = Number(now.counterResetHint === 'gauge') + Number(before.counterResetHint === 'gauge');
  const position = context.argPositions[0]!;
  if (isRate && gauges > 0) context.annotations.warn(nativeHistogramNotCounter(context.metricName), position);
  if (!isRate && gauges < 2) context.annotations.warn(nativeHistogramNotGauge(context.metricName), position);
  const isReset = isRate && (startedAnew || isCounterReset(now, before));
  const change = isReset ? now : subtractNoting(now, before, context);
  return change === null ? null : withHint(compactHistogram(change), 'gauge');
}
