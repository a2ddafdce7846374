/**
 * The parts of a double: mantissa, exponent and sign, and the few basic operations in which JavaScript's `Math` and the
 * IEEE 754 functions that Go offers differ at the edges.
 */

const scratch = new Float64Array(1);
const halves = new Uint32Array(scratch.buffer);

const TWO_52 = 4503599627370496;

/** High 32 bits of `x`: sign, exponent and the upper 20 bits of the mantissa. */
export function highBits(x: number): number {
  scratch[0] = x;
  return halves[1]!;
}

/** Low 32 bits of the mantissa of `x`. */
export function lowBits(x: number): number {
  scratch[0] = x;
  return halves[0]!;
}

/** The double of these halves. */
export function floatFromBits(high: number, low: number): number {
  halves[0] = low;
  halves[1] = high;
  return scratch[0]!;
}

/** Exponent e of `x = m * 2^e` with 0.5 <= |m| < 1; 0 for zeros, infinities and NaN. */
export function exponentOf(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return 0;
  scratch[0] = x;
  const biased = (halves[1]! >>> 20) & 0x7ff;
  if (biased !== 0) return biased - 1022;
  scratch[0] = x * TWO_52;
  return ((halves[1]! >>> 20) & 0x7ff) - 1074;
}

/** Mantissa m of `x = m * 2^e` with 0.5 <= |m| < 1; `x` itself for zeros, infinities and NaN. */
export function mantissaOf(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  scratch[0] = x;
  if (((halves[1]! >>> 20) & 0x7ff) === 0) scratch[0] = x * TWO_52;
  halves[1] = (halves[1]! & 0x800fffff) | 0x3fe00000;
  return scratch[0]!;
}

/** `mantissa * 2^exponent`, rounded once, towards zero and infinity as IEEE 754 says. */
export function scaleByPowerOfTwo(mantissa: number, exponent: number): number {
  if (mantissa === 0 || !Number.isFinite(mantissa)) return mantissa;
  const total = exponentOf(mantissa) + exponent - 1;
  if (total < -1075) return mantissa < 0 ? -0 : 0;
  if (total > 1023) return mantissa < 0 ? -Infinity : Infinity;
  scratch[0] = mantissaOf(mantissa);
  // Below the normal range one more factor does the only rounding.
  const denormal = total < -1022;
  const biased = total + 1023 + (denormal ? 53 : 0);
  halves[1] = (halves[1]! & 0x800fffff) | (biased << 20);
  return denormal ? scratch[0]! * 2 ** -53 : scratch[0]!;
}

/** The larger of two; unlike `Math.max`, +Infinity wins against NaN. */
export function maximum(x: number, y: number): number {
  if (x === Infinity || y === Infinity) return Infinity;
  return Math.max(x, y);
}

/** The smaller of two; unlike `Math.min`, -Infinity wins against NaN. */
export function minimum(x: number, y: number): number {
  if (x === -Infinity || y === -Infinity) return -Infinity;
  return Math.min(x, y);
}

/** By the sign bit: true of -0 and of NaNs that have it. */
export function isNegative(x: number): boolean {
  scratch[0] = x;
  return halves[1]! >>> 31 === 1;
}
