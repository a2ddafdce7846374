/**
 * Writing numbers bit by bit, the most significant first, as the chunks of histograms hold them.
 *
 * ```text
 * varbit   0                         0
 *          10       + 3 bits         -3 .. 4                  unsigned: .. 7
 *          110      + 6 bits         -31 .. 32                          .. 63
 *          1110     + 9 bits         -255 .. 256                        .. 511
 *          11110    + 12 bits        -2047 .. 2048                      .. 4095
 *          111110   + 18 bits        -131071 .. 131072                  .. 262143
 *          1111110  + 25 bits        -16777215 .. 16777216              .. 33554431
 *          11111110 + 56 bits        -(2^55 - 1) .. 2^55                .. 2^56 - 1
 *          11111111 + 64 bits        any other
 * xor      0                                                   the same as before
 *          10 + bits                                           inside the last window of significant bits
 *          11 + leading zeros: 5 bits + length: 6 bits + bits  a new window (length 0 means 64)
 * ```
 *
 * Source of the formats: Prometheus' `tsdb/docs/format/chunks.md` and the encodings that it names.
 *
 * A position counts bits from the start of the array. The first write to a byte clears the rest of it. The caller has
 * made sure of room.
 */

/** The most bits that `putVarbitInt` and `putVarbitUint` write for an integer that a double holds exactly. */
export const VARBIT_BITS_MAX = 64;
/** The most bits that `putXor` writes. */
export const XOR_BITS_MAX = 77;
/** A window that no value fits into. */
export const NO_XOR_WINDOW = 0xffff;

const TWO_32 = 4294967296;

/** Writes the lowest `count` (1 to 32) bits of `value`; returns the next position. */
export function putBits(bytes: Uint8Array, bit: number, value: number, count: number): number {
  let at = bit >>> 3;
  const free = 8 - (bit & 7);
  const end = bit + count;
  if (count < free) {
    const placed = (value & ((1 << count) - 1)) << (free - count);
    bytes[at] = free === 8 ? placed : bytes[at]! | placed;
    return end;
  }
  let left = count - free;
  const first = (value >>> left) & ((1 << free) - 1);
  bytes[at] = free === 8 ? first : bytes[at]! | first;
  at++;
  while (left >= 8) {
    left -= 8;
    bytes[at++] = value >>> left;
  }
  if (left > 0) bytes[at] = value << (8 - left);
  return end;
}

/** Writes 64 bits given as halves. */
export function putWide(bytes: Uint8Array, bit: number, low: number, high: number): number {
  return putBits(bytes, putBits(bytes, bit, high, 32), low, 32);
}

/** Writes an integer within +-2^53. */
export function putVarbitInt(bytes: Uint8Array, bit: number, value: number): number {
  if (value === 0) return putBits(bytes, bit, 0, 1);
  if (value >= -16777215 && value <= 16777216) {
    if (value >= -3 && value <= 4) return putBits(bytes, bit, 0x10 | (value & 0x7), 5);
    if (value >= -31 && value <= 32) return putBits(bytes, bit, 0x180 | (value & 0x3f), 9);
    if (value >= -255 && value <= 256) return putBits(bytes, bit, 0x1c00 | (value & 0x1ff), 13);
    if (value >= -2047 && value <= 2048) return putBits(bytes, bit, 0x1e000 | (value & 0xfff), 17);
    if (value >= -131071 && value <= 131072) return putBits(bytes, bit, 0xf80000 | (value & 0x3ffff), 24);
    return putBits(bytes, bit, 0xfc000000 | (value & 0x1ffffff), 32);
  }
  return put56(bytes, bit, value);
}

/** Writes an integer from 0 to 2^53. */
export function putVarbitUint(bytes: Uint8Array, bit: number, value: number): number {
  if (value === 0) return putBits(bytes, bit, 0, 1);
  if (value <= 33554431) {
    if (value <= 7) return putBits(bytes, bit, 0x10 | value, 5);
    if (value <= 63) return putBits(bytes, bit, 0x180 | value, 9);
    if (value <= 511) return putBits(bytes, bit, 0x1c00 | value, 13);
    if (value <= 4095) return putBits(bytes, bit, 0x1e000 | value, 17);
    if (value <= 262143) return putBits(bytes, bit, 0xf80000 | value, 24);
    return putBits(bytes, bit, 0xfc000000 | value, 32);
  }
  return put56(bytes, bit, value);
}

/**
 * Writes what changed from the value before, both given as halves. `windows[slot]` is the last window, leading zeros in
 * the high byte and trailing ones in the low byte, and is moved on.
 */
export function putXor(
  bytes: Uint8Array,
  bit: number,
  xorLow: number,
  xorHigh: number,
  windows: Uint16Array,
  slot: number,
): number {
  if (xorLow === 0 && xorHigh === 0) return putBits(bytes, bit, 0, 1);
  const zerosBefore = xorHigh === 0 ? 31 : Math.clz32(xorHigh);
  const zerosAfter = xorLow === 0 ? 63 - Math.clz32(xorHigh & -xorHigh) : 31 - Math.clz32(xorLow & -xorLow);
  const window = windows[slot]!;
  let leading = window >>> 8;
  let trailing = window & 0xff;
  let at = bit;
  if (window !== NO_XOR_WINDOW && zerosBefore >= leading && zerosAfter >= trailing) {
    at = putBits(bytes, at, 2, 2);
  } else {
    leading = zerosBefore;
    trailing = zerosAfter;
    windows[slot] = (leading << 8) | trailing;
    at = putBits(bytes, at, (3 << 11) | (leading << 6) | ((64 - leading - trailing) & 63), 13);
  }
  const length = 64 - leading - trailing;
  let low = xorLow;
  let high = xorHigh;
  if (trailing >= 32) {
    low = xorHigh >>> (trailing - 32);
    high = 0;
  } else if (trailing > 0) {
    low = (xorLow >>> trailing) | (xorHigh << (32 - trailing));
    high = xorHigh >>> trailing;
  }
  if (length <= 32) return putBits(bytes, at, low, length);
  return putBits(bytes, putBits(bytes, at, high, length - 32), low, 32);
}

function put56(bytes: Uint8Array, bit: number, value: number): number {
  const high = Math.floor(value / TWO_32);
  const at = putBits(bytes, putBits(bytes, bit, 0xfe, 8), high, 24);
  return putBits(bytes, at, value - high * TWO_32, 32);
}
