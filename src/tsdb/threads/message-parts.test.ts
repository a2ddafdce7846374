import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeadSnapshot } from '../head/head-snapshot.ts';
import { endOfRequests, endOfSelectors, endOfSnapshots, PART_ITEMS_MAX } from './message-parts.ts';
import type { ThreadRequest } from './thread-answer.ts';

const request = (units: number): ThreadRequest => ({
  matchers: [{ type: '=', name: '', value: 'x'.repeat(units) }],
  range: { minTime: 0, maxTime: 0 },
  sorted: false,
  limit: 0,
});
const snapshot = (rows: number, histograms = 0) =>
  ({
    rows: { length: rows },
    late: histograms === 0 ? null : { histograms: { length: histograms } },
  }) as unknown as HeadSnapshot;

/** How many items each part has. */
function parts<Item>(items: readonly Item[], endOf: (items: readonly Item[], from: number) => number): number[] {
  const counts: number[] = [];
  for (let from = 0; from < items.length; ) {
    const end = endOf(items, from);
    counts.push(end - from);
    from = end;
  }
  return counts;
}

test('a usual query has one part, none is none', () => {
  expect(parts(Array(20).fill(request(100)), endOfRequests)).toEqual([20]);
  expect(parts(Array(20).fill(snapshot(1000)), endOfSnapshots)).toEqual([20]);
  expect(endOfRequests([], 0)).toBe(0);
  expect(endOfSnapshots([], 0)).toBe(0);
});

test('parts end after so many items', () => {
  expect(parts(Array(600).fill(request(1)), endOfRequests)).toEqual([PART_ITEMS_MAX, PART_ITEMS_MAX, 88]);
  expect(parts(Array(600).fill(snapshot(1)), endOfSnapshots)).toEqual([PART_ITEMS_MAX, PART_ITEMS_MAX, 88]);
});

test('long texts, many rows and many late histograms make more parts, one item at least in each', () => {
  expect(parts([1, 300_000, 100_000, 100_000, 100_000].map(request), endOfRequests)).toEqual([1, 1, 2, 1]);
  const both = { ...request(100_000), floatMatchers: request(100_000).matchers };
  expect(parts([both, both], endOfRequests)).toEqual([1, 1]);
  expect(parts([snapshot(60_000), snapshot(5000), snapshot(60_000), snapshot(1e6)], endOfSnapshots)).toEqual([2, 1, 1]);
  expect(parts([snapshot(10, 900), snapshot(10, 100), snapshot(10, 900)], endOfSnapshots)).toEqual([2, 1]);
});

test('selectors of a list go by their texts and symbols', () => {
  const { matchers } = request(60_000);
  const selector = (symbols: number | null) => {
    return { matchers, headSymbols: symbols === null ? null : new Uint32Array(symbols) };
  };
  expect(parts(Array(9).fill(selector(null)), endOfSelectors)).toEqual([4, 4, 1]);
  expect(parts(Array(5).fill(selector(15_000)), endOfSelectors)).toEqual([2, 2, 1]);
  expect(parts([selector(1e6), selector(1), selector(1)], endOfSelectors)).toEqual([1, 2]);
});

test('parts have all items', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { maxLength: 700 }), (rows) => {
      const counts = parts(
        rows.map((each) => snapshot(each)),
        endOfSnapshots,
      );
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
      expect(Math.min(1, ...counts)).toBe(1);
      expect(Math.max(0, ...counts)).toBeLessThanOrEqual(PART_ITEMS_MAX);
    }),
  );
});
