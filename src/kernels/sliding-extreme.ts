import { blockEnd, type Spend } from './blocks.ts';

/** Samples that windows went through between two calls of `spend`. */
const SAMPLES_TOLD = 16_384;

/**
 * Index of each window's largest value in `at[i]`, -1 for an empty window.
 *
 * NaN counts only where a window holds nothing else; its first index (with `latest` its last) is then given. Among equal
 * values the first (with `latest` the last) is chosen. A monotonic queue of indexes keeps this O(1) amortised: `queue`
 * needs as many entries as there are samples.
 */
export function slidingMaximum(
  values: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  latest: boolean,
  queue: Uint32Array,
  at: Int32Array,
  spend: Spend,
): void {
  let head = 0;
  let tail = 0;
  let next = 0;
  let told = 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]!;
      const end = to[i]!;
      if (start === end) {
        at[i] = -1;
        continue;
      }
      if (next < start) {
        next = start;
        head = 0;
        tail = 0;
      }
      while (next < end) {
        const stop = blockEnd(next, end, spend);
        for (; next < stop; next++) {
          const value = values[next]!;
          if (Number.isNaN(value)) continue;
          if (latest) while (tail > head && values[queue[tail - 1]!]! <= value) tail--;
          else while (tail > head && values[queue[tail - 1]!]! < value) tail--;
          queue[tail++] = next;
        }
      }
      if (next - told > SAMPLES_TOLD) {
        spend(next - told);
        told = next;
      }
      while (head < tail && queue[head]! < start) head++;
      if (head < tail) at[i] = queue[head]!;
      else at[i] = latest ? end - 1 : start;
    }
  }
}

/** Like `slidingMaximum`, for the smallest value: written out again, since a comparison given as a parameter is a call a sample. */
export function slidingMinimum(
  values: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  latest: boolean,
  queue: Uint32Array,
  at: Int32Array,
  spend: Spend,
): void {
  let head = 0;
  let tail = 0;
  let next = 0;
  let told = 0;
  for (let i = 0; i < count; ) {
    const stop = blockEnd(i, count, spend);
    for (; i < stop; i++) {
      const start = from[i]!;
      const end = to[i]!;
      if (start === end) {
        at[i] = -1;
        continue;
      }
      if (next < start) {
        next = start;
        head = 0;
        tail = 0;
      }
      while (next < end) {
        const stop = blockEnd(next, end, spend);
        for (; next < stop; next++) {
          const value = values[next]!;
          if (Number.isNaN(value)) continue;
          if (latest) while (tail > head && values[queue[tail - 1]!]! >= value) tail--;
          else while (tail > head && values[queue[tail - 1]!]! > value) tail--;
          queue[tail++] = next;
        }
      }
      if (next - told > SAMPLES_TOLD) {
        spend(next - told);
        told = next;
      }
      while (head < tail && queue[head]! < start) head++;
      if (head < tail) at[i] = queue[head]!;
      else at[i] = latest ? end - 1 : start;
    }
  }
}
