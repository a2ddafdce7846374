/**
 * Numbers as Go's `strconv.AppendFloat(.., -1, 64)` writes them: the shortest digits that read back as the same double,
 * in the plain form ('f') or with an exponent of at least two digits ('e').
 *
 * A number n / 10^k with at most 15 digits is found by trying k = 0, 1, 2, ...: n and 10^k are exact, so the quotient is
 * the double nearest to that decimal, and no two decimals of 15 digits share a double; hence the first that fits is the
 * shortest. Others take V8's own shortest digits, whose plain and exponent forms differ from Go's in spelling alone.
 */

/** No number takes more bytes than this, not even 5e-324 in plain form. */
export const NUMBER_BYTES_MAX = 352;

/** As the HTTP API writes sample values: exponent form below 1e-6 and from 1e21, otherwise plain. Returns the new end. */
export function writeSampleNumber(bytes: Uint8Array, at: number, value: number): number {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 1e15 && magnitude >= 1e-6) {
    const end = writeShortDecimal(bytes, at, value, magnitude);
    if (end > 0) return end;
  }
  return writeSpelled(bytes, at, value, true);
}

/** Always in plain form. Returns the new end. */
export function writePlainNumber(bytes: Uint8Array, at: number, value: number): number {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 1e15 && magnitude >= 1e-6) {
    const end = writeShortDecimal(bytes, at, value, magnitude);
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

/** Decimals with more places than this are rarely short; V8 is asked for them at once. */
const PLACES_MAX = 6;

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
