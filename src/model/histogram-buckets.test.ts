import { describe, expect, test } from 'vitest';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from './histogram.ts';
import { bucketBound, histogramBuckets } from './histogram-buckets.ts';

describe('bucketBound()', () => {
  test.each([
    [0, 0, 1],
    [3, 0, 8],
    [-2, 0, 0.25],
    [1, 1, Math.SQRT2 - 2 ** -52],
    [2, 1, 2],
    [1, -1, 4],
    [-1, -4, 2 ** -16],
    [1024, 0, Number.MAX_VALUE],
    [1025, 0, Infinity],
    [64, -4, Number.MAX_VALUE],
    [-1074, 0, 5e-324],
    [-1076, 0, 0],
  ])('of index %d in schema %d', (index, schema, expected) => {
    expect(bucketBound(index, schema, [])).toBe(expected);
  });

  test('rises with the index in every schema, and finer schemas hold the bounds of coarser ones', () => {
    for (let schema = -4; schema <= 8; schema++) {
      let last = 0;
      for (let index = -40; index < 40; index++) {
        const bound = bucketBound(index, schema, []);
        expect(bound).toBeGreaterThan(last);
        if (schema > 0) expect(bucketBound(2 * index, schema, [])).toBe(bucketBound(index, schema - 1, []));
        last = bound;
      }
    }
  });

  test('takes custom bounds as they are, with infinities around', () => {
    expect([-1, 0, 1, 2].map((index) => bucketBound(index, CUSTOM_BUCKETS_SCHEMA, [5, 10]))).toEqual([
      -Infinity,
      5,
      10,
      Infinity,
    ]);
  });
});

const empty: FloatHistogram = {
  kind: 'float',
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positiveSpans: [],
  positiveCounts: [],
  negativeSpans: [],
  negativeCounts: [],
  customValues: [],
};

describe('histogramBuckets()', () => {
  test('goes from the lowest to the highest and clips at the zero bucket', () => {
    const buckets = histogramBuckets({
      ...empty,
      zeroThreshold: 0.75,
      zeroCount: 1,
      positiveSpans: [
        { offset: 0, length: 1 },
        { offset: 1, length: 1 },
      ],
      positiveCounts: [2, 3],
      negativeSpans: [{ offset: 0, length: 2 }],
      negativeCounts: [4, 5],
    });
    expect(buckets.map(({ lower, upper, count }) => [lower, upper, count])).toEqual([
      [-2, -1, 5],
      [-1, -0.75, 4],
      [-0.75, 0.75, 1],
      [0.75, 1, 2],
      [2, 4, 3],
    ]);
    expect(buckets.map(({ lowerInclusive, upperInclusive }) => [lowerInclusive, upperInclusive])).toEqual([
      [true, false],
      [true, false],
      [true, true],
      [false, true],
      [false, true],
    ]);
  });

  test('the first custom bucket reaches down to -Inf, which it includes', () => {
    const [first] = histogramBuckets({
      ...empty,
      schema: CUSTOM_BUCKETS_SCHEMA,
      customValues: [5],
      positiveSpans: [{ offset: 0, length: 2 }],
      positiveCounts: [1, 2],
    });
    expect(first).toEqual({ lower: -Infinity, upper: 5, lowerInclusive: true, upperInclusive: true, count: 1 });
  });
});
