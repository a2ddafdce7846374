/**
 * Points of a series as the HTTP API writes them, `,[<timestamp>,"<number>"]` one behind the other, in AssemblyScript.
 *
 *     1 KiB      5^0 .. 5^23, 64 bits each
 *     2 KiB      10^-8 .. 10^16, doubles: entry e + 8 is the least number with decimal exponent e
 *     64 KiB     values, doubles
 *     160 KiB    1 = the step has a value, a byte each
 *     176 KiB    `,[<timestamp>,"` of each step, 24 bytes each
 *     464 KiB    how many of them count, a byte each
 *     480 KiB    what is written
 *
 * A number m * 2^q (m: 53 bits) is scaled to 17 digits before the point by 10^k = 5^k * 2^k, exactly: m * 5^k takes 107 bits at
 * most. Every decimal closer than half a unit in the last place, which is 5^k in units of half of the product's last bit, reads back
 * as the same double; the shortest is the nearest multiple of 100, 10 or 1 that lies so close.
 */

const FIVES: usize = 1024;
const DECADES: usize = 2048;
const VALUES: usize = 64 * 1024;
const PRESENT: usize = 160 * 1024;
const TEXTS: usize = 176 * 1024;
const TEXT_SIZES: usize = 464 * 1024;
const OUT: usize = 480 * 1024;

const ZERO: u8 = 0x30;
const POINT: u8 = 0x2e;
const MINUS: u8 = 0x2d;
/** `"]` */
const POINT_END: u16 = 0x5d22;
const ZEROS: u64 = 0x3030303030303030;

/** 2^53: the doubles up to here are all integers. */
const INTEGER_MAX: f64 = 9007199254740992;
/** Distances in a hundred are compared with so many bits behind the point, of which the last is in doubt. */
const FRACTION_BITS: u64 = 48;
const ONE: u64 = 1 << FRACTION_BITS;
const DOUBT: u64 = 2;

/** Where what was written ends. */
export let end: usize = OUT;

export function init(): void {
  let power: u64 = 1;
  for (let k: usize = 0; k < 24; k++) {
    store<u64>(FIVES + (k << 3), power);
    power *= 5;
  }
  let decade: f64 = 1;
  for (let e: usize = 0; e <= 16; e++) {
    store<f64>(DECADES + ((e + 8) << 3), decade);
    // One over a number that is exact is the double nearest to the decimal.
    if (e <= 8) store<f64>(DECADES + ((8 - e) << 3), 1 / decade);
    decade *= 10;
  }
}

/** Eight digits of a number below 10^8, the first in the lowest byte, as numbers. */
// @ts-ignore
@inline function eightDigits(value: u32): u64 {
  const upper = value / 10000;
  const fours = <u64>upper | (<u64>(value - upper * 10000) << 32);
  const hundreds = ((fours * 5243) >>> 19) & 0x0000007f0000007f;
  const twos = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((twos * 103) >>> 10) & 0x000f000f000f000f;
  return tens | ((twos - tens * 10) << 8);
}

/** Writes an integer below 10^8 without zeros in front; 0 as one digit. Returns where it ends. */
// @ts-ignore
@inline function writeShort(at: usize, value: u32): usize {
  const digits = eightDigits(value);
  const skipped: usize = value === 0 ? 7 : <usize>(ctz(digits) >>> 3);
  store<u64>(at, (digits | ZEROS) >>> (<u64>skipped << 3));
  return at + 8 - skipped;
}

/** Writes an integer up to 2^53. */
// @ts-ignore
@inline function writeInteger(at: usize, value: u64): usize {
  if (value < 100000000) return writeShort(at, <u32>value);
  const upper = value / 100000000;
  const last = writeShort(at, <u32>upper);
  store<u64>(last, eightDigits(<u32>(value - upper * 100000000)) | ZEROS);
  return last + 8;
}

/** Writes a number with a fraction, from 1e-6 to 1e15; returns 0 where it can not be sure, or the number is a power of two. */
// @ts-ignore
@inline function writeDecimal(at: usize, magnitude: f64): usize {
  const bits = reinterpret<u64>(magnitude);
  const fraction = bits & 0xfffffffffffff;
  if (fraction === 0) return 0;
  const binary = <i32>(bits >>> 52);
  // floor((binary - 1023) * log10(2)), perhaps one less than the decimal exponent.
  let exponent = ((binary - 1023) * 78913) >> 18;
  if (magnitude >= load<f64>(DECADES + (<usize>(exponent + 9) << 3))) exponent++;
  const k = 16 - exponent;
  const five = load<u64>(FIVES + (<usize>k << 3));
  const mantissa = fraction | 0x10000000000000;

  // The product by halves; the middle ones have 55 bits.
  const mantissaLow = mantissa & 0xffffffff;
  const mantissaHigh = mantissa >>> 32;
  const fiveLow = five & 0xffffffff;
  const fiveHigh = five >>> 32;
  const lowest = mantissaLow * fiveLow;
  const middle = mantissaLow * fiveHigh + mantissaHigh * fiveLow + (lowest >>> 32);
  const low = (lowest & 0xffffffff) | (middle << 32);
  const high = mantissaHigh * fiveHigh + (middle >>> 32);

  // Numbers below 10^15 with a fraction leave 1 to 52 bits behind the point.
  const shift = <u64>(1075 - binary - k);
  const whole = (high << (64 - shift)) | (low >>> shift);
  const rest = low & ((1 << shift) - 1);
  const behind = shift > FRACTION_BITS ? rest >>> (shift - FRACTION_BITS) : rest << (FRACTION_BITS - shift);
  const half = shift < FRACTION_BITS ? five << (FRACTION_BITS - 1 - shift) : five >>> (shift + 1 - FRACTION_BITS);

  let upper = <u32>(whole / 100000000);
  let lower = <u32>(whole - <u64>upper * 100000000);
  let unit: u32 = 100;
  let digit = lower % 100;
  let isUp = digit >= 50;
  let distance = isUp ? (<u64>(100 - digit) << FRACTION_BITS) - behind : (<u64>digit << FRACTION_BITS) + behind;
  if (distance + DOUBT > half) {
    if (distance <= half + DOUBT) return 0;
    unit = 10;
    digit %= 10;
    isUp = digit >= 5;
    distance = isUp ? (<u64>(10 - digit) << FRACTION_BITS) - behind : (<u64>digit << FRACTION_BITS) + behind;
    if (distance + DOUBT > half) {
      if (distance <= half + DOUBT) return 0;
      unit = 1;
      digit = 0;
      isUp = behind > ONE / 2;
      distance = isUp ? ONE - behind : behind;
    }
    // In the middle between two of them, or nearly so.
    if (distance + DOUBT > unit * (ONE / 2)) return 0;
  }
  lower -= digit;
  if (isUp) lower += unit;
  if (lower >= 100000000) {
    lower -= 100000000;
    upper++;
  }
  if (upper - 100000000 >= 900000000) return 0;

  let first = at;
  if (exponent < 0) {
    // `0.` and up to five zeros.
    store<u64>(at, 0x3030303030302e30);
    first = at + 1 - exponent;
  }
  const lead = upper / 100000000;
  const upperDigits = eightDigits(upper - lead * 100000000);
  store<u8>(first, ZERO + <u8>lead);
  store<u64>(first + 1, upperDigits | ZEROS);
  let last = first + 9;
  if (lower !== 0) {
    const lowerDigits = eightDigits(lower);
    store<u64>(last, lowerDigits | ZEROS);
    last += 8 - <usize>(clz(lowerDigits) >>> 3);
  } else last -= upperDigits === 0 ? 8 : <usize>(clz(upperDigits) >>> 3);
  if (exponent < 0) return last;
  const point = at + 1 + exponent;
  if (last <= point) return 0;
  const next = load<u64>(point);
  const afterNext = load<u64>(point + 8);
  store<u8>(point, POINT);
  store<u64>(point + 1, next);
  store<u64>(point + 9, afterNext);
  return last + 1;
}

/** Writes a number; returns 0 where it is for others. */
// @ts-ignore
@inline function writeNumber(at: usize, value: f64): usize {
  let start = at;
  let magnitude = value;
  if (value < 0) {
    store<u8>(start++, MINUS);
    magnitude = -value;
  }
  if (!(magnitude <= INTEGER_MAX)) return 0;
  const whole = <u64>magnitude;
  if (<f64>whole === magnitude) {
    if (whole === 0 && reinterpret<u64>(value) !== 0) return 0;
    return writeInteger(start, whole);
  }
  if (!(magnitude < 1e15 && magnitude >= 1e-6)) return 0;
  return writeDecimal(start, magnitude);
}

/**
 * Writes the points of the steps `from .. to - 1` that have a value, from `at` on, up to the first one whose number is for others: of
 * that it writes what stands before the number. Returns that step, or `to`.
 */
export function write(from: usize, to: usize, at: usize): usize {
  let out = at;
  for (let i = from; i < to; i++) {
    if (load<u8>(PRESENT + i) === 0) continue;
    const text = TEXTS + i * 24;
    store<u64>(out, load<u64>(text));
    store<u64>(out, load<u64>(text, 8), 8);
    store<u64>(out, load<u64>(text, 16), 16);
    out += load<u8>(TEXT_SIZES + i);
    const last = writeNumber(out, load<f64>(VALUES + (i << 3)));
    if (last === 0) {
      end = out;
      return i;
    }
    store<u16>(last, POINT_END);
    out = last + 2;
  }
  end = out;
  return to;
}
