import type { SampleColumn, TimeRange } from '../../storage/query.ts';

/**
 * Deleted times of one series: minimum, maximum, minimum, ... in ms, both included; intervals rise, and between two of
 * them lies at least one millisecond that is not deleted.
 */
export type Intervals = readonly number[];

export const NO_INTERVALS: Intervals = [];

/** The intervals with one more; those that it touches become one with it. */
export function addInterval(intervals: Intervals, minTime: number, maxTime: number): Intervals {
  if (!(minTime <= maxTime)) return intervals;
  const merged: number[] = [];
  let low = minTime;
  let high = maxTime;
  let i = 0;
  for (; i < intervals.length && intervals[i + 1]! < minTime - 1; i += 2) merged.push(intervals[i]!, intervals[i + 1]!);
  for (; i < intervals.length && intervals[i]! <= maxTime + 1; i += 2) {
    if (intervals[i]! < low) low = intervals[i]!;
    if (intervals[i + 1]! > high) high = intervals[i + 1]!;
  }
  merged.push(low, high);
  for (; i < intervals.length; i++) merged.push(intervals[i]!);
  return merged;
}

/** True where one interval has all of `minTime .. maxTime`. */
export function coversRange(intervals: Intervals, minTime: number, maxTime: number): boolean {
  for (let i = 0; i < intervals.length; i += 2) {
    if (intervals[i]! <= minTime && maxTime <= intervals[i + 1]!) return true;
  }
  return false;
}

/** True where the part of `first .. last` that lies in the range is deleted as a whole, or there is no such part. */
export function coversWithin(intervals: Intervals, first: number, last: number, range: TimeRange): boolean {
  const from = Math.max(first, range.minTime);
  const to = Math.min(last, range.maxTime);
  return from > to || coversRange(intervals, from, to);
}

/** Takes the deleted samples out of a column whose times rise. */
export function dropIntervals(column: SampleColumn, intervals: Intervals): void {
  if (intervals.length === 0) return;
  const { times, bits, startTimes, histograms, length } = column;
  let kept = 0;
  let next = 0;
  for (let i = 0; i < length; i++) {
    const time = times[i]!;
    while (next < intervals.length && intervals[next + 1]! < time) next += 2;
    if (next < intervals.length && intervals[next]! <= time) continue;
    if (kept < i) {
      times[kept] = time;
      bits[2 * kept] = bits[2 * i]!;
      bits[2 * kept + 1] = bits[2 * i + 1]!;
      if (startTimes !== null) startTimes[kept] = startTimes[i]!;
      if (histograms !== null) histograms[kept] = histograms[i];
      if (column.integerCounts) column.integerCounts[kept] = column.integerCounts[i]!;
    }
    kept++;
  }
  column.length = kept;
  if (histograms !== null && histograms.length > kept) histograms.length = kept;
}
