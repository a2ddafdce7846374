import { blockEnd, type Spend } from './blocks.ts';
import { windowMean, windowSum } from './kahan.ts';

/**
 * Up to this many samples a mean is summed directly. A mean from prefix sums may differ from it in the last bit (the
 * two roundings of sum / n + rest / n see another pair), so short windows, the usual ones, stay equal to the bit.
 */
const DIRECT_MEAN_SAMPLES = 64;

/**
 * Sums of all windows `from[i]..to[i]` from the prefix sums `high`, `low`, `odd` and the `leastTrusted` that
 * `prefixSums` returned. Empty windows get `present[i] = 0`.
 */
export function slidingSum(
  values: Float64Array,
  high: Float64Array,
  low: Float64Array,
  odd: Uint32Array,
  leastTrusted: number,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]!;
      const end = to[i]!;
      if (start === end) {
        present[i] = 0;
        continue;
      }
      present[i] = 1;
      const a = high[end]!;
      const b = high[start]!;
      const difference = a - b;
      const virtual = difference - a;
      const error = a - (difference - virtual) - (b + virtual);
      const sum = difference + (error + (low[end]! - low[start]!));
      const trusted = Math.abs(sum) >= leastTrusted && odd[end] === odd[start];
      if (trusted) {
        out[i] = sum;
        continue;
      }
      spend(end - start);
      out[i] = windowSum(values, start, end, spend);
    }
  }
}

/** Means of all windows; arguments as for `slidingSum`. */
export function slidingMean(
  values: Float64Array,
  high: Float64Array,
  low: Float64Array,
  odd: Uint32Array,
  leastTrusted: number,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  const exact = leastTrusted === 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]!;
      const end = to[i]!;
      const samples = end - start;
      if (samples === 0) {
        present[i] = 0;
        continue;
      }
      present[i] = 1;
      if (!exact && samples <= DIRECT_MEAN_SAMPLES) {
        out[i] = windowMean(values, start, end, spend);
        continue;
      }
      const a = high[end]!;
      const b = high[start]!;
      const difference = a - b;
      const virtual = difference - a;
      const rest = a - (difference - virtual) - (b + virtual) + (low[end]! - low[start]!);
      const sum = difference + rest;
      const trusted = Math.abs(sum) >= leastTrusted && odd[end] === odd[start];
      if (trusted) {
        out[i] = sum / samples + (difference - sum + rest) / samples;
        continue;
      }
      spend(samples);
      out[i] = windowMean(values, start, end, spend);
    }
  }
}
