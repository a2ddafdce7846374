import { blockEnd, type Spend } from './blocks.ts';

/** `upTo[k]` becomes how many of the samples 1..k differ from the one before; NaN equals NaN. */
export function changesUpTo(values: Float64Array, length: number, upTo: Uint32Array, spend: Spend): void {
  let count = 0;
  upTo[0] = 0;
  for (let i = 1; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      const previous = values[i - 1]!;
      if (value !== previous && !(Number.isNaN(value) && Number.isNaN(previous))) count++;
      upTo[i] = count;
    }
  }
}

/** `upTo[k]` becomes how many of the samples 1..k are among the `resetCount` rising indexes `resetAt`. */
export function resetsUpTo(
  resetAt: Uint32Array,
  resetCount: number,
  length: number,
  upTo: Uint32Array,
  spend: Spend,
): void {
  let reset = 0;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      if (reset < resetCount && resetAt[reset] === i) reset++;
      upTo[i] = reset;
    }
  }
}

/** For each window how often the count `upTo` rises from its first to its last sample. */
export function countedWithin(
  upTo: Uint32Array,
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
      out[i] = upTo[end - 1]! - upTo[start]!;
    }
  }
}
