import { blockEnd, type Spend, untold } from '../kernels/blocks.ts';
import { reserveSampleColumn, type SampleColumn } from './query.ts';

/** Empties a column for a new series: floats only, no start times. */
export function clearColumn(column: SampleColumn): void {
  column.length = 0;
  column.startTimes = null;
  column.histograms = null;
  column.integerCounts = null;
}

/** Of the samples from index `first` on, keeps those between two times (ms), both included. */
export function trimColumn(column: SampleColumn, minTime: number, maxTime: number, first = 0): void {
  const { times, bits, startTimes, histograms } = column;
  let { length } = column;
  if (length > first && times[length - 1]! > maxTime) length = firstAtLeast(times, first, length, maxTime + 1);
  // The list ends with the last histogram: floats behind it would keep what stood where they are moved to.
  if (histograms !== null) histograms.length = length;
  const from = length > first && times[first]! < minTime ? firstAtLeast(times, first, length, minTime) : first;
  if (from > first) {
    times.copyWithin(first, from, length);
    bits.copyWithin(2 * first, 2 * from, 2 * length);
    startTimes?.copyWithin(first, from, length);
    histograms?.copyWithin(first, from, length);
    column.integerCounts?.copyWithin(first, from, length);
  }
  column.length = length - (from - first);
  if (histograms !== null) histograms.length = column.length;
}

/**
 * To be called where the samples from index `first` on were put behind others that are not of the same source; false where
 * they do not all come later.
 */
export function joinColumn(column: SampleColumn, first: number): boolean {
  const { length, times } = column;
  if (first === 0 || first === length) return true;
  forgetReset(column, first);
  return times[first]! > times[first - 1]!;
}

/**
 * Puts the samples of `other` among those of `column`, both with rising times; where both have a time, `column`'s sample
 * stays. `spare` is room to work in and is left undefined; `other` is not changed.
 */
export function mergeIntoColumn(column: SampleColumn, other: SampleColumn, spare: SampleColumn): void {
  if (other.length === 0) return;
  if (column.length === 0 || column.times[column.length - 1]! < other.times[0]!) {
    prepare(column, column.length + other.length, column, other);
    column.length = copyRun(other, 0, other.length, column, column.length);
    return;
  }
  clearColumn(spare);
  prepare(spare, column.length + other.length, column, other);
  let i = 0;
  let j = 0;
  let at = 0;
  while (i < column.length && j < other.length) {
    spare.costs?.spend(1);
    const from = i;
    while (i < column.length && column.times[i]! <= other.times[j]!) {
      if (column.times[i] === other.times[j] && ++j === other.length) {
        i++;
        break;
      }
      i++;
    }
    at = copyRun(column, from, i, spare, at);
    if (i === column.length || j === other.length) break;
    const otherFrom = j;
    while (j < other.length && other.times[j]! < column.times[i]!) j++;
    at = copyRun(other, otherFrom, j, spare, at);
  }
  at = copyRun(column, i, column.length, spare, at);
  spare.length = copyRun(other, j, other.length, spare, at);
  exchangeColumns(column, spare);
}

/**
 * Sorts samples that came as runs with rising times, one run after the other; of those with equal times the first stays.
 * `spare` is room to work in and is left undefined.
 */
export function sortColumn(column: SampleColumn, spare: SampleColumn): void {
  const { length, times } = column;
  const order = timeOrder(times, length, (samples) => column.costs?.spend(samples));
  if (order === null) return;
  clearColumn(spare);
  prepare(spare, length, column, column);
  let at = 0;
  for (let i = 0; i < length; ) {
    const first = i++;
    while (i < length && order[i] === order[i - 1]! + 1 && times[order[i]!]! > times[order[i - 1]!]!) i++;
    at = copyRun(column, order[first]!, order[i - 1]! + 1, spare, at);
    while (i < length && times[order[i]!] === spare.times[at - 1]) i++;
  }
  spare.length = at;
  exchangeColumns(column, spare);
}

/**
 * The indexes of times in rising order, equal ones as they came; null where the times rise strictly. Quick where the
 * times are a few runs that do.
 */
export function timeOrder(times: Float64Array, length: number, spend: Spend = untold): Uint32Array | null {
  let runs: number[] = [];
  for (let i = 0; i < length; i++) if (i === 0 || times[i]! <= times[i - 1]!) runs.push(i);
  if (runs.length <= 1) return null;
  let from = new Uint32Array(length);
  for (let i = 0; i < length; i++) from[i] = i;
  let to = new Uint32Array(length);
  while (runs.length > 1) {
    spend(length);
    const merged: number[] = [];
    for (let run = 0; run < runs.length; run += 2) {
      const start = runs[run]!;
      merged.push(start);
      const middle = run + 1 < runs.length ? runs[run + 1]! : length;
      const end = run + 2 < runs.length ? runs[run + 2]! : length;
      mergeRuns(times, from, start, middle, end, to);
    }
    runs = merged;
    [from, to] = [to, from];
  }
  return from;
}

/** Merges the indexes `from[start .. middle]` and `from[middle .. end]`, each with times that do not fall. */
function mergeRuns(
  times: Float64Array,
  from: Uint32Array,
  start: number,
  middle: number,
  end: number,
  to: Uint32Array,
) {
  let i = start;
  let j = middle;
  for (let at = start; at < end; at++) {
    const isFirst = j === end || (i < middle && times[from[i]!]! <= times[from[j]!]!);
    to[at] = from[isFirst ? i++ : j++]!;
  }
}

/** The first index from `first` on whose time is at least `wanted`. */
function firstAtLeast(times: Float64Array, first: number, length: number, wanted: number): number {
  let low = first;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Room for `length` samples, and for whatever parts the samples of `a` and `b` have. */
function prepare(column: SampleColumn, length: number, a: SampleColumn, b: SampleColumn): void {
  const kept = column.length;
  reserveSampleColumn(column, length);
  if (column.startTimes === null && (a.startTimes !== null || b.startTimes !== null)) {
    column.startTimes = new Float64Array(column.times.length);
  }
  if (column.histograms === null && (a.histograms !== null || b.histograms !== null)) {
    column.histograms = new Array(kept).fill(undefined);
  }
  if (!column.integerCounts && (a.integerCounts || b.integerCounts)) {
    column.integerCounts = new Uint8Array(column.times.length);
  }
}

/**
 * Copies samples that follow one another, behind others; returns where they end. What is known of a counter reset before
 * the first one is about another sample than the one that it follows now.
 */
function copyRun(source: SampleColumn, from: number, to: number, target: SampleColumn, at: number): number {
  if (from === to) return at;
  for (let i = from; i < to; ) {
    const stop = blockEnd(i, to, (samples) => target.costs?.spend(samples));
    copySamples(source, i, stop, target, at + i - from);
    i = stop;
  }
  forgetReset(target, at);
  return at + to - from;
}

/** The sample before this one is another than it was. */
function forgetReset({ histograms }: SampleColumn, at: number): void {
  const histogram = histograms?.[at];
  if (histogram !== undefined && histogram.counterResetHint !== 'gauge' && histogram.counterResetHint !== 'unknown') {
    histograms![at] = { ...histogram, counterResetHint: 'unknown' };
  }
}

/** Longer runs of plain floats are moved as bytes. */
const MOVED_ONE_BY_ONE = 32;

/** Copies the samples `from .. to` to `target[at ...]`, which has the room and the parts. */
function copySamples(source: SampleColumn, from: number, to: number, target: SampleColumn, at: number): void {
  if (to - from > MOVED_ONE_BY_ONE && !target.startTimes && !target.histograms && !target.integerCounts) {
    target.times.set(source.times.subarray(from, to), at);
    target.bits.set(source.bits.subarray(2 * from, 2 * to), 2 * at);
    return;
  }
  for (let i = from; i < to; i++, at++) {
    target.times[at] = source.times[i]!;
    target.bits[2 * at] = source.bits[2 * i]!;
    target.bits[2 * at + 1] = source.bits[2 * i + 1]!;
    if (target.startTimes !== null) target.startTimes[at] = source.startTimes === null ? 0 : source.startTimes[i]!;
    if (target.histograms !== null) target.histograms[at] = source.histograms?.[i];
    if (target.integerCounts) target.integerCounts[at] = source.integerCounts ? source.integerCounts[i]! : 0;
  }
}

/** Exchanges the samples of two columns. */
export function exchangeColumns(a: SampleColumn, b: SampleColumn): void {
  const kept = { ...a };
  const [ofA, ofB] = [countsOf(a), countsOf(b)];
  Object.assign(a, b, ofA);
  Object.assign(b, kept, ofB);
}

/** Who is told of a column's memory, and of how much: this stays where it is. */
function countsOf({ costs, histogramBytes }: SampleColumn): Pick<SampleColumn, 'costs' | 'histogramBytes'> {
  return { costs: costs ?? null, histogramBytes: histogramBytes ?? 0 };
}
