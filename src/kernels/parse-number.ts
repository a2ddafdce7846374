/** What `parseDecimal` returns where the caller has to take the exact way over a string. */
export const NOT_SHORT_DECIMAL = -1;

/** 10^0 ... 10^22: the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = new Float64Array([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

/**
 * Parses a decimal number of at most 18 digits as the nearest double, exactly rounded, into `out[index]`.
 *
 * Up to 15 digits times or divided by an exact power of ten is one rounding and so exact (Clinger, 1990). 16 to 18
 * digits are held as a sum of two doubles and divided with the remainder carried along; where that could still round
 * the wrong way, the caller takes the exact way. Texts that are no such number (also `NaN` and `Inf`) are left to the
 * caller too, so syntax errors are found in one place.
 *
 * @returns the offset behind the number's last character, or `NOT_SHORT_DECIMAL`
 */
export function parseDecimal(bytes: Uint8Array, start: number, out: Float64Array, index: number): number {
  let at = start;
  let c = bytes[at]!;
  const negative = c === 0x2d;
  if (negative || c === 0x2b) c = bytes[++at]!;

  // A digit's low four bits are its value: '0' is 0x30, so c ^ 0x30 is below 10 for digits only.
  const firstDigit = at;
  let high = 0;
  let digit = c ^ 0x30;
  while (digit < 10) {
    if (at - firstDigit === 15) return parseLong(bytes, firstDigit, negative, out, index);
    high = high * 10 + digit;
    digit = (c = bytes[++at]!) ^ 0x30;
  }
  let digits = at - firstDigit;
  let exponent = 0;
  if (c === 0x2e) {
    const firstFraction = ++at;
    digit = (c = bytes[at]!) ^ 0x30;
    while (digit < 10) {
      if (digits + at - firstFraction === 15) return parseLong(bytes, firstDigit, negative, out, index);
      high = high * 10 + digit;
      digit = (c = bytes[++at]!) ^ 0x30;
    }
    exponent = firstFraction - at;
    digits += at - firstFraction;
  }
  if (digits === 0) return NOT_SHORT_DECIMAL;
  if ((c | 0x20) === 0x65) return withExponent(bytes, at, negative, high, 0, exponent, out, index);
  const value = exponent === 0 ? high : high / POWERS_OF_TEN[-exponent]!;
  out[index] = negative ? -value : value;
  return at;
}

/** Any number of leading zeros, then at most 18 digits: nine of them in `high`, the others in `low`. */
function parseLong(bytes: Uint8Array, firstDigit: number, negative: boolean, out: Float64Array, index: number): number {
  let at = firstDigit;
  let high = 0;
  let low = 0;
  let lowScale = 1;
  let significant = 0;
  let exponent = 0;
  let inFraction = 0;
  let c = 0;
  for (; ; at++) {
    c = bytes[at]!;
    const digit = c ^ 0x30;
    if (digit < 10) {
      exponent -= inFraction;
      if (significant === 0 && digit === 0) continue;
      significant++;
      if (significant <= 9) {
        high = high * 10 + digit;
      } else if (significant <= 18) {
        low = low * 10 + digit;
        lowScale *= 10;
      } else {
        return NOT_SHORT_DECIMAL;
      }
    } else if (c === 0x2e && inFraction === 0) {
      inFraction = 1;
    } else {
      break;
    }
  }
  // high < 10^9 and lowScale <= 10^9 make an exact product: 30 bits times 21 bits and trailing zeros.
  const scaled = high * lowScale;
  if ((c | 0x20) === 0x65) return withExponent(bytes, at, negative, scaled, low, exponent, out, index);
  return store(at, negative, scaled, low, exponent, out, index);
}

/** Reads `e`, sign and digits at `at`, then stores (high + low) * 10^exponent. */
function withExponent(
  bytes: Uint8Array,
  at: number,
  negative: boolean,
  high: number,
  low: number,
  exponent: number,
  out: Float64Array,
  index: number,
): number {
  let c = bytes[++at]!;
  const down = c === 0x2d;
  if (down || c === 0x2b) c = bytes[++at]!;
  const firstDigit = at;
  let shift = 0;
  let digit = c ^ 0x30;
  while (digit < 10) {
    if (at - firstDigit === 4) return NOT_SHORT_DECIMAL;
    shift = shift * 10 + digit;
    digit = bytes[++at]! ^ 0x30;
  }
  if (at === firstDigit) return NOT_SHORT_DECIMAL;
  return store(at, negative, high, low, exponent + (down ? -shift : shift), out, index);
}

/** Stores (high + low) * 10^exponent, exactly rounded. */
function store(
  at: number,
  negative: boolean,
  high: number,
  low: number,
  exponent: number,
  out: Float64Array,
  index: number,
): number {
  const sum = high + low;
  let value = sum;
  if (sum !== 0 && exponent !== 0) {
    if (exponent < -22 || exponent > 22) return NOT_SHORT_DECIMAL;
    if (sum <= 0x1fffffffffffff) {
      value = exponent < 0 ? sum / POWERS_OF_TEN[-exponent]! : sum * POWERS_OF_TEN[exponent]!;
    } else {
      if (exponent > 0) return NOT_SHORT_DECIMAL;
      value = divideSum(sum, low - (sum - high), POWERS_OF_TEN[-exponent]!);
      if (value < 0) return NOT_SHORT_DECIMAL;
    }
  }
  out[index] = negative ? -value : value;
  return at;
}

/**
 * (sum + error) / divisor rounded once, or -1 where the last bit is in doubt. `error` is what the addition to `sum`
 * rounded away. The quotient's remainder is exact by Dekker's product (Dekker, 1971); a doubt remains only where the
 * correction lies within 2^-45 of the border between two doubles.
 */
function divideSum(sum: number, error: number, divisor: number): number {
  const quotient = sum / divisor;
  const product = quotient * divisor;
  const quotientHigh = upperHalf(quotient);
  const quotientLow = quotient - quotientHigh;
  const divisorHigh = upperHalf(divisor);
  const divisorLow = divisor - divisorHigh;
  const productError =
    quotientLow * divisorLow -
    (product - quotientHigh * divisorHigh - quotientLow * divisorHigh - quotientHigh * divisorLow);
  const correction = (sum - product - productError + error) / divisor;
  const value = quotient + correction;
  const doubt = correction * 2.8421709430404007e-14;
  return quotient + (correction - doubt) === value && quotient + (correction + doubt) === value ? value : -1;
}

/** The upper 26 bits of a double's fraction (Veltkamp's split). */
function upperHalf(value: number): number {
  const scaled = value * 134217729;
  return scaled - (scaled - value);
}
