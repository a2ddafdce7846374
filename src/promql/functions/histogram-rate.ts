import { startOverlaps, startsAnew } from '../../kernels/counter-resets.ts';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../model/histogram.ts';
import { coarserHistogram, compactHistogram, scaleHistogram, withHint } from '../../model/histogram-ops.ts';
import { isCounterReset } from '../../model/histogram-resets.ts';
import { histogramWork } from '../../model/histogram-work.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import { mixedExponentialCustom, nativeHistogramNotCounter, nativeHistogramNotGauge } from './annotation-texts.ts';
import type { Bounds, RangeContext } from './contracts.ts';
import { addNoting, subtractNoting } from './histogram-sums.ts';
import { fillHistogramSteps, type HistogramWindow } from './histogram-windows.ts';
import { type RateKind, seconds } from './rate-kind.ts';

/** Gaps at a window's ends up to this share of the average sample distance are taken as covered by the series. */
const EXTRAPOLATION_THRESHOLD = 1.1;

/** rate, increase or delta of the windows that hold histograms; the rules are those for floats. */
export function rateOfHistograms(
  kind: RateKind,
  samples: SampleColumn,
  floatBounds: Bounds,
  window: Window,
  out: StepColumn,
  context: RangeContext,
): void {
  fillHistogramSteps(samples, floatBounds, window, out, context, (part) => rateOf(kind, part, window.range, context));
}

function rateOf(kind: RateKind, part: HistogramWindow, range: number, context: RangeContext): FloatHistogram | null {
  const { samples, from, to, end } = part;
  const { times, histograms } = samples;
  const last = to - 1;
  const startTimes = context.features.useStartTimestamps ? samples.startTimes : null;
  let change: FloatHistogram | null = null;
  if (last > from) {
    change = changeOf(kind, part, startTimes, context);
    if (change === null) return null;
  }
  const firstTime = times[from]!;
  let toStart = (firstTime - (end - range)) / 1000;
  let toEnd = (end - times[last]!) / 1000;
  let sampled = (times[last]! - firstTime) / 1000;
  const average = last > from ? sampled / (last - from) : 0;
  const threshold = average * EXTRAPOLATION_THRESHOLD;
  const started = kind.isCounter && startTimes !== null ? startTimes[from]! : 0;
  if (started !== 0 && started > end - range && started < firstTime) {
    toStart = 0;
    sampled = (times[last]! - started) / 1000;
    change = change === null ? histograms[from]! : addNoting(change, histograms[from]!, context);
    if (change === null) return null;
  } else if (change === null) {
    return null;
  } else {
    if (toStart >= threshold) toStart = average / 2;
    if (kind.isCounter && change.count > 0 && histograms[from]!.count >= 0) {
      const toZero = sampled * (histograms[from]!.count / change.count);
      if (toZero < toStart) toStart = toZero;
    }
  }
  if (toEnd >= threshold) toEnd = average / 2;
  let factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  if (kind.isRate) factor /= seconds(range);
  return scaleHistogram(change, factor);
}

/** Last minus first histogram of a window, with what counter resets between them took away; null with a warning. */
function changeOf(
  { isCounter }: RateKind,
  { samples, from, to }: HistogramWindow,
  startTimes: Float64Array | null,
  context: RangeContext,
): FloatHistogram | null {
  const { times, histograms } = samples;
  const { annotations, metricName } = context;
  const position = context.argPositions[0]!;
  const first = histograms[from]!;
  const last = histograms[to - 1]!;
  const isReset = (k: number, before: FloatHistogram) => {
    context.spend(histogramWork(histograms[k]));
    return (startTimes !== null && startsAnew(times, startTimes, k)) || isCounterReset(histograms[k]!, before);
  };

  let hasGauge = isCounter && (first.counterResetHint === 'gauge' || last.counterResetHint === 'gauge');
  // What comes before a reset right after it does not matter, and its buckets need not fit.
  const base = isCounter && isReset(from + 1, first) ? emptyLike(histograms[from + 1]!) : first;
  const isCustom = base.schema === CUSTOM_BUCKETS_SCHEMA;
  if ((last.schema === CUSTOM_BUCKETS_SCHEMA) !== isCustom) {
    if (hasGauge) annotations.warn(nativeHistogramNotCounter(metricName), position);
    annotations.warn(mixedExponentialCustom(metricName), position);
    return null;
  }
  let schema = Math.min(last.schema, base.schema);
  for (let k = from + 1; k < to - 1 && isCounter; k++) {
    const between = histograms[k]!;
    if ((between.schema === CUSTOM_BUCKETS_SCHEMA) !== isCustom) {
      // All that is said of such a window, gauges in it or not.
      annotations.warn(mixedExponentialCustom(metricName), position);
      return null;
    }
    hasGauge ||= between.counterResetHint === 'gauge';
    schema = Math.min(schema, between.schema);
  }
  if (hasGauge) annotations.warn(nativeHistogramNotCounter(metricName), position);

  let change = subtractNoting(coarserHistogram(last, schema), base, context);
  let before = base;
  let overlaps = false;
  for (let k = from + 1; k < to && isCounter && change !== null; k++) {
    if (startTimes !== null && !overlaps && startOverlaps(times, startTimes, k)) {
      annotations.startTimeOverlap(metricName, position);
      overlaps = true;
    }
    if (isReset(k, before)) change = addNoting(change, before, context);
    before = histograms[k]!;
  }
  if (change === null) return null;
  if (!isCounter && !(first.counterResetHint === 'gauge' && last.counterResetHint === 'gauge')) {
    annotations.warn(nativeHistogramNotGauge(metricName), position);
  }
  return withHint(compactHistogram(change), 'gauge');
}

function emptyLike({ schema, customValues }: FloatHistogram): FloatHistogram {
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema,
    zeroThreshold: 0,
    customValues,
    count: 0,
    sum: 0,
    zeroCount: 0,
    positiveSpans: [],
    positiveCounts: [],
    negativeSpans: [],
    negativeCounts: [],
  };
}
