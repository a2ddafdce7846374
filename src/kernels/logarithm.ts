import { exponentOf, floatFromBits, highBits, lowBits, mantissaOf } from './float-parts.ts';

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const HALF_SQRT2 = Math.SQRT1_2;

/** The series of FreeBSD's e_log.c and s_log1p.c for log((1 + s) / (1 - s)). */
const L1 = 0.6666666666666735;
const L2 = 0.3999999999940942;
const L3 = 0.2857142874366239;
const L4 = 0.22222198432149784;
const L5 = 0.1818357216161805;
const L6 = 0.15313837699209373;
const L7 = 0.14798198605116586;

/**
 * ln x by FreeBSD's e_log.c, to the bit as the reference's runtime computes it on x86-64. Like that one it does not
 * normalise subnormal arguments, whose result is about -709 instead of down to -745.
 */
export function naturalLogarithm(x: number): number {
  if (x === 0) return -Infinity;
  if (x < 0) return Number.NaN;
  if (!Number.isFinite(x)) return x;
  const high = highBits(x);
  let k = (high >>> 20) - 0x3fe;
  let f = floatFromBits((high & 0xfffff) | 0x3fe00000, lowBits(x));
  if (f <= HALF_SQRT2) {
    k -= 1;
    f *= 2;
  }
  f -= 1;
  const s = f / (2 + f);
  const s2 = s * s;
  const s4 = s2 * s2;
  const t1 = s2 * (L1 + s4 * (L3 + s4 * (L5 + s4 * L7)));
  const t2 = s4 * (L2 + s4 * (L4 + s4 * L6));
  const r = t1 + t2;
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + r) + k * LN2_LOW) - f);
}

/** log2 x; exact for powers of two. */
export function binaryLogarithm(x: number): number {
  const mantissa = mantissaOf(x);
  const exponent = exponentOf(x);
  if (mantissa === 0.5) return exponent - 1;
  return naturalLogarithm(mantissa) * Math.LOG2E + exponent;
}

export function decimalLogarithm(x: number): number {
  return naturalLogarithm(x) * Math.LOG10E;
}

/** ln(1 + x) without loss near zero, by FreeBSD's s_log1p.c. */
export function logarithmOnePlus(x: number): number {
  if (!(x >= -1)) return Number.NaN;
  if (x === -1) return -Infinity;
  if (x === Infinity) return Infinity;
  const magnitude = Math.abs(x);
  let k = 1;
  let f = 0;
  /** Nothing of the mantissa is left after the reduction: the short series suffices. */
  let tiny = false;
  if (magnitude < 0.41421356237309503) {
    if (magnitude < 2 ** -29) return magnitude < 2 ** -54 ? x : x - x * x * 0.5;
    if (x > -0.2928932188134525) {
      k = 0;
      f = x;
    }
  }
  let correction = 0;
  if (k !== 0) {
    let u = x;
    if (magnitude < 2 ** 53) {
      u = 1 + x;
      k = (highBits(u) >>> 20) - 1023;
      correction = (k > 0 ? 1 - (u - x) : x - (u - 1)) / u;
    } else {
      k = (highBits(u) >>> 20) - 1023;
    }
    const high = highBits(u) & 0xfffff;
    const low = lowBits(u);
    if (high < 0x6a09e || (high === 0x6a09e && low < 0x667f3bcd)) {
      u = floatFromBits(high | 0x3ff00000, low);
      tiny = high === 0 && low === 0;
    } else {
      k += 1;
      u = floatFromBits(high | 0x3fe00000, low);
      // A quarter of the distance to the next power of two, as an integer: zero when less than four units remain.
      tiny = high === 0xfffff && low >>> 0 > 0xfffffffc;
    }
    f = u - 1;
  }
  const halfSquare = 0.5 * f * f;
  if (tiny) {
    if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + (correction + k * LN2_LOW);
    const short = halfSquare * (1 - 0.6666666666666666 * f);
    return k === 0 ? f - short : k * LN2_HIGH - (short - (k * LN2_LOW + correction) - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const r = z * (L1 + z * (L2 + z * (L3 + z * (L4 + z * (L5 + z * (L6 + z * L7))))));
  if (k === 0) return f - (halfSquare - s * (halfSquare + r));
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + r) + (k * LN2_LOW + correction)) - f);
}
