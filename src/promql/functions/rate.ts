import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import { counterResets, startOverlaps } from '../../kernels/counter-resets.ts';
import { DIRECT_RESETS, extrapolatedChange, type ResetList } from '../../kernels/extrapolated-rate.ts';
import { prefixSums } from '../../kernels/prefix-sums.ts';
import { type RateWindows, type WindowShapes, windowShapes } from '../../kernels/window-shapes.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import { possibleNonCounter, possibleNonCounterLabel } from './annotation-texts.ts';
import type { Bounds, RangeContext, RangeFunction } from './contracts.ts';
import { looksLikeCounter } from './counter-names.ts';
import { extendedRate } from './extended-rate.ts';
import { rateOfHistograms } from './histogram-rate.ts';
import { type FloatSamples, floatPart, reusedBounds } from './range-input.ts';
import { type RateKind, seconds } from './rate-kind.ts';

const RATE: RateKind = { isCounter: true, isRate: true };
const INCREASE: RateKind = { isCounter: true, isRate: false };
const DELTA: RateKind = { isCounter: false, isRate: false };

/** Increase of a counter per second. */
export const rate: RangeFunction = (samples, window, out, context) => {
  fillRate(RATE, samples, window, out, context);
  doubtCounter(out, window, context);
};

/** Increase of a counter over the window. */
export const increase: RangeFunction = (samples, window, out, context) => {
  fillRate(INCREASE, samples, window, out, context);
  doubtCounter(out, window, context);
};

/** Change of a gauge over the window. */
export const delta: RangeFunction = (samples, window, out, context) => {
  fillRate(DELTA, samples, window, out, context);
};

const NO_RESETS: ResetList = {
  count: 0,
  at: new Uint32Array(0),
  lost: new Float64Array(0),
  high: new Float64Array(0),
  low: new Float64Array(0),
  leastTrusted: 0,
};

/** The resets of a counter, in work arrays 0 and 1 (integers) and 0 to 2 (floats). */
export function listResets(
  samples: FloatSamples,
  startTimes: Float64Array | null,
  { spend, work }: RangeContext,
): ResetList {
  const { times, values, length } = samples;
  const at = work.integers(0, length);
  const lost = work.floats(0, length);
  const count = counterResets(times, values, startTimes, length, at, lost, spend);
  if (count <= DIRECT_RESETS) return { ...NO_RESETS, count, at, lost };
  const high = work.floats(1, count + 1);
  const low = work.floats(2, count + 1);
  const odd = work.integers(1, count + 1);
  const leastTrusted = prefixSums(lost, count, high, low, odd, spend);
  return { count, at, lost, high, low, leastTrusted: odd[count] === 0 ? leastTrusted : Infinity };
}

function fillRate(kind: RateKind, samples: SampleColumn, window: Window, out: StepColumn, context: RangeContext): void {
  if (context.extension !== 'none') {
    extendedRate(kind, samples, window, out, context);
    return;
  }
  const floats = floatPart(samples, context);
  const bounds = reusedBounds(floats, window, context);
  const startTimes = context.features.useStartTimestamps && kind.isCounter ? floats.startTimes : null;
  const resets = kind.isCounter ? listResets(floats, startTimes, context) : NO_RESETS;
  if (startTimes !== null) warnOfOverlaps(floats.times, startTimes, bounds, window, context);
  const { count, firstEnd, range, step } = window;
  const windows: RateWindows = { from: bounds.from, to: bounds.to, firstEnd, step, count, range };
  const perSecond = kind.isRate ? seconds(range) : 0;
  extrapolatedChange(
    floats.times,
    floats.values,
    startTimes,
    windows,
    shapesOf(floats.times, windows, bounds, perSecond, context),
    kind.isCounter,
    resets,
    perSecond,
    out.values,
    out.present,
    context.spend,
  );
  if (samples.histograms !== null) rateOfHistograms(kind, samples, bounds, window, out, context);
}

/** Slots of work arrays. */
const SHAPES = 9;

/** How the windows lie against the samples: what is known of the series before, where that has the same times. */
function shapesOf(
  times: Float64Array,
  windows: RateWindows,
  bounds: Bounds,
  perSecond: number,
  { bounds: known, spend, work }: RangeContext,
): WindowShapes {
  const { count } = windows;
  if (bounds !== known) {
    const shapes = {
      sampled: work.floats(SHAPES, count),
      toStart: work.floats(SHAPES + 1, count),
      toEnd: work.floats(SHAPES + 2, count),
      usualFactor: work.floats(SHAPES + 3, count),
    };
    windowShapes(times, windows, perSecond, shapes, spend);
    return shapes;
  }
  if (known.kept !== null && known.areAsBefore) return known.kept;
  known.kept ??= {
    sampled: work.own(count),
    toStart: work.own(count),
    toEnd: work.own(count),
    usualFactor: work.own(count),
  };
  windowShapes(times, windows, perSecond, known.kept, spend);
  return known.kept;
}

/** One warning for each window in which a start time lies before the previous sample. */
function warnOfOverlaps(
  times: Float64Array,
  startTimes: Float64Array,
  { from, to }: Bounds,
  window: Window,
  context: RangeContext,
): void {
  for (let i = 0; i < window.count; i++) {
    const found = overlapWithin(times, startTimes, from[i]! + 1, to[i]!, context.spend);
    if (found) context.annotations.startTimeOverlap(context.metricName, context.argPositions[0]!);
  }
}

function overlapWithin(times: Float64Array, startTimes: Float64Array, from: number, to: number, spend: Spend): boolean {
  spend(1 + to - from);
  for (let k = from; k < to; ) {
    const stop = blockEnd(k, to, spend);
    for (; k < stop; k++) if (startOverlaps(times, startTimes, k)) return true;
  }
  return false;
}

/** Tells the user when a metric that gave floats is, by its name or type, hardly a counter. */
function doubtCounter(out: StepColumn, window: Window, context: RangeContext): void {
  const { metricName } = context;
  if (metricName === '') return;
  if (context.features.typeAndUnitLabels) {
    const type = context.labels.get('__type__');
    if (type === 'counter' || type === 'histogram' || !hasFloat(out, window, context)) return;
    context.annotations.info(possibleNonCounterLabel(metricName, type), context.argPositions[0]!);
  } else if (!looksLikeCounter(metricName) && hasFloat(out, window, context)) {
    context.annotations.info(possibleNonCounter(metricName), context.argPositions[0]!);
  }
}

function hasFloat(out: StepColumn, window: Window, context: RangeContext): boolean {
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, context.spend);
    for (; i < stop; i++) {
      if (out.present[i] === 1 && (out.histograms === null || out.histograms[i] === undefined)) return true;
    }
  }
  return false;
}
