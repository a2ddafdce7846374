import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../model/histogram.ts';
import { compactHistogram, divideHistogram, scaleHistogram, withHint } from '../../model/histogram-ops.ts';
import { isCounterReset } from '../../model/histogram-resets.ts';
import { histogramWork } from '../../model/histogram-work.ts';
import { mixedExponentialCustom, nativeHistogramNotCounter, nativeHistogramNotGauge } from './annotation-texts.ts';
import type { RangeContext } from './contracts.ts';
import { firstAfter } from './first-after.ts';
import { addNoting, subtractNoting } from './histogram-sums.ts';
import type { HistogramSamples } from './range-input.ts';
import { type RateKind, seconds } from './rate-kind.ts';

/** The samples that a window may use, and the window itself (ms). */
export interface ExtendedWindow {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** rate, increase or delta of histograms with an `anchored` or `smoothed` selector; the rules are those for floats. */
export function extendedHistogramRate(
  { isCounter, isRate }: RateKind,
  samples: HistogramSamples,
  { from, to, start, end }: ExtendedWindow,
  smoothed: boolean,
  context: RangeContext,
): FloatHistogram | null {
  const { times, histograms } = samples;
  let last = to - 1;
  const first = Math.max(from, firstAfter(times, from, last, start, false) - 1);
  if (smoothed) last = firstAfter(times, from, last, end, true);
  if (times[last]! <= start || (smoothed && times[first]! > end)) return null;
  if (!isUniform(histograms, first, last, isCounter, context)) return null;

  const cutsLeft = smoothed && times[first]! < start;
  const left = cutsLeft ? interpolate(samples, first, start, isCounter, context) : histograms[first]!;
  const cutsRight = smoothed && last > from && times[last]! > end;
  const right = cutsRight ? interpolate(samples, last - 1, end, isCounter, context) : histograms[last]!;
  if (left === null || right === null) return null;
  const bothGauges = left.counterResetHint === 'gauge' && right.counterResetHint === 'gauge';
  if (!isCounter && !bothGauges) {
    context.annotations.warn(nativeHistogramNotGauge(context.metricName), context.argPositions[0]!);
  }

  let change = subtractNoting(right, left, context);
  if (change !== null && isCounter) {
    // A reset between the first two samples is dealt with where the left end was interpolated.
    const resetAtLeft = cutsLeft && isCounterReset(histograms[first + 1]!, histograms[first]!);
    const between = resetAtLeft ? first + 2 : first + 1;
    const anchor = resetAtLeft ? histograms[first + 1]! : left;
    if (between <= last) change = addLost(change, histograms.slice(between, last), anchor, right, context);
  }
  if (change === null) return null;
  if (isRate) change = divideHistogram(change, seconds(end - start));
  return withHint(compactHistogram(change), 'gauge');
}

/** Adds to `change` what each reset from `anchor` over `between` to `right` took away. */
function addLost(
  change: FloatHistogram,
  between: readonly FloatHistogram[],
  anchor: FloatHistogram,
  right: FloatHistogram,
  context: RangeContext,
): FloatHistogram | null {
  let lost: FloatHistogram | null = null;
  let previous = anchor;
  for (const histogram of [...between, right]) {
    context.spend(histogramWork(histogram));
    if (isCounterReset(histogram, previous)) {
      lost = lost === null ? previous : addNoting(lost, previous, context);
      if (lost === null) return null;
    }
    previous = histogram;
  }
  return lost === null ? change : addNoting(change, lost, context);
}

function isUniform(
  histograms: readonly FloatHistogram[],
  first: number,
  last: number,
  isCounter: boolean,
  context: RangeContext,
): boolean {
  const isCustom = histograms[first]!.schema === CUSTOM_BUCKETS_SCHEMA;
  for (let k = first; k <= last; k++) {
    context.spend(1);
    const { schema, counterResetHint } = histograms[k]!;
    if ((schema === CUSTOM_BUCKETS_SCHEMA) !== isCustom) {
      context.annotations.warn(mixedExponentialCustom(context.metricName), context.argPositions[0]!);
      return false;
    }
    if (isCounter && counterResetHint === 'gauge') {
      context.annotations.warn(nativeHistogramNotCounter(context.metricName), context.argPositions[0]!);
    }
  }
  return true;
}

/** The histogram at `time` between sample `index` and the next; after a reset between them it grows from nothing. */
function interpolate(
  { times, histograms }: HistogramSamples,
  index: number,
  time: number,
  isCounter: boolean,
  context: RangeContext,
): FloatHistogram | null {
  const before = histograms[index]!;
  const after = histograms[index + 1]!;
  if (time === times[index]) return before;
  if (time === times[index + 1]) return after;
  const fraction = (time - times[index]!) / (times[index + 1]! - times[index]!);
  if (isCounter && isCounterReset(after, before)) return scaleHistogram(after, fraction);
  const difference = subtractNoting(after, before, context);
  return difference === null ? null : addNoting(scaleHistogram(difference, fraction), before, context);
}
