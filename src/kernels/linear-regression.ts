import { blockEnd, type Spend } from './blocks.ts';

/**
 * Least-squares lines through the samples of each window, with compensated sums (as in `kahan.ts`). With a null
 * `horizons` the result is the slope per second, x counted from the window's first sample. Otherwise it is the line's
 * value `horizons[i]` seconds after `origins[i]` (ms), x counted from there. Windows need two samples. `length` is how many
 * samples there are; the work arrays `offsets` and `runs` have at least as many entries.
 *
 * Every window is summed anew, O(samples): the slope is a difference of nearly equal sums, so sliding sums, rounded
 * differently, would agree with the reference in few digits where the slope is small against the values. But windows of
 * the same number of samples at the same distances share the sums that depend on times alone. `spend` is told the samples
 * of each window, and may throw.
 */
export function slidingRegression(
  times: Float64Array,
  values: Float64Array,
  length: number,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  horizons: Float64Array | null,
  origins: Float64Array | null,
  offsets: Float64Array,
  runs: Uint32Array,
  out: Float64Array,
  present: Uint8Array,
  spend: Spend,
): void {
  equalGapRuns(times, length, runs, spend);
  spend(length);
  let knownSamples = 0;
  let knownGap = Number.NaN;
  let knownShift = Number.NaN;
  for (let i = 0; i < count; i++) {
    const start = from[i]!;
    const end = to[i]!;
    const samples = end - start;
    if (samples < 2) {
      present[i] = 0;
      continue;
    }
    present[i] = 1;
    spend(samples);
    const shift = origins === null ? 0 : times[start]! - origins[i]!;
    const gap = runs[end - 1]! >= samples - 1 ? times[end - 1]! - times[end - 2]! : Number.NaN;
    if (samples !== knownSamples || gap !== knownGap || shift !== knownShift) {
      sumTimes(times, start, end, times[start]! - shift, offsets, spend);
      spend(samples);
      knownSamples = samples;
      knownGap = gap;
      knownShift = shift;
    }
    regress(offsets, values, start, samples, spend);
    out[i] = horizons === null ? slope : slope * horizons[i]! + intercept;
  }
}

/** Entry i: how many gaps up to sample i have the length of the last of them. */
function equalGapRuns(times: Float64Array, length: number, runs: Uint32Array, spend: Spend): void {
  let gap = Number.NaN;
  let run = 0;
  for (let i = 1; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) {
      const next = times[i]! - times[i - 1]!;
      run = next === gap ? run + 1 : 1;
      gap = next;
      runs[i] = run;
    }
  }
}

/** Results of the last `sumTimes`: the sums of x and of x^2. */
let sumX = 0;
let sumXX = 0;
/** Results of the last `regress`. */
let slope = 0;
let intercept = 0;

/** Fills `offsets` with the x of a window, in seconds from `origin`, and sums them. */
function sumTimes(
  times: Float64Array,
  start: number,
  end: number,
  origin: number,
  offsets: Float64Array,
  spend: Spend,
): void {
  let sum = 0;
  let rest = 0;
  let squares = 0;
  let squaresRest = 0;
  for (let i = start; i < end; ) {
    const stop = blockEnd(i, end, spend);
    for (; i < stop; i++) {
      const x = (times[i]! - origin) / 1000;
      offsets[i - start] = x;
      let next = sum + x;
      rest += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
      sum = next;

      const xx = x * x;
      next = squares + xx;
      squaresRest += Math.abs(squares) >= Math.abs(xx) ? squares - next + xx : xx - next + squares;
      squares = next;
    }
  }
  sumX = sum + rest;
  sumXX = squares + squaresRest;
}

/** The line through a window whose x are in `offsets` and summed. */
function regress(offsets: Float64Array, values: Float64Array, start: number, samples: number, spend: Spend): void {
  const first = values[start]!;
  let constant = true;
  let sumY = 0;
  let restY = 0;
  let sumXY = 0;
  let restXY = 0;
  for (let i = 0; i < samples; ) {
    const stop = blockEnd(i, samples, spend);
    for (; i < stop; i++) {
      const y = values[start + i]!;
      if (i > 0 && y !== first) constant = false;
      let next = sumY + y;
      if (next === Infinity || next === -Infinity) restY = 0;
      else restY += Math.abs(sumY) >= Math.abs(y) ? sumY - next + y : y - next + sumY;
      sumY = next;

      const xy = offsets[i]! * y;
      next = sumXY + xy;
      if (next === Infinity || next === -Infinity) restXY = 0;
      else restXY += Math.abs(sumXY) >= Math.abs(xy) ? sumXY - next + xy : xy - next + sumXY;
      sumXY = next;
    }
  }
  if (constant) {
    const finite = first !== Infinity && first !== -Infinity;
    slope = finite ? 0 : Number.NaN;
    intercept = finite ? first : Number.NaN;
    return;
  }
  sumY += restY;
  sumXY += restXY;
  const covariance = sumXY - (sumX * sumY) / samples;
  const variance = sumXX - (sumX * sumX) / samples;
  slope = covariance / variance;
  intercept = sumY / samples - (slope * sumX) / samples;
}
