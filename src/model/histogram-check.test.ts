import { expect, test } from 'vitest';
import type { FloatHistogram, IntegerHistogram } from './histogram.ts';
import { histogramProblem } from './histogram-check.ts';

const integer: IntegerHistogram = {
  kind: 'integer',
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0.001,
  positiveSpans: [{ offset: -2, length: 2 }],
  negativeSpans: [{ offset: 0, length: 1 }],
  customValues: [],
  sum: 10,
  count: 6,
  zeroCount: 1,
  positiveDeltas: [1, 1],
  negativeDeltas: [2],
};
const float: FloatHistogram = {
  kind: 'float',
  counterResetHint: 'unknown',
  schema: -53,
  zeroThreshold: 0,
  positiveSpans: [{ offset: 0, length: 3 }],
  negativeSpans: [],
  customValues: [1, 2],
  sum: 1,
  count: 3,
  zeroCount: 0,
  positiveCounts: [1, 1, 1],
  negativeCounts: [],
};

test('histogramProblem() finds nothing in sound ones', () => {
  expect(histogramProblem(integer)).toBeNull();
  expect(histogramProblem(float)).toBeNull();
  expect(histogramProblem({ ...integer, sum: Number.NaN, count: 7 })).toBeNull();
});

const MISMATCH =
  "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)";

test.each<[Partial<IntegerHistogram>, string]>([
  [{ count: 5 }, `6 observations found in buckets, but the Count field is 5: ${MISMATCH}`],
  [
    { schema: 9 },
    'histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema 9',
  ],
  [
    { positiveDeltas: [1] },
    'positive side: spans need 2 buckets, have 1 buckets: histogram spans specify different number of buckets than provided',
  ],
  [
    { negativeDeltas: [-1] },
    'negative side: bucket number 1 has observation count of -1: histogram has a bucket whose observation count is negative',
  ],
  [
    {
      negativeSpans: [
        { offset: 0, length: 0 },
        { offset: -1, length: 1 },
      ],
    },
    'negative side: span number 2 with offset -1: histogram has a span whose offset is negative',
  ],
  [{ customValues: [1] }, 'histogram with exponential schema must not have custom bounds'],
])('histogramProblem() of an integer histogram with %o', (change, problem) => {
  expect(histogramProblem({ ...integer, ...change })).toBe(problem);
});

test.each<[Partial<FloatHistogram>, string]>([
  [{ zeroCount: 1 }, 'custom buckets: must have zero count of 0'],
  [{ zeroThreshold: 1 }, 'custom buckets: must have zero threshold of 0'],
  [
    { customValues: [2, 1] },
    'custom buckets: previous bound is 2.000000 and current is 1.000000: histogram custom bounds must be in strictly increasing order',
  ],
  [
    { customValues: [1, Infinity] },
    'custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite',
  ],
  [{ customValues: [1, Number.NaN] }, 'custom buckets: histogram custom bounds must not be NaN'],
  [
    { customValues: [1] },
    'custom buckets: only 1 custom bounds defined which is insufficient to cover total span length of 3: histogram custom bounds are too few',
  ],
  [{ count: -1 }, "observation count is  -1: histogram's observation count is negative"],
  [
    { positiveCounts: [1, -1, 1] },
    'positive side: bucket number 2 has observation count of -1: histogram has a bucket whose observation count is negative',
  ],
])('histogramProblem() of a float histogram with %o', (change, problem) => {
  expect(histogramProblem({ ...float, ...change })).toBe(problem);
});
