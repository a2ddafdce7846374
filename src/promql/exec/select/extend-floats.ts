import { reserveSampleColumn, type SampleColumn } from '../../../storage/query.ts';
import type { Window } from '../../steps/grid.ts';
import { QueryError } from '../query-error.ts';
import { valueBetween } from './smooth-floats.ts';

/**
 * What `x[5m] anchored` and `x[5m] smoothed` give as the answer of a query: the samples of the window, and one at either
 * end of it. Anchored, the ends repeat the sample before them; smoothed, they lie between their neighbours.
 */
export function extendFloats(samples: SampleColumn, window: Window, extension: 'anchored' | 'smoothed'): void {
  if (samples.histograms?.some((histogram) => histogram !== undefined)) {
    throw new QueryError('execution', `${extension} modifier is not supported with histograms`);
  }
  const { length, times } = samples;
  const end = window.firstEnd;
  const start = end - window.range;
  if (length === 0) return;
  let first = Math.max(0, search(times, length - 1, (time) => time > start) - 1);
  let last = extension === 'smoothed' ? search(times, length - 1, (time) => time >= end) : length - 1;
  if (times[last]! <= start) {
    samples.length = 0;
    return;
  }
  const cutsLeft = extension === 'smoothed' && times[first]! < start;
  const left = cutsLeft ? valueBetween(samples, first, first + 1, start) : samples.values[first]!;
  const cutsRight = extension === 'smoothed' && last > 0 && times[last]! > end;
  const right = cutsRight ? valueBetween(samples, last - 1, last, end) : samples.values[last]!;
  if (times[first]! <= start) first++;
  if (times[last]! >= end) last--;

  const inner = Math.max(0, last - first + 1);
  const innerTimes = times.slice(first, first + inner);
  const innerValues = samples.values.slice(first, first + inner);
  reserveSampleColumn(samples, inner + 2);
  samples.times[0] = start;
  samples.values[0] = left;
  samples.times.set(innerTimes, 1);
  samples.values.set(innerValues, 1);
  samples.times[inner + 1] = end;
  samples.values[inner + 1] = right;
  samples.length = inner + 2;
}

/** The first index below `count` whose time passes, or `count`. */
function search(times: Float64Array, count: number, passes: (time: number) => boolean): number {
  let at = 0;
  while (at < count && !passes(times[at]!)) at++;
  return at;
}
