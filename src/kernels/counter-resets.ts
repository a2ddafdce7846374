import { blockEnd, type Spend } from './blocks.ts';

/**
 * Lists the counter resets of a series: `at[k]` is the index of a sample below the one before it, `lost[k]` the value
 * before it. The arrays need `length` entries.
 *
 * With `startTimes` a sample is also a reset when its start time says so, whatever its value.
 * Returns the number of resets.
 */
export function counterResets(
  times: Float64Array,
  values: Float64Array,
  startTimes: Float64Array | null,
  length: number,
  at: Uint32Array,
  lost: Float64Array,
  spend: Spend,
): number {
  let count = 0;
  let previous = values[0]!;
  for (let i = 1; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const value = values[i]!;
      if (value < previous || (startTimes !== null && startsAnew(times, startTimes, i))) {
        at[count] = i;
        lost[count] = previous;
        count++;
      }
      previous = value;
    }
  }
  return count;
}

/**
 * True when the start time of sample `index` (ms, 0 = unknown) lies at or after the sample before it. A start at that
 * very sample is a reset only where that sample's own start is known and before it (delta series).
 */
export function startsAnew(times: Float64Array, startTimes: Float64Array, index: number): boolean {
  const start = startTimes[index]!;
  if (start === 0 || start >= times[index]!) return false;
  const previousTime = times[index - 1]!;
  if (start !== previousTime) return start > previousTime;
  const previousStart = startTimes[index - 1]!;
  return previousStart !== 0 && previousStart < previousTime;
}

/** True when the start time of sample `index` lies before the sample before it without being that sample's own start. */
export function startOverlaps(times: Float64Array, startTimes: Float64Array, index: number): boolean {
  const start = startTimes[index]!;
  return start !== 0 && start < times[index - 1]! && start !== startTimes[index - 1]!;
}
