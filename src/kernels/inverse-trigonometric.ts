import { isNegative } from './float-parts.ts';

/** What pi/2 lacks to the true value. */
const PI2_REST = 6.123233995736766e-17;
/** tan(3 pi / 8) */
const TAN_3PI8 = 2.414213562373095;

/** atan x by Cephes' atan.c. */
export function arcTangent(x: number): number {
  if (x === 0) return x;
  return x > 0 ? arcTangentOfPositive(x) : -arcTangentOfPositive(-x);
}

/** The angle of the point (x, y), with the special cases of C99. */
export function arcTangent2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (y === 0) return isNegative(x) ? copySign(Math.PI, y) : copySign(0, y);
  if (x === 0) return copySign(Math.PI / 2, y);
  const infiniteY = y === Infinity || y === -Infinity;
  if (x === Infinity) return copySign(infiniteY ? Math.PI / 4 : 0, y);
  if (x === -Infinity) return copySign(infiniteY ? (3 * Math.PI) / 4 : Math.PI, y);
  if (infiniteY) return copySign(Math.PI / 2, y);
  const q = arcTangent(y / x);
  if (x > 0) return q;
  return q <= 0 ? q + Math.PI : q - Math.PI;
}

/** asin x through the arc tangent of x / sqrt(1 - x^2). */
export function arcSine(x: number): number {
  if (x === 0) return x;
  const magnitude = Math.abs(x);
  if (!(magnitude <= 1)) return Number.NaN;
  const cosine = Math.sqrt(1 - magnitude * magnitude);
  const y =
    magnitude > 0.7 ? Math.PI / 2 - arcTangentOfPositive(cosine / magnitude) : arcTangentOfPositive(magnitude / cosine);
  return x < 0 ? -y : y;
}

export function arcCosine(x: number): number {
  return Math.PI / 2 - arcSine(x);
}

function arcTangentOfPositive(x: number): number {
  if (x <= 0.66) return arcTangentSeries(x);
  if (x > TAN_3PI8) return Math.PI / 2 - arcTangentSeries(1 / x) + PI2_REST;
  return Math.PI / 4 + arcTangentSeries((x - 1) / (x + 1)) + 0.5 * PI2_REST;
}

/** Valid for |x| up to 0.66. */
function arcTangentSeries(x: number): number {
  const z = x * x;
  const numerator =
    (((-0.8750608600031904 * z + -16.157537187333652) * z + -75.00855792314705) * z + -122.88666844901361) * z +
    -64.85021904942025;
  const denominator =
    ((((z + 24.858464901423062) * z + 165.02700983169885) * z + 432.88106049129027) * z + 485.3903996359137) * z +
    194.5506571482614;
  return x * ((z * numerator) / denominator) + x;
}

function copySign(magnitude: number, sign: number): number {
  return isNegative(sign) ? -magnitude : magnitude;
}
