import { reducedAngle, reducedOctant, reduceLargeAngle } from './angle-reduction.ts';

/** Above this the three-part pi/4 no longer holds the angle's bits, and the long reduction is used. */
const LARGE_ANGLE = 2 ** 29;
/** pi/4 in three parts, whose products with the octant are exact (Cephes). */
const PI4_A = 0.7853981256484985;
const PI4_B = 3.774894707930798e-8;
const PI4_C = 2.6951514290790595e-15;
const OCTANTS_PER_RADIAN = 4 / Math.PI;

/** sin x by Cephes' sin.c. */
export function sine(x: number): number {
  if (x === 0 || Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Number.NaN;
  reduce(Math.abs(x));
  const negative = x < 0 !== octant > 3;
  const quadrant = octant & 3;
  const y = quadrant === 1 || quadrant === 2 ? cosineSeries(angle) : sineSeries(angle);
  return negative ? -y : y;
}

/** cos x by Cephes' sin.c. */
export function cosine(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  reduce(Math.abs(x));
  const quadrant = octant & 3;
  const negative = octant > 3 !== quadrant > 1;
  const y = quadrant === 1 || quadrant === 2 ? sineSeries(angle) : cosineSeries(angle);
  return negative ? -y : y;
}

/** tan x by Cephes' tan.c. */
export function tangent(x: number): number {
  if (x === 0 || Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Number.NaN;
  reduce(Math.abs(x));
  const z = angle;
  const zz = z * z;
  let y = z;
  if (zz > 1e-14) {
    const numerator = (-13093.693918138379 * zz + 1153516.6483858742) * zz + -17956525.197648488;
    const denominator =
      (((zz + 13681.296347069296) * zz + -1320892.3444021097) * zz + 25008380.18233579) * zz + -53869575.592945464;
    y = z + z * ((zz * numerator) / denominator);
  }
  if ((octant & 2) === 2) y = -1 / y;
  return x < 0 ? -y : y;
}

/** Results of the last `reduce`: the even octant 0, 2, 4 or 6 (or 0..7 for large angles), and the angle within. */
let octant = 0;
let angle = 0;

function reduce(x: number): void {
  if (x >= LARGE_ANGLE) {
    reduceLargeAngle(x);
    octant = reducedOctant();
    angle = reducedAngle();
    return;
  }
  let index = Math.trunc(x * OCTANTS_PER_RADIAN);
  if (index % 2 === 1) index += 1;
  octant = index & 7;
  angle = x - index * PI4_A - index * PI4_B - index * PI4_C;
}

function sineSeries(z: number): number {
  const zz = z * z;
  return (
    z +
    z *
      zz *
      (((((1.5896230157654656e-10 * zz + -2.5050747762857807e-8) * zz + 0.0000027557313621385722) * zz +
        -0.0001984126982958954) *
        zz +
        0.008333333333322118) *
        zz +
        -0.1666666666666663)
  );
}

function cosineSeries(z: number): number {
  const zz = z * z;
  return (
    1 -
    0.5 * zz +
    zz *
      zz *
      (((((-1.1358536521387682e-11 * zz + 2.087570084197473e-9) * zz + -2.755731417929674e-7) * zz +
        0.000024801587288851704) *
        zz +
        -0.0013888888888873056) *
        zz +
        0.041666666666666595)
  );
}
