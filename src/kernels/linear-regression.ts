/**
 * Least-squares lines through the samples of each window, with compensated sums (as in `kahan.ts`). With a null
 * `horizons` the result is the slope per second, x counted from the window's first sample. Otherwise it is the line's
 * value `horizons[i]` seconds after `origins[i]` (ms), x counted from there. Windows need two samples.
 *
 * Every window is summed anew, O(samples): the slope is a difference of nearly equal sums, so sliding sums, rounded
 * differently, would agree with the reference in few digits where the slope is small against the values.
 */
export function slidingRegression(
  times: Float64Array,
  values: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  count: number,
  horizons: Float64Array | null,
  origins: Float64Array | null,
  out: Float64Array,
  present: Uint8Array,
): void {
  for (let i = 0; i < count; i++) {
    const start = from[i]!;
    const end = to[i]!;
    if (end - start < 2) {
      present[i] = 0;
      continue;
    }
    present[i] = 1;
    const origin = origins === null ? times[start]! : origins[i]!;
    regress(times, values, start, end, origin);
    out[i] = horizons === null ? slope : slope * horizons[i]! + intercept;
  }
}

/** Results of the last `regress`. */
let slope = 0;
let intercept = 0;

function regress(times: Float64Array, values: Float64Array, start: number, end: number, origin: number): void {
  const first = values[start]!;
  let constant = true;
  let sumX = 0;
  let restX = 0;
  let sumY = 0;
  let restY = 0;
  let sumXY = 0;
  let restXY = 0;
  let sumXX = 0;
  let restXX = 0;
  for (let i = start; i < end; i++) {
    const y = values[i]!;
    if (i > start && y !== first) constant = false;
    const x = (times[i]! - origin) / 1000;
    let next = sumX + x;
    restX += Math.abs(sumX) >= Math.abs(x) ? sumX - next + x : x - next + sumX;
    sumX = next;

    next = sumY + y;
    if (next === Infinity || next === -Infinity) restY = 0;
    else restY += Math.abs(sumY) >= Math.abs(y) ? sumY - next + y : y - next + sumY;
    sumY = next;

    const xy = x * y;
    next = sumXY + xy;
    if (next === Infinity || next === -Infinity) restXY = 0;
    else restXY += Math.abs(sumXY) >= Math.abs(xy) ? sumXY - next + xy : xy - next + sumXY;
    sumXY = next;

    const xx = x * x;
    next = sumXX + xx;
    restXX += Math.abs(sumXX) >= Math.abs(xx) ? sumXX - next + xx : xx - next + sumXX;
    sumXX = next;
  }
  if (constant) {
    const finite = first !== Infinity && first !== -Infinity;
    slope = finite ? 0 : Number.NaN;
    intercept = finite ? first : Number.NaN;
    return;
  }
  const n = end - start;
  sumX += restX;
  sumY += restY;
  sumXY += restXY;
  sumXX += restXX;
  const covariance = sumXY - (sumX * sumY) / n;
  const variance = sumXX - (sumX * sumX) / n;
  slope = covariance / variance;
  intercept = sumY / n - (slope * sumX) / n;
}
