import { describe, expect, test } from 'vitest';
import { classicFraction, classicQuantile, makeMonotonic, type Repair } from './classic-histogram.ts';

const BOUNDS = Float64Array.of(1, 2, 4, Infinity);

describe('classicQuantile()', () => {
  const quantile = (q: number, ...counts: number[]) => classicQuantile(q, BOUNDS, Float64Array.from(counts), 4);

  test.each([
    [0, 0],
    [-0, 0],
    [0.25, 1],
    [0.5, 2],
    [0.75, 3],
    [1, 4],
  ])('interpolates the quantile %f', (q, expected) => {
    expect(quantile(q, 25, 50, 100, 100)).toBe(expected);
  });

  test('ends at the last finite bound', () => {
    expect(quantile(0.99, 1, 1, 1, 10)).toBe(4);
  });

  test('of nothing is NaN', () => {
    expect(quantile(0.5, 0, 0, 0, 0)).toBeNaN();
  });

  test('does not go below a first bucket that ends at or below zero', () => {
    expect(classicQuantile(0.1, Float64Array.of(-1, 1, Infinity), Float64Array.of(5, 10, 10), 3)).toBe(-1);
  });
});

test('classicFraction() knows nothing of the bucket above a bound that is NaN', () => {
  const bounds = Float64Array.of(Number.NaN, 1, Infinity);
  expect(classicFraction(0, 0.5, bounds, Float64Array.of(2, 7, 9), 3)).toBe(7 / 9);
});

describe('makeMonotonic()', () => {
  const repair: Repair = { minBucket: 0, maxBucket: 0, maxDiff: 0 };
  const check = (counts: number[], expected: number[], forced: boolean) => {
    const mended = Float64Array.from(counts);
    expect(makeMonotonic(BOUNDS, mended, 4, repair)).toBe(forced);
    expect([...mended]).toEqual(expected);
  };

  test('lifts counts that fall, and says where and by how much', () => {
    check([10, 7, 12, 9], [10, 10, 12, 12], true);
    expect(repair).toEqual({ minBucket: 2, maxBucket: Infinity, maxDiff: 3 });
  });

  test('levels differences within rounding without a word', () => {
    check([10, 10 + 1e-12, 10 - 1e-12, 20], [10, 10, 10, 20], false);
  });

  test('leaves rising counts alone', () => {
    check([0, 1, 1, 5], [0, 1, 1, 5], false);
  });
});

describe('classicFraction()', () => {
  const counts = Float64Array.of(10, 30, 70, 100);
  test.each([
    [0, 1, 0.1],
    [0.5, 1.5, 0.15],
    [-Infinity, Infinity, 1],
    [1, Infinity, 0.9],
    [4, 100, 0],
    [3, 2, 0],
  ])('between %f and %f', (lower, upper, expected) => {
    expect(classicFraction(lower, upper, BOUNDS, counts, 4)).toBeCloseTo(expected, 12);
  });

  test('of NaN bounds or no observations is NaN', () => {
    expect(classicFraction(Number.NaN, 1, BOUNDS, counts, 4)).toBeNaN();
    expect(classicFraction(0, 1, BOUNDS, new Float64Array(4), 4)).toBeNaN();
  });
});
