import { floatFromBits, scaleByPowerOfTwo } from './float-parts.ts';
import { fusedMultiplyAdd } from './fused.ts';

const LOG2_E = Math.LOG2E;
/** ln 2 in two parts, for the argument reduction of `exponential`. */
const LN2_UPPER = 0.693147180559663;
const LN2_LOWER = 2.8235290563031577e-13;
const OVERFLOW = 709.782712893384;
/** Far below the smallest subnormal's logarithm (-745.13). */
const UNDERFLOW = -1000;

/**
 * e^x to the bit as the reference's runtime computes it on x86-64 and processors with FMA: k = x / ln 2 rounded to even,
 * a Taylor series of eight terms on 1/16 of the rest, four doublings of e^r - 1, and a scaling by 2^k.
 */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > OVERFLOW) return Infinity;
  if (x < UNDERFLOW) return 0;
  const k = roundToEven(x * LOG2_E);
  const rest = fusedMultiplyAdd(-LN2_LOWER, k, fusedMultiplyAdd(-LN2_UPPER, k, x)) * 0.0625;
  let series = fusedMultiplyAdd(rest, 0.0000248015873015873, 0.0001984126984126984);
  series = fusedMultiplyAdd(rest, series, 0.001388888888888889);
  series = fusedMultiplyAdd(rest, series, 0.008333333333333333);
  series = fusedMultiplyAdd(rest, series, 0.041666666666666664);
  series = fusedMultiplyAdd(rest, series, 0.16666666666666666);
  series = fusedMultiplyAdd(rest, series, 0.5);
  series = fusedMultiplyAdd(rest, series, 1);
  let minusOne = rest * series;
  minusOne *= minusOne + 2;
  minusOne *= minusOne + 2;
  minusOne *= minusOne + 2;
  const result = fusedMultiplyAdd(minusOne, minusOne + 2, 1);
  const biased = k + 0x3ff;
  if (biased >= 0x7ff) return Infinity;
  if (biased > 0) return result * floatFromBits(biased << 20, 0);
  if (biased < -52) return 0;
  return result * floatFromBits((biased + 0x3fe) << 20, 0) * 2 ** -1022;
}

/** 2^x; FreeBSD's e_exp.c reduction and rational approximation on x * ln 2. */
export function exponentialBase2(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 1023.9999999999999) return Infinity;
  if (x < -1.074e3) return 0;
  const k = x > 0 ? Math.trunc(x + 0.5) : Math.trunc(x - 0.5);
  const rest = x - k;
  const high = rest * 0.6931471803691238;
  const low = -rest * 1.9082149292705877e-10;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666666 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  return scaleByPowerOfTwo(1 - (low - (r * c) / (2 - c) - high), k);
}

function roundToEven(x: number): number {
  const nearest = Math.round(x);
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}
