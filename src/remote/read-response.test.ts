import fc from 'fast-check';
import snappy from 'snappyjs';
import { expect, test } from 'vitest';
import { plainFromBytes } from '../../test/api/read-message.ts';
import type { FloatHistogram } from '../model/histogram.ts';
import { createSampleColumn, reserveSampleColumn, type SampleColumn } from '../storage/query.ts';
import { MessageTooLarge } from './read-message-writer.ts';
import { ReadResponse } from './read-response.ts';

interface Series {
  readonly pairs: readonly string[];
  readonly column: SampleColumn;
}

function columnOf(times: readonly number[], value: (i: number) => number): SampleColumn {
  const column = createSampleColumn(0);
  reserveSampleColumn(column, times.length);
  column.times.set(times);
  column.values.set(times.map((_, i) => value(i)));
  column.length = times.length;
  return column;
}

function packed(results: readonly (readonly Series[])[], bytesMax = 2 ** 28): Uint8Array {
  const response = new ReadResponse(bytesMax);
  for (const result of results) {
    response.beginResult();
    for (const { column, pairs } of result) for (const _ of response.series(pairs, column));
    response.endResult();
  }
  return Buffer.concat(response.finish());
}

/** The times of every sample, as the other implementation reads them. */
function timesOf(bytes: Uint8Array): number[][][] {
  const { results } = plainFromBytes('ReadResponse', snappy.uncompress(bytes));
  return results.map(({ timeseries }: { timeseries: { samples: { time: number }[] }[] }) =>
    timeseries.map(({ samples }) => samples.map(({ time }) => time ?? 0)),
  );
}

test('an answer has all times, whatever they are', () => {
  const time = fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.integer({ min: 2 ** 35 - 3, max: 2 ** 35 + 3 }),
    fc.integer({ min: 2 ** 42 - 3, max: 2 ** 42 + 3 }),
    fc.integer({ min: 1.6e12, max: 1.8e12 }),
    fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.array(time, { maxLength: 20 }), { maxLength: 5 }), { maxLength: 4 }),
      (results) => {
        const series = results.map((lists) =>
          lists.map((times) => ({ pairs: ['a', 'b'], column: columnOf(times, () => 0) })),
        );
        expect(timesOf(packed(series))).toEqual(results);
      },
    ),
  );
});

test('an answer of many pieces is what its series are', () => {
  const times = Array.from({ length: 50_000 }, (_, i) => 1.7e12 + 15_000 * i);
  const wide = ['a', 'x'.repeat(700_000), 'b', 'y'];
  const series = [
    { pairs: ['a', 'b'], column: columnOf(times, (i) => i) },
    { pairs: wide, column: columnOf([1], () => 5) },
    { pairs: ['c', 'd'], column: columnOf(times, () => 1) },
  ];
  const message = plainFromBytes('ReadResponse', snappy.uncompress(packed([series, [], series.slice(1, 2)])));
  expect(message.results.map((result: { timeseries: unknown[] }) => result.timeseries.length)).toEqual([3, 0, 1]);
  const [first, second, third] = message.results[0].timeseries;
  expect(first.samples.map((sample: { time: number }) => sample.time)).toEqual(times);
  expect(second.labels[0].value).toBe(wide[1]);
  expect(third.samples.length).toBe(50_000);
  expect(message.results[2].timeseries[0].labels[1]).toEqual({ name: 'b', value: 'y' });
});

test('histograms follow the samples of their series', () => {
  const column = columnOf([1, 2, 3], (i) => i);
  const histogram: FloatHistogram = {
    kind: 'float',
    counterResetHint: 'gauge',
    schema: 1,
    zeroThreshold: 0.5,
    zeroCount: 2,
    count: 7,
    sum: 3,
    positiveSpans: [{ offset: 1, length: 2 }],
    positiveCounts: [2, 3],
    negativeSpans: [],
    negativeCounts: [],
    customValues: [],
  };
  column.histograms = [undefined, histogram, undefined];
  const [series] = plainFromBytes('ReadResponse', snappy.uncompress(packed([[{ pairs: ['a', 'b'], column }]])))
    .results[0].timeseries;
  expect(series.samples.map((sample: { time: number }) => sample.time)).toEqual([1, 3]);
  expect(series.histograms).toMatchObject([{ time: 2, count_float: 7, positive_counts: [2, 3] }]);
});

test('an answer that is too large is refused while it grows', () => {
  const times = Array.from({ length: 50_000 }, (_, i) => 1.7e12 + i);
  expect(() => packed([[{ pairs: ['a', 'b'], column: columnOf(times, (i) => i) }]], 500_000)).toThrow(MessageTooLarge);
});

test('an answer to many queries comes in few pieces', () => {
  const response = new ReadResponse(2 ** 28);
  for (let i = 0; i < 10_000; i++) {
    response.beginResult();
    for (const _ of response.series(
      ['a', String(i)],
      columnOf([i], () => i),
    ));
    response.endResult();
  }
  const pieces = response.finish();
  expect(pieces.length).toBeLessThan(10);
  expect(timesOf(Buffer.concat(pieces)).length).toBe(10_000);
});

test('results of all sizes around a piece follow each other', () => {
  const sizes = [0, 1, 14_560, 14_564, 3, 29_000, 0, 14_562, 14_563, 60_000, 2];
  const series = sizes.map((size) => [{ pairs: ['a', 'b'], column: columnOf(timesUpTo(size), (i) => i + 1) }]);
  expect(timesOf(packed(series))).toEqual(sizes.map((size) => [timesUpTo(size)]));
});

function timesUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1.7e12 + i);
}
