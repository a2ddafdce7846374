/**
 * Reading what `bit-write.ts` draws. Functions return the next position, or a negative code; they never look at a byte
 * behind the one that holds bit `end - 1`.
 */

/** The bits end too early. */
export const BITS_TRUNCATED = -1;
/** A window of significant bits that is wider than 64 bits, or an integer that a double does not hold exactly. */
export const BITS_MALFORMED = -2;

const TWO_32 = 4294967296;
/** Payload bits of a varbit by the number of ones before it. */
const PAYLOAD_BITS = Uint8Array.of(0, 3, 6, 9, 12, 18, 25, 56, 64);

/** The `count` (1 to 32) bits from `bit` on as an unsigned number; the caller has checked that they are there. */
export function bitsAt(bytes: Uint8Array, bit: number, count: number): number {
  let at = bit >>> 3;
  let have = 8 - (bit & 7);
  let value = bytes[at]! & ((1 << have) - 1);
  if (count <= have) return value >>> (have - count);
  let left = count - have;
  while (left >= 8) {
    value = (value << 8) | bytes[++at]!;
    left -= 8;
  }
  if (left > 0) {
    have = 8 - left;
    value = (value << left) | (bytes[at + 1]! >>> have);
  }
  return value >>> 0;
}

/** Reads 64 bits to `halves[2 * slot]` (low) and the one behind it (high). */
export function takeWide(bytes: Uint8Array, bit: number, end: number, halves: Uint32Array, slot: number): number {
  if (bit + 64 > end) return BITS_TRUNCATED;
  halves[2 * slot + 1] = bitsAt(bytes, bit, 32);
  halves[2 * slot] = bitsAt(bytes, bit + 32, 32);
  return bit + 64;
}

/** Reads a signed integer to `out[0]`. Integers beyond +-(2^53 - 1) are malformed here. */
export function takeVarbitInt(bytes: Uint8Array, bit: number, end: number, out: Float64Array): number {
  const ones = onesAt(bytes, bit, end);
  if (ones < 0) return ones;
  const count = PAYLOAD_BITS[ones]!;
  const at = bit + (ones < 8 ? ones + 1 : 8);
  if (at + count > end) return BITS_TRUNCATED;
  if (count <= 25) {
    let value = count === 0 ? 0 : bitsAt(bytes, at, count);
    if (value > 1 << (count - 1) && count > 0) value -= 1 << count;
    out[0] = value;
    return at + count;
  }
  const high = count === 64 ? bitsAt(bytes, at, 32) | 0 : bitsAt(bytes, at, 24);
  const low = bitsAt(bytes, at + count - 32, 32);
  let value = high * TWO_32 + low;
  if (count === 56 && value > 36028797018963968) value = (high - 0x1000000) * TWO_32 + low;
  out[0] = value;
  return value >= 9007199254740992 || value <= -9007199254740992 ? BITS_MALFORMED : at + count;
}

/** Reads an unsigned integer to `out[0]`. Integers beyond 2^53 - 1 are malformed here. */
export function takeVarbitUint(bytes: Uint8Array, bit: number, end: number, out: Float64Array): number {
  const ones = onesAt(bytes, bit, end);
  if (ones < 0) return ones;
  const count = PAYLOAD_BITS[ones]!;
  const at = bit + (ones < 8 ? ones + 1 : 8);
  if (at + count > end) return BITS_TRUNCATED;
  if (count <= 25) {
    out[0] = count === 0 ? 0 : bitsAt(bytes, at, count);
    return at + count;
  }
  const value = bitsAt(bytes, at, count - 32) * TWO_32 + bitsAt(bytes, at + count - 32, 32);
  out[0] = value;
  return value >= 9007199254740992 ? BITS_MALFORMED : at + count;
}

/**
 * Reads what changed and applies it to the value in `halves` at `slot`. `windows[slot]` is as `putXor` leaves it, except
 * that it is 0 before the first window.
 */
export function takeXor(
  bytes: Uint8Array,
  bit: number,
  end: number,
  halves: Uint32Array,
  windows: Uint16Array,
  slot: number,
): number {
  if (bit >= end) return BITS_TRUNCATED;
  if (bitsAt(bytes, bit, 1) === 0) return bit + 1;
  if (bit + 2 > end) return BITS_TRUNCATED;
  let at = bit + 2;
  if (bitsAt(bytes, bit + 1, 1) === 1) {
    if (at + 11 > end) return BITS_TRUNCATED;
    const head = bitsAt(bytes, at, 11);
    at += 11;
    const length = (head & 63) === 0 ? 64 : head & 63;
    if ((head >>> 6) + length > 64) return BITS_MALFORMED;
    windows[slot] = ((head >>> 6) << 8) | (64 - (head >>> 6) - length);
  }
  const window = windows[slot]!;
  const trailing = window & 0xff;
  const length = 64 - (window >>> 8) - trailing;
  if (at + length > end) return BITS_TRUNCATED;
  const high = length > 32 ? bitsAt(bytes, at, length - 32) : 0;
  const low = bitsAt(bytes, at + (length > 32 ? length - 32 : 0), length > 32 ? 32 : length);
  if (trailing >= 32) {
    halves[2 * slot + 1]! ^= low << (trailing - 32);
  } else {
    halves[2 * slot]! ^= low << trailing;
    halves[2 * slot + 1]! ^= (high << trailing) | (trailing > 0 ? low >>> (32 - trailing) : 0);
  }
  return at + length;
}

/** The ones (0 to 8) that a varbit begins with. */
function onesAt(bytes: Uint8Array, bit: number, end: number): number {
  if (bit + 8 <= end) {
    const look = bitsAt(bytes, bit, 8);
    return look === 0xff ? 8 : Math.clz32(~(look << 24));
  }
  let ones = 0;
  for (; ones < 8; ones++) {
    if (bit + ones >= end) return BITS_TRUNCATED;
    if (bitsAt(bytes, bit + ones, 1) === 0) break;
  }
  return ones;
}
