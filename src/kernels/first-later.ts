/** Samples looked at one by one before the search takes wider steps. */
const NEAR = 8;

/**
 * The first index in `from..length` whose time is above `time`, `length` where there is none. Quick where it lies near
 * `from`, and O(log distance) where it does not.
 */
export function firstLater(times: Float64Array | Uint32Array, from: number, length: number, time: number): number {
  const near = from + NEAR < length ? from + NEAR : length;
  let at = from;
  while (at < near && times[at]! <= time) at++;
  if (at < near || at === length) return at;
  let reach = NEAR;
  while (at + reach < length && times[at + reach]! <= time) {
    at += reach;
    reach *= 2;
  }
  let high = at + reach < length ? at + reach : length;
  while (at < high) {
    const middle = (at + high) >>> 1;
    if (times[middle]! <= time) at = middle + 1;
    else high = middle;
  }
  return at;
}
