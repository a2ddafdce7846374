import { blockEnd, type Spend } from './blocks.ts';

/** Gaps at a window's ends up to this share of the average sample distance are taken as covered by the series. */
export const NEARNESS = 1.1;

export interface RateWindows {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** End of the first window and distance of the windows, ms; `range` is their length. */
  readonly firstEnd: number;
  readonly step: number;
  readonly count: number;
  readonly range: number;
}

/**
 * What a rate needs to know of each window and takes from the samples' times alone, so series with equal times share it. All in
 * seconds. Says nothing of windows with fewer than two samples.
 */
export interface WindowShapes {
  /** From the first sample to the last. */
  readonly sampled: Float64Array;
  /** How far the change is extrapolated beyond them. */
  readonly toStart: Float64Array;
  readonly toEnd: Float64Array;
  /** By what the change is multiplied, where nothing but the times matters. */
  readonly usualFactor: Float64Array;
}

/** Fills `shapes`; `perSecond` is the window's length in seconds for a rate, 0 for a change over the whole window. */
export function windowShapes(
  times: Float64Array,
  { count, firstEnd, from, range, step, to }: RateWindows,
  perSecond: number,
  shapes: WindowShapes,
  spend: Spend,
): void {
  // Windows of a regular series lie alike against its samples: what follows from that is kept from one to the next.
  let gapBefore = Number.NaN;
  let gapAfter = Number.NaN;
  let spanned = Number.NaN;
  let gaps = 0;
  let sampled = 0;
  let toStart = 0;
  let toEnd = 0;
  let usualFactor = 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]! | 0;
      const last = (to[i]! | 0) - 1;
      if (last <= start) continue;
      const end = firstEnd + i * step;
      const firstTime = times[start]!;
      const lastTime = times[last]!;
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
        const threshold = average * NEARNESS;
        toStart = before / 1000;
        if (toStart >= threshold) toStart = average / 2;
        toEnd = after / 1000;
        if (toEnd >= threshold) toEnd = average / 2;
        usualFactor = factorOf(sampled, toStart, toEnd, perSecond);
      }
      shapes.sampled[i] = sampled;
      shapes.toStart[i] = toStart;
      shapes.toEnd[i] = toEnd;
      shapes.usualFactor[i] = usualFactor;
    }
  }
}

/** By what the change of the samples is multiplied; all in seconds, `perSecond` 0 for a change over the whole window. */
export function factorOf(sampled: number, toStart: number, toEnd: number, perSecond: number): number {
  const factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  return perSecond === 0 ? factor : factor / perSecond;
}
