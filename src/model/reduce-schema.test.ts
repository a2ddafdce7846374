import { expect, test } from 'vitest';
import type { IntegerHistogram } from './histogram.ts';
import { isTooFine, withStorableSchema } from './reduce-schema.ts';

const fine: IntegerHistogram = {
  kind: 'integer',
  counterResetHint: 'unknown',
  schema: 9,
  zeroThreshold: 0.001,
  // Buckets 1, 2, 3 and 7; at half the resolution 1 and 2 fall into 1, 3 into 2, 7 into 4.
  positiveSpans: [
    { offset: 1, length: 3 },
    { offset: 3, length: 1 },
  ],
  negativeSpans: [],
  customValues: [],
  sum: 10,
  count: 10,
  zeroCount: 0,
  positiveDeltas: [1, 1, 1, 1],
  negativeDeltas: [],
};

test('withStorableSchema() merges neighbouring buckets', () => {
  expect(withStorableSchema(fine)).toEqual({
    ...fine,
    schema: 8,
    positiveSpans: [
      { offset: 1, length: 2 },
      { offset: 1, length: 1 },
    ],
    positiveDeltas: [3, 0, 1],
  });
  const { positiveDeltas: _, negativeDeltas: __, ...layout } = fine;
  const float = { ...layout, kind: 'float' as const, positiveCounts: [1, 2, 3, 4], negativeCounts: [] };
  expect(withStorableSchema(float)).toMatchObject({ schema: 8, positiveCounts: [3, 3, 4] });
});

test('isTooFine() is true for 9 to 52', () => {
  const schemas = [-53, 8, 9, 52, 53];
  expect(schemas.map((schema) => isTooFine({ ...fine, schema }))).toEqual([false, false, true, true, false]);
});
