import { MINUS, ZERO } from './ascii.ts';

/**
 * Numbers as Go's `strconv.AppendFloat(.., -1, 64)` writes them: the shortest digits that read back as the same double,
 * in the plain form ('f') or with an exponent of at least two digits ('e').
 *
 * - Integers up to 2^53 are written as they are.
 * - A decimal n / 1000 with at most 15 digits is found by trying: n and 1000 are exact, so the quotient is the double
 *   nearest to that decimal, and no two decimals of 15 digits share a double; hence one that fits is the shortest.
 * - Others are scaled to 17 digits as an exact sum of two doubles (Dekker's product). Every decimal closer than half a
 *   unit in the last place reads back as the same double, so the shortest is the nearest multiple of 100, 10 or 1 that
 *   lies so close.
 * - What is left (zeros, infinities, NaN, very large and small numbers, powers of two, near ties) takes V8's own
 *   shortest digits, whose plain and exponent forms differ from Go's in spelling alone.
 */

/** No number takes more bytes than this, not even 5e-324 in plain form. */
export const NUMBER_BYTES_MAX = 352;

/**
 * As the HTTP API writes sample values: exponent form below 1e-6 and from 1e21, otherwise plain. Returns the new end.
 * Here and below `view` covers the same bytes as `bytes`, and there is room for `NUMBER_BYTES_MAX`: what lies behind the
 * number may be overwritten.
 */
export function writeSampleNumber(bytes: Uint8Array, view: DataView, at: number, value: number): number {
  const end = writeUsualNumber(bytes, view, at, value);
  return end > 0 ? end : writeSpelled(bytes, at, value, true);
}

/** Always in plain form. Returns the new end. */
export function writePlainNumber(bytes: Uint8Array, view: DataView, at: number, value: number): number {
  const end = writeUsualNumber(bytes, view, at, value);
  return end > 0 ? end : writeSpelled(bytes, at, value, false);
}

/** A time in ms as seconds with up to three decimals. */
export function writeTimestamp(bytes: Uint8Array, view: DataView, at: number, timeMs: number): number {
  let magnitude = timeMs;
  let end = at;
  if (timeMs < 0) {
    bytes[end++] = MINUS;
    magnitude = -timeMs;
  }
  const seconds = Math.floor(magnitude / 1000);
  const rest = magnitude - 1000 * seconds;
  end = writeInteger(view, end, seconds);
  if (rest === 0) return end;
  bytes[end++] = POINT;
  bytes[end++] = ZERO + Math.floor(rest / 100);
  bytes[end++] = ZERO + (Math.floor(rest / 10) % 10);
  bytes[end++] = ZERO + (rest % 10);
  return end;
}

/** An integer from 0 to 2^53. */
export function writeInteger(view: DataView, at: number, value: number): number {
  if (value < 1e8) return writeSmallInteger(view, at, value | 0);
  const upper = Math.floor(value / 1e8);
  const end = upper < 1e8 ? writeSmallInteger(view, at, upper | 0) : writeInteger(view, at, upper);
  write8Digits(view, end, (value - 1e8 * upper) | 0);
  return end + 8;
}

const POINT = 0x2e;

/** Writes any number from 1e-6 to 1e15, and larger integers; returns 0 where it can not be sure. */
function writeUsualNumber(bytes: Uint8Array, view: DataView, at: number, value: number): number {
  let magnitude = value;
  let end = at;
  if (value < 0) {
    bytes[end++] = MINUS;
    magnitude = -value;
  }
  const whole = Math.floor(magnitude);
  if (whole === magnitude)
    return whole <= INTEGER_MAX && (whole > 0 || 1 / value > 0) ? writeInteger(view, end, whole) : 0;
  if (!(magnitude < 1e15 && magnitude >= 1e-6)) return 0;
  if (magnitude < THOUSANDTHS_MAX) {
    const scaled = magnitude * 1000;
    const thousandths = Math.floor(scaled + 0.5);
    // The product is off by half a unit at most, so the division is for those alone that may fit.
    if (Math.abs(scaled - thousandths) <= scaled * EPSILON && thousandths / 1000 === magnitude)
      return writeThousandths(bytes, view, end, thousandths);
  }
  return writeLongDecimal(bytes, view, end, magnitude);
}

/** n / 1000, where n is no multiple of 1000. */
function writeThousandths(bytes: Uint8Array, view: DataView, at: number, thousandths: number): number {
  const whole = Math.floor(thousandths / 1000);
  const rest = (thousandths - 1000 * whole) | 0;
  let end = writeInteger(view, at, whole);
  const first = (rest / 100) | 0;
  const second = ((rest - 100 * first) / 10) | 0;
  const third = rest - 100 * first - 10 * second;
  bytes[end++] = POINT;
  bytes[end++] = ZERO + first;
  if ((second | third) === 0) return end;
  bytes[end++] = ZERO + second;
  if (third !== 0) bytes[end++] = ZERO + third;
  return end;
}

/** 2^53: the doubles up to here are all integers. */
const INTEGER_MAX = 9007199254740992;
/** 2^-52: a unit in the last place of 1. */
const EPSILON = 2.220446049250313e-16;
/** Below it n / 1000 has at most 15 digits. */
const THOUSANDTHS_MAX = 1e12;

/** 10^0 .. 10^22, exact doubles, and their halves of 26 bits each, for exact products. */
const SCALES = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
const SCALES_HIGH = SCALES.map(highPart);
const SCALES_LOW = SCALES.map((scale, i) => scale - SCALES_HIGH[i]!);
/** 10^-8 .. 10^16: entry e + 8 is the least number with decimal exponent e. */
const DECADES = Float64Array.from({ length: 25 }, (_, i) => Number(`1e${i - 8}`));
/** Half a unit in the last place, by biased binary exponent. */
const HALF_UNITS = Float64Array.from({ length: 2047 }, (_, exponent) => 2 ** (exponent - 1076));
/** Closer to a tie than this, exactness ends: x is below 10^8 and rounded to 2^-27. */
const DOUBT = 1e-6;

const scratch = new Float64Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Writes a number from 1e-6 to 1e15 of up to 17 digits; returns 0 where it can not be sure. */
function writeLongDecimal(bytes: Uint8Array, view: DataView, at: number, magnitude: number): number {
  scratch[0] = magnitude;
  const highBits = scratchBits[1]!;
  if ((highBits & 0xfffff) === 0 && scratchBits[0] === 0) return 0;
  const binaryExponent = highBits >>> 20;
  // floor((binaryExponent - 1023) * log10(2)), perhaps one less than the decimal exponent.
  let exponent = (Math.imul(binaryExponent - 1023, 78913) >> 18) | 0;
  if (magnitude >= DECADES[exponent + 9]!) exponent++;

  // magnitude * 10^k as high + low, exactly; with 17 digits before the point.
  const k = 16 - exponent;
  const scale = SCALES[k]!;
  const scaleHigh = SCALES_HIGH[k]!;
  const scaleLow = SCALES_LOW[k]!;
  const high = magnitude * scale;
  const split = 134217729 * magnitude;
  const valueHigh = split - (split - magnitude);
  const valueLow = magnitude - valueHigh;
  const low = valueHigh * scaleHigh - high + valueHigh * scaleLow + valueLow * scaleHigh + valueLow * scaleLow;

  // The upper nine digits (perhaps one less or more, put right below), and a remainder x that holds the others.
  let upper = Math.floor(high * 1e-8);
  const x = high - upper * 1e8 + low;
  const half = HALF_UNITS[binaryExponent]! * scale;
  const sure = half - DOUBT;
  let lower = Math.floor(x * 0.01 + 0.5) * 100;
  let distance = Math.abs(x - lower);
  if (distance > sure) {
    if (distance < half + DOUBT) return 0;
    lower = Math.floor(x * 0.1 + 0.5) * 10;
    distance = Math.abs(x - lower);
    if (distance > 5 - DOUBT) return 0;
    if (distance > sure) {
      if (distance < half + DOUBT) return 0;
      lower = Math.floor(x + 0.5);
      if (Math.abs(x - lower) > 0.5 - DOUBT) return 0;
    }
  }
  if (lower < 0) {
    lower += 1e8;
    upper--;
  } else if (lower >= 1e8) {
    lower -= 1e8;
    upper++;
  }
  if (upper < 1e8 || upper >= 1e9) return 0;
  return placeDigits(bytes, view, at, upper | 0, lower | 0, exponent);
}

/** Writes 17 digits, whose first stands for 10^exponent, with a point and without zeros at the end. */
function placeDigits(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  upper: number,
  lower: number,
  exponent: number,
): number {
  let first = at;
  if (exponent < 0) {
    bytes[first++] = ZERO;
    bytes[first++] = POINT;
    for (let i = exponent + 1; i < 0; i++) bytes[first++] = ZERO;
  } else first++;
  const lead = (upper / 100000000) | 0;
  bytes[first] = ZERO + lead;
  write8Digits(view, first + 1, upper - 100000000 * lead);
  let end = first + 9;
  if (lower !== 0) {
    write8Digits(view, end, lower);
    end += 8;
  }
  while (bytes[end - 1] === ZERO) end--;
  if (exponent < 0) return end;
  const point = at + exponent + 1;
  for (let i = at; i < point; i++) bytes[i] = bytes[i + 1]!;
  if (end <= point + 1) return point;
  bytes[point] = POINT;
  return end;
}

/** Writes an integer below 10^8 without zeros in front. */
function writeSmallInteger(view: DataView, at: number, value: number): number {
  if (value < 10000) return writeFewDigits(view, at, value);
  const upper = (value / 10000) | 0;
  const end = writeFewDigits(view, at, upper);
  view.setUint32(end, spelled(value - 10000 * upper), true);
  return end + 4;
}

/** Writes an integer below 10^4 without zeros in front. */
function writeFewDigits(view: DataView, at: number, value: number): number {
  const count = value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  view.setUint32(at, spelled(value) >>> (32 - 8 * count), true);
  return at + count;
}

/** Writes an integer below 10^8 with zeros in front. */
function write8Digits(view: DataView, at: number, value: number): void {
  const upper = (value / 10000) | 0;
  view.setUint32(at, spelled(upper), true);
  view.setUint32(at + 4, spelled(value - 10000 * upper), true);
}

/** Four digits, one in each byte of a word, the first in the lowest: split into hundreds, then both halves into tens. */
function spelled(value: number): number {
  const hundreds = (value * 5243) >>> 19;
  const pairs = hundreds | ((value - 100 * hundreds) << 16);
  const tens = (Math.imul(pairs, 103) >>> 10) & 0xf000f;
  return (tens | ((pairs - Math.imul(tens, 10)) << 8)) + 0x30303030;
}

/** The upper 26 bits of a number (Veltkamp's splitting); the rest is exact. */
function highPart(value: number): number {
  const scaled = 134217729 * value;
  return scaled - (scaled - value);
}

/** Everything else: zeros, infinities, NaN, and digits as V8 finds them. */
function writeSpelled(bytes: Uint8Array, at: number, value: number, exponentAllowed: boolean): number {
  // biome-ignore lint/suspicious/noSelfCompare: the cheap test for NaN
  if (value !== value) return writeText(bytes, at, 'NaN');
  if (value === Infinity) return writeText(bytes, at, '+Inf');
  if (value === -Infinity) return writeText(bytes, at, '-Inf');
  if (value === 0) return writeText(bytes, at, 1 / value < 0 ? '-0' : '0');
  const text = String(value);
  const mark = text.indexOf('e');
  if (mark < 0) return writeText(bytes, at, text);
  return exponentAllowed ? writeExponent(bytes, at, text, mark) : writeExpanded(bytes, at, text, mark);
}

function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** `1.5e-7` -> `1.5e-07` */
function writeExponent(bytes: Uint8Array, at: number, text: string, mark: number): number {
  let end = at;
  for (let i = 0; i < mark + 2; i++) bytes[end++] = text.charCodeAt(i);
  if (text.length - mark === 3) bytes[end++] = ZERO;
  for (let i = mark + 2; i < text.length; i++) bytes[end++] = text.charCodeAt(i);
  return end;
}

/** `1.25e+21` -> `1250000000000000000000`, `-1.5e-7` -> `-0.00000015` */
function writeExpanded(bytes: Uint8Array, at: number, text: string, mark: number): number {
  let from = 0;
  let end = at;
  if (startsWithMinus(text)) {
    bytes[end++] = MINUS;
    from = 1;
  }
  const exponent = Number(text.slice(mark + 1));
  const point = text.indexOf('.');
  const wholeDigits = (point < 0 ? mark : point) - from;
  const pointAt = wholeDigits + exponent;
  if (pointAt <= 0) {
    bytes[end++] = ZERO;
    bytes[end++] = POINT;
    for (let i = pointAt; i < 0; i++) bytes[end++] = ZERO;
  }
  let digits = 0;
  for (let i = from; i < mark; i++) {
    if (i === point) continue;
    if (digits === pointAt && digits > 0) bytes[end++] = POINT;
    bytes[end++] = text.charCodeAt(i);
    digits++;
  }
  for (; digits < pointAt; digits++) bytes[end++] = ZERO;
  return end;
}

function startsWithMinus(text: string): boolean {
  return text.charCodeAt(0) === MINUS;
}
