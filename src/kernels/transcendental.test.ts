import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ATAN2, POWER, VECTORS } from '../../test/kernels/transcendental-vectors.ts';
import { exponential, exponentialBase2 } from './exponential.ts';
import { exponentOf, mantissaOf, maximum, minimum, scaleByPowerOfTwo } from './float-parts.ts';
import { fusedMultiplyAdd } from './fused.ts';
import {
  hyperbolicCosine,
  hyperbolicSine,
  hyperbolicTangent,
  inverseHyperbolicCosine,
  inverseHyperbolicSine,
  inverseHyperbolicTangent,
} from './hyperbolic.ts';
import { arcCosine, arcSine, arcTangent, arcTangent2 } from './inverse-trigonometric.ts';
import { binaryLogarithm, decimalLogarithm, logarithmOnePlus, naturalLogarithm } from './logarithm.ts';
import { power } from './power.ts';
import { cosine, sine, tangent } from './trigonometric.ts';

const KERNELS: Record<keyof typeof VECTORS, (x: number) => number> = {
  exponential,
  exponentialBase2,
  naturalLogarithm,
  binaryLogarithm,
  decimalLogarithm,
  logarithmOnePlus,
  sine,
  cosine,
  tangent,
  arcSine,
  arcCosine,
  arcTangent,
  hyperbolicSine,
  hyperbolicCosine,
  hyperbolicTangent,
  inverseHyperbolicSine,
  inverseHyperbolicCosine,
  inverseHyperbolicTangent,
};

describe('transcendental kernels agree with Go to the bit', () => {
  for (const [name, kernel] of Object.entries(KERNELS)) {
    test(name, () => {
      for (const [x, expected] of VECTORS[name as keyof typeof VECTORS]) {
        expect({ x, y: kernel(x) }).toEqual({ x, y: expected });
      }
    });
  }

  test('power', () => {
    for (const [x, y, expected] of POWER) expect({ x, y, z: power(x, y) }).toEqual({ x, y, z: expected });
  });

  test('arcTangent2', () => {
    for (const [y, x, expected] of ATAN2) expect({ x, y, z: arcTangent2(y, x) }).toEqual({ x, y, z: expected });
  });
});

test('power() of small integers is exact', () => {
  for (let base = -9; base <= 9; base++) {
    for (let exponent = 0; exponent <= 15; exponent++) {
      expect(power(base, exponent)).toBe(base ** exponent);
    }
  }
});

test('fusedMultiplyAdd() rounds once', () => {
  const smallInteger = fc.integer({ min: -(2 ** 31), max: 2 ** 31 });
  fc.assert(
    fc.property(smallInteger, smallInteger, fc.maxSafeInteger(), (a, b, c) => {
      // The exact value is an integer of at most 64 bits; BigInt to double rounds once, to even.
      expect(fusedMultiplyAdd(a, b, c) + 0).toBe(Number(BigInt(a) * BigInt(b) + BigInt(c)));
    }),
  );
});

test('mantissaOf() and exponentOf() take a double apart, scaleByPowerOfTwo() puts it together', () => {
  fc.assert(
    fc.property(fc.double(), (x) => {
      const mantissa = mantissaOf(x);
      if (Number.isFinite(x) && x !== 0) {
        expect(Math.abs(mantissa)).toBeGreaterThanOrEqual(0.5);
        expect(Math.abs(mantissa)).toBeLessThan(1);
      }
      expect(scaleByPowerOfTwo(mantissa, exponentOf(x))).toBe(x);
    }),
  );
});

test('maximum() and minimum() let an infinity win against NaN', () => {
  expect(maximum(Number.NaN, Infinity)).toBe(Infinity);
  expect(maximum(Number.NaN, -Infinity)).toBeNaN();
  expect(minimum(-Infinity, Number.NaN)).toBe(-Infinity);
  expect(minimum(1, Number.NaN)).toBeNaN();
  expect(maximum(-0, 0)).toBe(0);
  expect(minimum(0, -0)).toBe(-0);
});
