/**
 * Numbers as Go's `strconv.AppendFloat(.., -1, 64)` writes them: the shortest digits that read back as the same double,
 * in the plain form ('f') or with an exponent of at least two digits ('e').
 *
 * - A decimal n / 10^k with few places and at most 15 digits is found by trying k = 0, 1, 2, 3: n and 10^k are exact, so
 *   the quotient is the double nearest to that decimal, and no two decimals of 15 digits share a double; hence the first
 *   that fits is the shortest.
 * - Others are scaled to 17 digits as an exact sum of two doubles (Dekker's product). Every decimal closer than half a
 *   unit in the last place reads back as the same double, so the shortest is the nearest multiple of 100, 10 or 1 that
 *   lies so close.
 * - What is left (zeros, infinities, NaN, very large and small numbers, powers of two, near ties) takes V8's own
 *   shortest digits, whose plain and exponent forms differ from Go's in spelling alone.
 */

/** No number takes more bytes than this, not even 5e-324 in plain form. */
export const NUMBER_BYTES_MAX = 352;

/** As the HTTP API writes sample values: exponent form below 1e-6 and from 1e21, otherwise plain. Returns the new end. */
export function writeSampleNumber(bytes: Uint8Array, at: number, value: number): number {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 1e15 && magnitude >= 1e-6) {
    const end = writeShortDecimal(bytes, at, value, magnitude) || writeLongDecimal(bytes, at, value, magnitude);
    if (end > 0) return end;
  }
  return writeSpelled(bytes, at, value, true);
}

/** Always in plain form. Returns the new end. */
export function writePlainNumber(bytes: Uint8Array, at: number, value: number): number {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 1e15 && magnitude >= 1e-6) {
    const end = writeShortDecimal(bytes, at, value, magnitude) || writeLongDecimal(bytes, at, value, magnitude);
    if (end > 0) return end;
  }
  return writeSpelled(bytes, at, value, false);
}

/** A time in ms as seconds with up to three decimals. */
export function writeTimestamp(bytes: Uint8Array, at: number, timeMs: number): number {
  let magnitude = timeMs;
  let end = at;
  if (timeMs < 0) {
    bytes[end++] = MINUS;
    magnitude = -timeMs;
  }
  const seconds = Math.floor(magnitude / 1000);
  const rest = magnitude - 1000 * seconds;
  end = writeInteger(bytes, end, seconds);
  if (rest === 0) return end;
  bytes[end++] = POINT;
  bytes[end++] = ZERO + Math.floor(rest / 100);
  bytes[end++] = ZERO + (Math.floor(rest / 10) % 10);
  bytes[end++] = ZERO + (rest % 10);
  return end;
}

/** An integer from 0 to 2^53. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  let end = at + digitCount(value);
  const result = end;
  let high = value;
  while (high >= 1e9) {
    const next = Math.floor(high / 1e9);
    let low = (high - 1e9 * next) | 0;
    for (let i = 0; i < 9; i++) {
      const tenth = (low / 10) | 0;
      bytes[--end] = ZERO + (low - 10 * tenth);
      low = tenth;
    }
    high = next;
  }
  let rest = high | 0;
  do {
    const tenth = (rest / 10) | 0;
    bytes[--end] = ZERO + (rest - 10 * tenth);
    rest = tenth;
  } while (rest > 0);
  return result;
}

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

/** 10^0 .. 10^22 are exact doubles. */
const POWERS = new Float64Array([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
]);

/** Most decimals with more places than this have many digits. */
const PLACES_MAX = 3;

/** Writes `value` if it has at most `PLACES_MAX` decimals and 15 digits; otherwise returns 0. */
function writeShortDecimal(bytes: Uint8Array, at: number, value: number, magnitude: number): number {
  let places = 0;
  let whole = magnitude;
  if (Math.floor(magnitude) !== magnitude) {
    for (places = 1; ; places++) {
      const power = POWERS[places]!;
      whole = Math.round(magnitude * power);
      if (whole >= 1e15) return 0;
      if (whole / power === magnitude) break;
      if (places === PLACES_MAX) return 0;
    }
  }
  let end = at;
  if (value < 0) bytes[end++] = MINUS;
  if (places === 0) return writeInteger(bytes, end, whole);
  const power = POWERS[places]!;
  const integer = Math.floor(whole / power);
  end = writeInteger(bytes, end, integer);
  bytes[end] = POINT;
  let fraction = whole - integer * power;
  for (let i = end + places; i > end; i--) {
    const tenth = Math.floor(fraction / 10);
    bytes[i] = ZERO + (fraction - 10 * tenth);
    fraction = tenth;
  }
  return end + places + 1;
}

/** 10^0 .. 10^22 in two halves of 26 bits each, for exact products. */
const SCALES = new Float64Array([...POWERS, 1e21, 1e22]);
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
const digits = new Uint8Array(17);

/** Writes any number from 1e-6 to 1e15 of up to 17 digits; returns 0 where it can not be sure. */
function writeLongDecimal(bytes: Uint8Array, at: number, value: number, magnitude: number): number {
  scratch[0] = magnitude;
  const lowBits = scratchBits[0]!;
  const highBits = scratchBits[1]!;
  if (lowBits === 0 && (highBits & 0xfffff) === 0) return 0;
  const binaryExponent = highBits >>> 20;
  let exponent = Math.floor((binaryExponent - 1023) * 0.3010299956639812);
  if (magnitude >= DECADES[exponent + 9]!) exponent++;

  // magnitude * 10^k as high + low, exactly; with 17 digits before the point.
  const k = 16 - exponent;
  const scaleHigh = SCALES_HIGH[k]!;
  const scaleLow = SCALES_LOW[k]!;
  const high = magnitude * SCALES[k]!;
  const valueHigh = highPart(magnitude);
  const valueLow = magnitude - valueHigh;
  const low = valueHigh * scaleHigh - high + valueHigh * scaleLow + valueLow * scaleHigh + valueLow * scaleLow;

  // The upper nine digits, and a remainder x that holds the others and the fraction.
  let upper = Math.floor(high / 1e8);
  const x = high - upper * 1e8 + low;
  const half = HALF_UNITS[binaryExponent]! * SCALES[k]!;
  let lower = Math.round(x / 100) * 100;
  let distance = Math.abs(x - lower);
  if (distance > half - DOUBT) {
    if (distance < half + DOUBT) return 0;
    lower = Math.round(x / 10) * 10;
    distance = Math.abs(x - lower);
    if (distance > 5 - DOUBT) return 0;
    if (distance > half - DOUBT) {
      if (distance < half + DOUBT) return 0;
      lower = Math.round(x);
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
  spell(upper | 0, 0, 9);
  spell(lower | 0, 9, 8);
  return writeDigits(bytes, at, value, exponent);
}

/** The upper 26 bits of a number (Veltkamp's splitting); the rest is exact. */
function highPart(value: number): number {
  const scaled = 134217729 * value;
  return scaled - (scaled - value);
}

/** Writes `count` decimal digits of an integer into `digits`. */
function spell(value: number, from: number, count: number): void {
  let rest = value;
  for (let i = from + count - 1; i >= from; i--) {
    const tenth = (rest / 10) | 0;
    digits[i] = ZERO + (rest - 10 * tenth);
    rest = tenth;
  }
}

/** Puts sign and point to the 17 digits, whose first stands for 10^exponent. */
function writeDigits(bytes: Uint8Array, at: number, value: number, exponent: number): number {
  let count = 17;
  while (count > 1 && digits[count - 1] === ZERO) count--;
  let end = at;
  if (value < 0) bytes[end++] = MINUS;
  if (exponent < 0) {
    bytes[end++] = ZERO;
    bytes[end++] = POINT;
    for (let i = exponent + 1; i < 0; i++) bytes[end++] = ZERO;
    for (let i = 0; i < count; i++) bytes[end++] = digits[i]!;
    return end;
  }
  for (let i = 0; i <= exponent; i++) bytes[end++] = digits[i]!;
  if (count <= exponent + 1) return end;
  bytes[end++] = POINT;
  for (let i = exponent + 1; i < count; i++) bytes[end++] = digits[i]!;
  return end;
}

function digitCount(value: number): number {
  let count = 1;
  while (count < 17 && value >= POWERS[count]!) count++;
  return count;
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
