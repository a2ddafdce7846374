import { floatFromBits, highBits, lowBits } from './float-parts.ts';

/** 2^27 + 1 splits a double into two halves whose products are exact (Veltkamp). */
const SPLITTER = 134217729;

/**
 * `a * b + c` with one rounding, as the FMA instruction gives it.
 *
 * Source: Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd"
 * (2008). Right where neither the product nor its rounding error over- or underflows.
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const productError = multiplyError(a, b, product);
  const low = c + productError;
  const lowError = addError(c, productError, low);
  const high = product + low;
  const highError = addError(product, low, high);
  return high + addRoundingToOdd(lowError, highError);
}

/** The exact error of `product = a * b` (Dekker). */
export function multiplyError(a: number, b: number, product: number): number {
  const wideA = SPLITTER * a;
  const highA = wideA - (wideA - a);
  const lowA = a - highA;
  const wideB = SPLITTER * b;
  const highB = wideB - (wideB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/** The exact error of `sum = a + b` (Knuth). */
function addError(a: number, b: number, sum: number): number {
  const virtual = sum - a;
  return a - (sum - virtual) + (b - virtual);
}

/** `a + b`, and where that is inexact the neighbour of the exact sum whose last mantissa bit is 1. */
function addRoundingToOdd(a: number, b: number): number {
  const sum = a + b;
  const error = addError(a, b, sum);
  if (error === 0) return sum;
  const low = lowBits(sum);
  if ((low & 1) === 1) return sum;
  const high = highBits(sum);
  // An even mantissa below the exact magnitude becomes odd by setting its last bit, one above it by subtracting 1.
  if (error > 0 === sum > 0) return floatFromBits(high, low | 1);
  return low === 0 ? floatFromBits(high - 1, 0xffffffff) : floatFromBits(high, low - 1);
}
