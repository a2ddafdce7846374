import { blockEnd, type Spend } from './blocks.ts';
import { firstLater } from './first-later.ts';
import { factorOf, NEARNESS, type RateWindows, type WindowShapes } from './window-shapes.ts';

/**
 * Up to this many resets in a window their values are added one by one, which is equal to the reference to the bit. A counter
 * has few; a gauge that is taken for one has them at every other sample, which is some 0.1 µs a step here.
 */
export const DIRECT_RESETS = 128;

/** What `counterResets` found; `count` 0 for gauges. */
export interface ResetList {
  readonly count: number;
  readonly at: Uint32Array;
  readonly lost: Float64Array;
  /** `prefixSums` of `lost`, and what it returned; looked at only where there are more than `DIRECT_RESETS`. */
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly leastTrusted: number;
}

/**
 * Change of a series over each window, extrapolated to the window's ends where the samples come near them: delta for
 * gauges, increase for counters, and rate where `perSecond` is the window's length in seconds instead of 0. `shapes` are those
 * that `windowShapes` gives for the same times, windows and `perSecond`.
 *
 * A window needs two samples, or, with `startTimes`, one that says it started within the window. O(1) a step.
 */
export function extrapolatedChange(
  times: Float64Array,
  values: Float64Array,
  startTimes: Float64Array | null,
  windows: RateWindows,
  { sampled, toStart, toEnd, usualFactor }: WindowShapes,
  isCounter: boolean,
  resets: ResetList,
  perSecond: number,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  const { from, to, count } = windows;
  const { at: resetAt, count: resetCount } = resets;
  let resetFrom = 0;
  let resetTo = 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]! | 0;
      const last = (to[i]! | 0) - 1;
      if (last < start) {
        present[i] = 0;
        continue;
      }
      const first = values[start]!;
      let change = values[last]! - first;
      if (isCounter && resetCount > 0) {
        if (resetFrom < resetCount && resetAt[resetFrom]! <= start)
          resetFrom = firstLater(resetAt, resetFrom, resetCount, start);
        if (resetTo < resetFrom) resetTo = resetFrom;
        if (resetTo < resetCount && resetAt[resetTo]! <= last) resetTo = firstLater(resetAt, resetTo, resetCount, last);
        if (resetTo > resetFrom) change = addLost(change, resets, resetFrom, resetTo);
      }
      if (startTimes !== null && startsWithin(times, startTimes, start, windows, i)) {
        // The counter was zero at a known moment inside the window.
        const end = windows.firstEnd + i * windows.step;
        change += first;
        out[i] = change * startedFactor(times, startTimes, start, last, end, perSecond);
        present[i] = 1;
        continue;
      }
      if (last === start) {
        present[i] = 0;
        continue;
      }
      let factor = usualFactor[i]!;
      // Counters do not begin below zero: go back no further than to where the slope meets it. That lies further than
      // twice the samples' span where the first value is twice the change, and `toStart` never does.
      if (isCounter && change > 0 && first >= 0 && first < 2 * change) {
        const toZero = sampled[i]! * (first / change);
        if (toZero < toStart[i]!) factor = factorOf(sampled[i]!, toZero, toEnd[i]!, perSecond);
      }
      out[i] = change * factor;
      present[i] = 1;
    }
  }
}

/** True where the counter is known to have begun in the window, before its first sample there. */
function startsWithin(
  times: Float64Array,
  startTimes: Float64Array,
  first: number,
  { firstEnd, step, range }: RateWindows,
  window: number,
): boolean {
  const started = startTimes[first]!;
  return started !== 0 && started > firstEnd + window * step - range && started < times[first]!;
}

/** By what the change of a counter is multiplied that started at a known time (all times in ms) before its first sample. */
function startedFactor(
  times: Float64Array,
  startTimes: Float64Array,
  first: number,
  last: number,
  end: number,
  perSecond: number,
): number {
  const firstTime = times[first]!;
  const lastTime = times[last]!;
  const average = last > first ? (lastTime - firstTime) / 1000 / (last - first) : 0;
  const toEnd = (end - lastTime) / 1000;
  return factorOf(
    (lastTime - startTimes[first]!) / 1000,
    0,
    toEnd >= average * NEARNESS ? average / 2 : toEnd,
    perSecond,
  );
}

function addLost(change: number, resets: ResetList, from: number, to: number): number {
  if (to - from > DIRECT_RESETS) {
    const { high, low, leastTrusted } = resets;
    const a = high[to]!;
    const b = high[from]!;
    const difference = a - b;
    const virtual = difference - a;
    const lost = difference + (a - (difference - virtual) - (b + virtual) + (low[to]! - low[from]!));
    if (Math.abs(lost) >= leastTrusted) return change + lost;
  }
  let total = change;
  for (let k = from; k < to; k++) total += resets.lost[k]!;
  return total;
}

/**
 * Change between the last two samples of each window: idelta, or irate with `isRate` (per second; after a reset the
 * last value alone counts). Windows with fewer than two samples have no result.
 */
export function lastChange(
  times: Float64Array,
  values: Float64Array,
  resets: ResetList,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  isRate: boolean,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  let reset = 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const last = to[i]! - 1;
      if (last <= from[i]!) {
        present[i] = 0;
        continue;
      }
      present[i] = 1;
      while (reset < resets.count && resets.at[reset]! < last) reset++;
      const isReset = isRate && reset < resets.count && resets.at[reset] === last;
      const change = isReset ? values[last]! : values[last]! - values[last - 1]!;
      out[i] = isRate ? change / ((times[last]! - times[last - 1]!) / 1000) : change;
    }
  }
}
