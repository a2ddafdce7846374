import { blockEnd, type Spend } from './blocks.ts';

/**
 * Double exponential smoothing of each window: the last smoothed value, with smoothing factor `smoothing[i]` and trend
 * factor `trend[i]`, both between 0 and 1. It starts with the first value and the first difference as trend, so every
 * window is run through anew, O(samples). Windows need two samples. `spend` is told the samples of each, and may throw.
 */
export function slidingSmoothing(
  values: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  smoothing: Float64Array,
  trend: Float64Array,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  for (let i = 0; i < count; i++) {
    const start = from[i]!;
    const end = to[i]!;
    if (end - start < 2) {
      present[i] = 0;
      continue;
    }
    present[i] = 1;
    spend(end - start);
    const smoothingFactor = smoothing[i]!;
    const trendFactor = trend[i]!;
    let before = 0;
    let smoothed = values[start]!;
    let slope = values[start + 1]! - smoothed;
    for (let k = start + 1; k < end; ) {
      const stop = blockEnd(k, end, spend);
      for (; k < stop; k++) {
        const raw = smoothingFactor * values[k]!;
        if (k > start + 1) slope = trendFactor * (smoothed - before) + (1 - trendFactor) * slope;
        const expected = (1 - smoothingFactor) * (smoothed + slope);
        before = smoothed;
        smoothed = raw + expected;
      }
    }
    out[i] = smoothed;
  }
}
