import { describe, expect, test } from 'vitest';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../model/histogram.ts';
import { spansFromIndexes } from '../../model/histogram-runs.ts';
import { nativeFraction, nativeQuantile } from './native-quantile.ts';

type Buckets = readonly (readonly [index: number, count: number])[];

function histogram(parts: Partial<FloatHistogram>, positive: Buckets, negative: Buckets = []): FloatHistogram {
  const zeroCount = parts.zeroCount ?? 0;
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0.5,
    customValues: [],
    sum: 0,
    zeroCount,
    count: [...positive, ...negative].reduce((sum, [, count]) => sum + count, zeroCount),
    positiveSpans: spansFromIndexes(positive.map(([index]) => index)),
    positiveCounts: positive.map(([, count]) => count),
    negativeSpans: spansFromIndexes(negative.map(([index]) => index)),
    negativeCounts: negative.map(([, count]) => count),
    ...parts,
  };
}

/** (1, 2] and (2, 4] with ten observations each. */
const POSITIVE = histogram({}, [
  [1, 10],
  [2, 10],
]);
const NEGATIVE = histogram(
  {},
  [],
  [
    [1, 10],
    [2, 10],
  ],
);
const CUSTOM = histogram({ schema: CUSTOM_BUCKETS_SCHEMA, zeroThreshold: 0, customValues: [5, 10] }, [
  [0, 10],
  [1, 20],
  [2, 10],
]);

describe('nativeQuantile()', () => {
  test.each([
    ['exponentially within a bucket', POSITIVE, 0.25, Math.SQRT2],
    ['exponentially from the other end', POSITIVE, 0.75, 2 * Math.SQRT2],
    ['mirrored below zero', NEGATIVE, 0.25, -2 * Math.SQRT2],
    ['to the highest bound', POSITIVE, 1, 4],
    ['linearly in the zero bucket', histogram({ zeroCount: 4 }, [[1, 1]], [[1, 1]]), 0.5, 0],
    ['from zero in the zero bucket of positive numbers', histogram({ zeroCount: 4 }, [[1, 4]]), 0.25, 0.25],
    ['linearly in custom buckets', CUSTOM, 0.5, 7.5],
    ['from zero in the first custom bucket', CUSTOM, 0.125, 2.5],
    ['no further than the last custom bound', CUSTOM, 0.99, 10],
  ])('interpolates %s', (_, of, q, expected) => {
    expect(nativeQuantile(q, of).value).toBeCloseTo(expected, 12);
  });

  test('answers quantiles out of range, and of nothing', () => {
    expect(nativeQuantile(-1, POSITIVE).value).toBe(-Infinity);
    expect(nativeQuantile(2, POSITIVE).value).toBe(Infinity);
    expect(nativeQuantile(Number.NaN, POSITIVE).value).toBeNaN();
    expect(nativeQuantile(0.5, histogram({}, [])).value).toBeNaN();
  });

  test('takes NaN observations, which are in no bucket, for the highest', () => {
    const half = histogram({ sum: Number.NaN, count: 20 }, [[1, 10]]);
    expect(nativeQuantile(0.25, half)).toEqual({ value: expect.closeTo(Math.SQRT2, 12), nanEffect: 'skew' });
    expect(nativeQuantile(0.75, half)).toEqual({ value: Number.NaN, nanEffect: 'result' });
  });
});

describe('nativeFraction()', () => {
  test.each([
    ['a whole bucket', POSITIVE, 1, 2, 0.5],
    ['part of a bucket', POSITIVE, 1, Math.SQRT2, 0.25],
    ['part of a negative bucket', NEGATIVE, -2 * Math.SQRT2, 0, 0.75],
    ['everything', POSITIVE, -Infinity, Infinity, 1],
    ['an empty range', POSITIVE, 3, 3, 0],
    ['the first custom bucket, from zero', CUSTOM, 0, 2.5, 0.125],
    ['part of a custom bucket', CUSTOM, 5, 7.5, 0.25],
  ])('of %s', (_, of, lower, upper, expected) => {
    expect(nativeFraction(lower, upper, of).value).toBeCloseTo(expected, 12);
  });

  test('leaves NaN observations out', () => {
    const half = histogram({ sum: Number.NaN, count: 20 }, [[1, 10]]);
    expect(nativeFraction(-Infinity, Infinity, half)).toEqual({ value: 0.5, hasNaNs: true });
  });

  test('of nothing, or between NaNs, is NaN', () => {
    expect(nativeFraction(0, 1, histogram({}, [])).value).toBeNaN();
    expect(nativeFraction(Number.NaN, 1, POSITIVE).value).toBeNaN();
  });
});
