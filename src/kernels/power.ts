import { exponential } from './exponential.ts';
import { exponentOf, isNegative, mantissaOf, scaleByPowerOfTwo } from './float-parts.ts';
import { naturalLogarithm } from './logarithm.ts';

/** Exponents of two beyond this over- or underflow whatever still follows. */
const EXPONENT_LIMIT = 4096;

/**
 * x^y with the special cases of C99. The integer part of y is worked off by successive squarings of x's mantissa, the
 * fraction (at most one half) as e^(fraction * ln x).
 */
export function power(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === 0) return powerOfZero(x, y);
  if (y === Infinity || y === -Infinity) {
    if (x === -1) return 1;
    return Math.abs(x) < 1 === (y === Infinity) ? 0 : Infinity;
  }
  if (x === -Infinity) return power(-0, -y);
  if (x === Infinity) return y < 0 ? 0 : Infinity;
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);

  let whole = Math.trunc(Math.abs(y));
  let fraction = Math.abs(y) - whole;
  if (fraction !== 0 && x < 0) return Number.NaN;
  if (whole >= 2 ** 63) {
    if (x === -1) return 1;
    return Math.abs(x) < 1 === y > 0 ? 0 : Infinity;
  }

  let result = 1;
  let resultExponent = 0;
  if (fraction !== 0) {
    if (fraction > 0.5) {
      fraction -= 1;
      whole += 1;
    }
    result = exponential(fraction * naturalLogarithm(x));
  }
  let square = mantissaOf(x);
  let squareExponent = exponentOf(x);
  while (whole !== 0) {
    if (squareExponent < -EXPONENT_LIMIT || squareExponent > EXPONENT_LIMIT) {
      resultExponent += squareExponent;
      break;
    }
    const half = Math.floor(whole / 2);
    if (whole !== 2 * half) {
      result *= square;
      resultExponent += squareExponent;
    }
    square *= square;
    squareExponent *= 2;
    if (square < 0.5) {
      square += square;
      squareExponent -= 1;
    }
    whole = half;
  }
  return y < 0 ? scaleByPowerOfTwo(1 / result, -resultExponent) : scaleByPowerOfTwo(result, resultExponent);
}

function powerOfZero(x: number, y: number): number {
  const negative = isNegative(x) && isOddInteger(y);
  if (y < 0) return negative ? -Infinity : Infinity;
  return negative ? x : 0;
}

function isOddInteger(y: number): boolean {
  return Math.abs(y) < 2 ** 53 && Math.abs(y % 2) === 1;
}
