import { exponential } from './exponential.ts';
import { logarithmOnePlus, naturalLogarithm } from './logarithm.ts';

const LN2 = Math.LN2;

/** sinh x: from e^x, and below 1/2 by Hart and Cheney's approximation 2029. */
export function hyperbolicSine(x: number): number {
  const magnitude = Math.abs(x);
  let y: number;
  if (magnitude > 21) {
    y = exponential(magnitude) * 0.5;
  } else if (magnitude > 0.5) {
    const e = exponential(magnitude);
    y = (e - 1 / e) * 0.5;
  } else {
    const square = magnitude * magnitude;
    const numerator =
      ((-26.30563213397497 * square + -2894.211355989564) * square + -89912.72022039509) * square + -630767.3640497717;
    const denominator = ((square + -173.6789535582337) * square + 15215.17378790019) * square + -630767.3640497717;
    y = (numerator * magnitude) / denominator;
  }
  return x < 0 ? -y : x === 0 ? x : y;
}

export function hyperbolicCosine(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 21) return exponential(magnitude) * 0.5;
  const e = exponential(magnitude);
  return (e + 1 / e) * 0.5;
}

/** tanh x by Cephes' tanh.c. */
export function hyperbolicTangent(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 0.5 * 88.02969193111305) return x < 0 ? -1 : 1;
  if (magnitude >= 0.625) {
    const y = 1 - 2 / (exponential(2 * magnitude) + 1);
    return x < 0 ? -y : y;
  }
  if (x === 0) return x;
  const s = x * x;
  return (
    x +
    (x * s * ((-0.9643991794250523 * s + -99.28772310019185) * s + -1614.6876844170845)) /
      (((s + 112.81167849163293) * s + 2235.4883906010045) * s + 4844.063053251255)
  );
}

/** asinh x by FreeBSD's s_asinh.c. */
export function inverseHyperbolicSine(x: number): number {
  if (!Number.isFinite(x)) return x;
  const magnitude = Math.abs(x);
  let y = magnitude;
  if (magnitude > 2 ** 28) {
    y = naturalLogarithm(magnitude) + LN2;
  } else if (magnitude > 2) {
    y = naturalLogarithm(2 * magnitude + 1 / (Math.sqrt(magnitude * magnitude + 1) + magnitude));
  } else if (magnitude >= 2 ** -28) {
    y = logarithmOnePlus(magnitude + (magnitude * magnitude) / (1 + Math.sqrt(1 + magnitude * magnitude)));
  }
  return x < 0 ? -y : x === 0 ? x : y;
}

/** acosh x by FreeBSD's e_acosh.c. */
export function inverseHyperbolicCosine(x: number): number {
  if (!(x >= 1)) return Number.NaN;
  if (x === 1) return 0;
  if (x >= 2 ** 28) return naturalLogarithm(x) + LN2;
  if (x > 2) return naturalLogarithm(2 * x - 1 / (x + Math.sqrt(x * x - 1)));
  const t = x - 1;
  return logarithmOnePlus(t + Math.sqrt(2 * t + t * t));
}

/** atanh x by FreeBSD's e_atanh.c. */
export function inverseHyperbolicTangent(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude <= 1)) return Number.NaN;
  if (magnitude === 1) return x === 1 ? Infinity : -Infinity;
  let y = magnitude;
  if (magnitude >= 0.5) {
    y = 0.5 * logarithmOnePlus((magnitude + magnitude) / (1 - magnitude));
  } else if (magnitude >= 2 ** -28) {
    const doubled = magnitude + magnitude;
    y = 0.5 * logarithmOnePlus(doubled + (doubled * magnitude) / (1 - magnitude));
  }
  return x < 0 ? -y : x === 0 ? x : y;
}
