/** Loops over short runs of bytes, such as labels: four bytes at a time, where a built-in would cost more than the run. */

/**
 * How many bytes from `aStart` on are the same as those from `bStart` on; `length` at most, which both views have.
 * Views over buffers of their own: offsets count from the view's start.
 */
export function commonLength(a: DataView, aStart: number, b: DataView, bStart: number, length: number): number {
  let at = 0;
  // Eight bytes are the same where they are the same number: but for 0 and -0, and a NaN, which is no number's equal.
  for (const last = length - 8; at <= last; at += 8) {
    const number = a.getFloat64(aStart + at, true);
    if (number !== b.getFloat64(bStart + at, true) || number === 0) break;
  }
  for (const last = length - 4; at <= last; at += 4) {
    const difference = a.getInt32(aStart + at, true) ^ b.getInt32(bStart + at, true);
    if (difference !== 0) return at + ((31 - Math.clz32(difference & -difference)) >>> 3);
  }
  while (at < length && a.getUint8(aStart + at) === b.getUint8(bStart + at)) at++;
  return at;
}

/** Copies `length` bytes. The two ranges are of different buffers, or the target begins before the source. */
export function copyRun(
  source: DataView,
  sourceStart: number,
  target: DataView,
  targetStart: number,
  length: number,
): void {
  let at = 0;
  for (const last = length - 4; at <= last; at += 4) {
    target.setInt32(targetStart + at, source.getInt32(sourceStart + at, true), true);
  }
  for (; at < length; at++) target.setUint8(targetStart + at, source.getUint8(sourceStart + at));
}
