/** First index in `from..to` whose time is above `limit` (or, with `orAt`, equal to it); `to` where there is none. */
export function firstAfter(times: Float64Array, from: number, to: number, limit: number, orAt: boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const time = times[middle]!;
    if (time > limit || (orAt && time === limit)) high = middle;
    else low = middle + 1;
  }
  return low;
}
