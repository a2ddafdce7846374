import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from './histogram.ts';
import { bucketBound } from './histogram-buckets.ts';
import { histogramsEqual } from './histogram-compare.ts';
import {
  addHistograms,
  coarserHistogram,
  compactHistogram,
  divideHistogram,
  scaleHistogram,
  subtractHistograms,
} from './histogram-ops.ts';
import { isCounterReset } from './histogram-resets.ts';
import { runFromSpans, spansFromIndexes } from './histogram-runs.ts';
import { HistogramTotal } from './histogram-totals.ts';

const EMPTY: FloatHistogram = {
  kind: 'float',
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  customValues: [],
  count: 0,
  sum: 0,
  zeroCount: 0,
  positiveSpans: [],
  positiveCounts: [],
  negativeSpans: [],
  negativeCounts: [],
};

function withBuckets(parts: Partial<FloatHistogram>, positive: [number, number][], negative: [number, number][] = []) {
  const zeroCount = parts.zeroCount ?? 0;
  const histogram: FloatHistogram = {
    ...EMPTY,
    ...parts,
    count: [...positive, ...negative].reduce((sum, [, count]) => sum + count, zeroCount),
    positiveSpans: spansFromIndexes(positive.map(([index]) => index)),
    positiveCounts: positive.map(([, count]) => count),
    negativeSpans: spansFromIndexes(negative.map(([index]) => index)),
    negativeCounts: negative.map(([, count]) => count),
  };
  return histogram;
}

const side = fc
  .uniqueArray(fc.record({ index: fc.integer({ min: -8, max: 12 }), count: fc.integer({ min: 0, max: 50 }) }), {
    selector: ({ index }) => index,
    maxLength: 8,
  })
  .map((buckets): [number, number][] =>
    buckets.sort((a, b) => a.index - b.index).map(({ index, count }) => [index, count]),
  );

const exponential: fc.Arbitrary<FloatHistogram> = fc
  .record({
    schema: fc.integer({ min: -1, max: 3 }),
    // Bounds in every schema: with others, what is in the zero bucket depends on the order of additions.
    zeroThreshold: fc.constantFrom(0, 0.25, 1, 4),
    zeroCount: fc.integer({ min: 0, max: 20 }),
    sum: fc.integer({ min: -1000, max: 1000 }),
    positive: side,
    negative: side,
  })
  .map(({ positive, negative, ...parts }) => {
    const isOutside = ([index]: [number, number]) => bucketBound(index - 1, parts.schema, []) >= parts.zeroThreshold;
    return withBuckets(parts, positive.filter(isOutside), negative.filter(isOutside));
  });

const custom: fc.Arbitrary<FloatHistogram> = fc
  .record({
    bounds: fc.uniqueArray(fc.integer({ min: -5, max: 20 }), { minLength: 1, maxLength: 6 }),
    counts: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 7, maxLength: 7 }),
    sum: fc.integer({ min: -1000, max: 1000 }),
  })
  .map(({ bounds, counts, sum }) => {
    const customValues = bounds.sort((a, b) => a - b);
    const buckets = [...customValues, 0].map((_, i): [number, number] => [i, counts[i]!]);
    return withBuckets({ schema: CUSTOM_BUCKETS_SCHEMA, customValues, sum }, buckets);
  });

const pair = fc.oneof(fc.tuple(exponential, exponential), fc.tuple(custom, custom));

/** Observations in all buckets. */
function observations(histogram: FloatHistogram): number {
  const { zeroCount, positiveCounts, negativeCounts } = histogram;
  return [...positiveCounts, ...negativeCounts].reduce((sum, count) => sum + count, zeroCount);
}

describe('addition', () => {
  test('keeps every observation, in either order', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const sum = addHistograms(a, b)!.histogram;
        const swapped = addHistograms(b, a)!.histogram;
        expect(sum.count).toBe(a.count + b.count);
        expect(sum.sum).toBe(a.sum + b.sum);
        expect(observations(sum)).toBe(sum.count);
        expect(histogramsEqual(compactHistogram(sum), compactHistogram(swapped))).toBe(true);
      }),
    );
  });

  test('is undone by subtraction, up to the coarser layout', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const sum = addHistograms(a, b)!.histogram;
        const back = subtractHistograms(sum, b)!.histogram;
        expect(back.count).toBe(a.count);
        expect(observations(back)).toBe(a.count);
        expect(compactHistogram(subtractHistograms(back, a)!.histogram).positiveCounts).toEqual([]);
      }),
    );
  });

  test('takes the coarser schema and the wider zero bucket', () => {
    const fine = withBuckets({ schema: 1, zeroThreshold: 0.5, zeroCount: 3 }, [
      [1, 2],
      [2, 5],
      [5, 1],
    ]);
    const coarse = withBuckets({ schema: 0, zeroThreshold: 1, zeroCount: 1 }, [[2, 7]]);
    expect(addHistograms(fine, coarse)!.histogram).toEqual(
      withBuckets({ schema: 0, zeroThreshold: 1, zeroCount: 4 }, [
        [1, 7],
        [2, 7],
        [3, 1],
      ]),
    );
  });

  test('moves a zero threshold inside a populated bucket to its end', () => {
    const a = withBuckets({ zeroThreshold: 0.3, zeroCount: 1 }, []);
    const b = withBuckets({}, [
      [-1, 4],
      [3, 2],
    ]);
    const { zeroThreshold, zeroCount } = addHistograms(a, b)!.histogram;
    expect({ zeroThreshold, zeroCount }).toEqual({ zeroThreshold: 0.5, zeroCount: 5 });
  });

  test('keeps the custom bounds that both have', () => {
    const a = withBuckets({ schema: CUSTOM_BUCKETS_SCHEMA, customValues: [1, 2, 4] }, [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    const b = withBuckets({ schema: CUSTOM_BUCKETS_SCHEMA, customValues: [2, 3, 4] }, [
      [0, 10],
      [1, 20],
      [2, 30],
      [3, 40],
    ]);
    const { histogram, boundsReconciled } = addHistograms(a, b)!;
    expect(boundsReconciled).toBe(true);
    expect(histogram).toEqual(
      withBuckets({ schema: CUSTOM_BUCKETS_SCHEMA, customValues: [2, 4] }, [
        [0, 13],
        [1, 53],
        [2, 44],
      ]),
    );
  });

  test('refuses exponential and custom buckets together', () => {
    expect(addHistograms(EMPTY, { ...EMPTY, schema: CUSTOM_BUCKETS_SCHEMA })).toBeNull();
  });

  test.each([
    ['unknown', 'unknown', 'unknown', false],
    ['reset', 'reset', 'reset', false],
    ['reset', 'notReset', 'unknown', true],
    ['notReset', 'reset', 'unknown', true],
    ['reset', 'unknown', 'unknown', false],
    ['unknown', 'notReset', 'unknown', false],
    ['gauge', 'reset', 'gauge', false],
    ['notReset', 'gauge', 'gauge', false],
  ] as const)('of hints %s and %s has hint %s', (a, b, expected, collides) => {
    const result = addHistograms({ ...EMPTY, counterResetHint: a }, { ...EMPTY, counterResetHint: b })!;
    expect(result.histogram.counterResetHint).toBe(expected);
    expect(result.counterResetCollision).toBe(collides);
  });
});

describe('scaling', () => {
  test('by a negative number makes a gauge', () => {
    const histogram = withBuckets({ sum: 4, zeroCount: 1 }, [[0, 2]], [[1, 3]]);
    expect(scaleHistogram(histogram, -2)).toEqual({
      ...withBuckets({ sum: -8, zeroCount: -2 }, [[0, -4]], [[1, -6]]),
      counterResetHint: 'gauge',
    });
  });

  test('down by zero leaves no buckets', () => {
    const { positiveCounts, count, sum } = divideHistogram(withBuckets({ sum: -4 }, [[0, 2]]), 0);
    expect({ positiveCounts, count, sum }).toEqual({ positiveCounts: [], count: Infinity, sum: -Infinity });
  });
});

test('coarserHistogram() keeps every observation', () => {
  fc.assert(
    fc.property(exponential, (histogram) => {
      const coarse = coarserHistogram(histogram, -1);
      expect(coarse.schema).toBe(-1);
      expect(observations(coarse)).toBe(observations(histogram));
    }),
  );
});

test('spansFromIndexes() and runFromSpans() are inverse', () => {
  fc.assert(
    fc.property(side, (buckets) => {
      const indexes = buckets.map(([index]) => index);
      expect(runFromSpans(spansFromIndexes(indexes), []).indexes).toEqual(indexes);
    }),
  );
});

describe('isCounterReset()', () => {
  test('is false for a histogram and what was added to it', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const sum = addHistograms(a, b)!.histogram;
        const bounds = sum.customValues;
        // Fewer custom bounds, like a lower resolution, come without a reset.
        expect(isCounterReset(sum, a), `bounds ${bounds}`).toBe(false);
      }),
    );
  });

  const base = withBuckets({ zeroThreshold: 0.5, zeroCount: 2 }, [
    [1, 4],
    [2, 6],
  ]);
  test.each([
    [
      'a smaller bucket',
      withBuckets({ zeroThreshold: 0.5, zeroCount: 9 }, [
        [1, 3],
        [2, 6],
      ]),
      true,
    ],
    ['a vanished bucket', withBuckets({ zeroThreshold: 0.5, zeroCount: 9 }, [[2, 60]]), true],
    [
      'a smaller zero bucket',
      withBuckets({ zeroThreshold: 0.5, zeroCount: 1 }, [
        [1, 9],
        [2, 9],
      ]),
      true,
    ],
    [
      'a narrower zero bucket',
      withBuckets({ zeroThreshold: 0.1, zeroCount: 9 }, [
        [1, 9],
        [2, 9],
      ]),
      true,
    ],
    [
      'a finer schema',
      withBuckets({ schema: 1, zeroThreshold: 0.5, zeroCount: 9 }, [
        [1, 9],
        [2, 9],
        [3, 9],
      ]),
      true,
    ],
    [
      'more of all',
      withBuckets({ zeroThreshold: 0.5, zeroCount: 2 }, [
        [0, 1],
        [1, 4],
        [2, 7],
      ]),
      false,
    ],
    ['the hint', { ...base, counterResetHint: 'reset' as const }, true],
    ['the hint against all evidence', { ...EMPTY, counterResetHint: 'notReset' as const }, false],
  ])('sees %s', (_, now, expected) => {
    expect(isCounterReset(now, base)).toBe(expected);
  });
});

describe('HistogramTotal', () => {
  test('sums without the loss of a plain sum', () => {
    const parts = [1, 1e100, 1, -1e100].map((sum) => ({ ...EMPTY, sum }));
    const total = new HistogramTotal(parts[0]!, false);
    for (const part of parts.slice(1)) total.add(part);
    expect(total.sum().sum).toBe(2);
  });

  test('has a mean where the sum overflows', () => {
    const huge = withBuckets({ sum: 1.5e308 }, [[0, 1.2e308]]);
    const total = new HistogramTotal(huge, true);
    total.add(huge);
    total.add(huge);
    expect(total.mean().sum).toBe(1.5e308);
    expect(total.mean().positiveCounts[0]! / 1.2e308).toBeCloseTo(1, 15);
  });

  test('notes collisions of hints and differing bounds', () => {
    const total = new HistogramTotal({ ...EMPTY, counterResetHint: 'reset' }, false);
    total.add({ ...EMPTY, counterResetHint: 'gauge' });
    expect(total.counterResetCollision).toBe(false);
    total.add({ ...EMPTY, counterResetHint: 'notReset' });
    expect(total.counterResetCollision).toBe(true);
    total.add({ ...EMPTY, schema: CUSTOM_BUCKETS_SCHEMA });
    expect(total.isCompatible).toBe(false);
  });
});

test('zeros keep their sign', () => {
  const histogram = withBuckets({ sum: 0 }, [[1, 2]]);
  expect(scaleHistogram(histogram, -31).sum).toBe(-0);
  expect(divideHistogram(histogram, -31).sum).toBe(-0);
  expect(scaleHistogram({ ...histogram, sum: -0 }, 1).sum).toBe(-0);
  expect(new HistogramTotal({ ...histogram, sum: -0 }, true).mean().sum).toBe(-0);
  const total = new HistogramTotal({ ...histogram, sum: -0 }, false);
  total.add({ ...histogram, sum: -0 });
  expect(total.sum().sum).toBe(0);
});

test('a sum compensates what merging buckets of a finer schema rounds, those that fall into the zero bucket too', () => {
  const thirds = { schema: 1, count: 1 / 3 + 0.5 + 2.7, sum: 0 };
  const total = new HistogramTotal(withBuckets({ schema: -1, count: 0, sum: 0 }, []), false);
  // 1/3 + 0.5 + 2.7 is 3.533333333333333 when it is rounded twice.
  total.add(
    withBuckets(thirds, [
      [1, 1 / 3],
      [2, 0.5],
      [3, 2.7],
    ]),
  );
  expect(total.sum().positiveCounts).toEqual([3.5333333333333337]);
  const widened = new HistogramTotal(withBuckets({ schema: 1, zeroThreshold: 4, count: 0, sum: 0 }, []), false);
  widened.add(
    withBuckets(thirds, [
      [1, 1 / 3],
      [2, 0.5],
      [3, 2.7],
    ]),
  );
  expect(widened.sum().zeroCount).toBe(3.5333333333333337);
});
