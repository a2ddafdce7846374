import { blockEnd, type Spend } from './blocks.ts';
import { firstLater } from './first-later.ts';

/**
 * Up to this many resets in a window their values are added one by one, which is equal to the reference to the bit. A counter
 * has few; a gauge that is taken for one has them at every other sample, which is some 0.1 µs a step here.
 */
export const DIRECT_RESETS = 128;

/** Gaps at a window's ends up to this share of the average sample distance are taken as covered by the series. */
const EXTRAPOLATION_THRESHOLD = 1.1;

export interface RateWindows {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** End of the first window and distance of the windows, ms; `range` is their length. */
  readonly firstEnd: number;
  readonly step: number;
  readonly count: number;
  readonly range: number;
}

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
 * gauges, increase for counters, and rate where `perSecond` is the window's length in seconds instead of 0.
 *
 * A window needs two samples, or, with `startTimes`, one that says it started within the window. O(1) a step.
 */
export function extrapolatedChange(
  times: Float64Array,
  values: Float64Array,
  startTimes: Float64Array | null,
  windows: RateWindows,
  isCounter: boolean,
  resets: ResetList,
  perSecond: number,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  const { from, to, firstEnd, step, count, range } = windows;
  const { at: resetAt, count: resetCount } = resets;
  let resetFrom = 0;
  let resetTo = 0;
  // Windows of a regular series lie alike against its samples: what follows from that alone is kept from one to the next.
  let gapBefore = Number.NaN;
  let gapAfter = Number.NaN;
  let spanned = Number.NaN;
  let gaps = 0;
  let toStart = 0;
  let toEnd = 0;
  let sampled = 0;
  let usualFactor = 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]!;
      const last = to[i]! - 1;
      present[i] = 0;
      if (last < start) continue;
      const end = firstEnd + i * step;
      const firstTime = times[start]!;
      const lastTime = times[last]!;
      const first = values[start]!;
      let change = values[last]! - first;
      if (isCounter && resetCount > 0) {
        if (resetFrom < resetCount && resetAt[resetFrom]! <= start)
          resetFrom = firstLater(resetAt, resetFrom, resetCount, start);
        if (resetTo < resetFrom) resetTo = resetFrom;
        if (resetTo < resetCount && resetAt[resetTo]! <= last) resetTo = firstLater(resetAt, resetTo, resetCount, last);
        if (resetTo > resetFrom) change = addLost(change, resets, resetFrom, resetTo);
      }
      const started = isCounter && startTimes !== null ? startTimes[start]! : 0;
      if (started !== 0 && started > end - range && started < firstTime) {
        // The counter was zero at a known moment inside the window.
        change += first;
        out[i] = change * startedFactor(firstTime, lastTime, started, end - lastTime, last - start, perSecond);
        present[i] = 1;
        continue;
      }
      if (last === start) continue;
      const before = firstTime - (end - range);
      const after = end - lastTime;
      const span = lastTime - firstTime;
      if (before !== gapBefore || after !== gapAfter || span !== spanned || last - start !== gaps) {
        gapBefore = before;
        gapAfter = after;
        spanned = span;
        gaps = last - start;
        sampled = span / 1000;
        const average = sampled / gaps;
        const threshold = average * EXTRAPOLATION_THRESHOLD;
        toStart = before / 1000;
        if (toStart >= threshold) toStart = average / 2;
        toEnd = after / 1000;
        if (toEnd >= threshold) toEnd = average / 2;
        usualFactor = factorOf(sampled, toStart, toEnd, perSecond);
      }
      let factor = usualFactor;
      // Counters do not begin below zero: go back no further than to where the slope meets it. That lies further than
      // twice the samples' span where the first value is twice the change, and `toStart` never does.
      if (isCounter && change > 0 && first >= 0 && first < 2 * change) {
        const toZero = sampled * (first / change);
        if (toZero < toStart) factor = factorOf(sampled, toZero, toEnd, perSecond);
      }
      out[i] = change * factor;
      present[i] = 1;
    }
  }
}

/** By what the change of the samples is multiplied; all in seconds, `perSecond` 0 for a change over the whole window. */
function factorOf(sampled: number, toStart: number, toEnd: number, perSecond: number): number {
  const factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  return perSecond === 0 ? factor : factor / perSecond;
}

/** The same for a counter that started at a known time (all times in ms) before its first sample. */
function startedFactor(
  firstTime: number,
  lastTime: number,
  started: number,
  after: number,
  gaps: number,
  perSecond: number,
): number {
  const average = gaps > 0 ? (lastTime - firstTime) / 1000 / gaps : 0;
  const toEnd = after / 1000;
  return factorOf(
    (lastTime - started) / 1000,
    0,
    toEnd >= average * EXTRAPOLATION_THRESHOLD ? average / 2 : toEnd,
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
