import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FloatHistogram, Histogram } from '../../src/model/histogram.ts';
import { isStale } from '../../src/model/stale.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { createSampleColumn, type SampleColumn } from '../../src/storage/query.ts';
import type { Head } from '../../src/tsdb/head/head.ts';
import { RecordDecoder } from '../../src/tsdb/wal/decode-records.ts';
import { ALL_TIME, append, atOnce, batchOf, createHead, describeOutcome, refOf } from './head-support.ts';
import {
  bucketsOf,
  histogramFrom,
  type PlainHistogram,
  plainBuckets,
  plainHistograms,
  wideHistograms,
} from './histogram-support.ts';

const STALE = '7ff0000000000002';

const small: PlainHistogram = {
  isInteger: true,
  hint: 'unknown',
  schema: 0,
  zeroThreshold: 0.001,
  zeroCount: 1,
  sum: 5,
  positive: [[0, 2]],
  negative: [],
};

/** One transaction of histograms of one series. */
function appendHistograms(head: Head, ref: number, samples: readonly (readonly [number, Histogram])[]): string {
  const batch = createSampleBatch(0);
  batch.histograms = samples.map(([time, histogram]) => ({ ref, time, startTime: 0, histogram }));
  const appender = head.appender();
  const outcome = describeOutcome(appender.append(batch));
  appender.commit();
  return outcome;
}

function readOnly(head: Head, range = ALL_TIME): SampleColumn {
  const querier = head.querier(range);
  const set = atOnce(querier.select({ matchers: [], range, sorted: true, limit: 0 }));
  if (set instanceof Promise) throw new Error('the head answers at once');
  const column = createSampleColumn(1);
  set.read(0, column);
  querier.close();
  return column;
}

/** Time and kind of each sample: `h` with its hint, `f`, or `stale`. */
function kinds(column: SampleColumn): string[] {
  return Array.from({ length: column.length }, (_, i) => {
    const histogram = column.histograms?.[i];
    const kind = isStale(column.bits, i) ? 'stale' : histogram === undefined ? 'f' : `h ${histogram.counterResetHint}`;
    return `${column.times[i]} ${kind}`;
  });
}

describe('Head, with histograms,', () => {
  it('refuses what is late, another histogram at the same time, and takes the same one again', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    const histogram = histogramFrom(small);
    expect(appendHistograms(head, ref, [[1000, histogram]])).toBe('1 taken');
    expect(appendHistograms(head, ref, [[999, histogram]])).toBe('0 taken, 0: outOfOrder');
    expect(appendHistograms(head, ref, [[1000, histogram]])).toBe('1 taken');
    expect(appendHistograms(head, ref, [[1000, histogramFrom({ ...small, sum: 6 })]])).toBe('0 taken, 0: duplicate');
    expect(appendHistograms(head, ref, [[1000, histogramFrom({ ...small, isInteger: false })]])).toBe(
      '0 taken, 0: duplicate',
    );
    expect(append(head, [[ref, 1000, 5]])).toBe('0 taken, 0: duplicate');
    expect(append(head, [[ref, 1001, 5]])).toBe('1 taken');
    expect(appendHistograms(head, ref, [[1001, histogram]])).toBe('0 taken, 0: duplicate');
    expect(kinds(readOnly(head))).toEqual(['1000 h unknown', '1001 f']);
  });

  it('sees earlier samples of its own transaction', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    const histogram = histogramFrom(small);
    const appender = head.appender();
    const batch = batchOf([[ref, 1000, 1]]);
    batch.histograms = [1001, 1001, 1000, 1000.5].map((time) => ({ ref, time, startTime: 0, histogram }));
    expect(describeOutcome(appender.append(batch))).toBe('3 taken, 3: outOfOrder, 4: outOfBounds');
    expect(
      describeOutcome(
        appender.append(
          batchOf([
            [ref, 1001, 1],
            [ref, 1002, 1],
          ]),
        ),
      ),
    ).toBe('1 taken, 0: duplicate');
    appender.commit();
    expect(kinds(readOnly(head))).toEqual(['1000 f', '1001 h unknown', '1002 f']);
  });

  it('refuses histograms whose spans do not fit their buckets', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    const histogram = histogramFrom(small);
    const wide = { ...histogram, positiveSpans: [{ offset: 0, length: 2 }] };
    const backwards = {
      ...histogramFrom({
        ...small,
        positive: [
          [0, 1],
          [2, 1],
        ],
      }),
      positiveSpans: [
        { offset: 3, length: 1 },
        { offset: -2, length: 1 },
      ],
    };
    expect(
      appendHistograms(head, ref, [
        [1, wide],
        [2, backwards],
        [3, histogram],
      ]),
    ).toBe('1 taken, 0: invalidHistogram, 1: invalidHistogram');
  });

  it('ends a series of histograms with a stale marker of floats, which stays in the chunk', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    appendHistograms(head, ref, [[1000, histogramFrom(small)]]);
    expect(append(head, [[ref, 2000, STALE]])).toBe('1 taken');
    expect(append(head, [[ref, 3000, STALE]])).toBe('1 taken');
    const column = readOnly(head);
    expect(kinds(column)).toEqual(['1000 h unknown', '2000 stale', '3000 stale']);
    expect(column.histograms!.every((histogram) => histogram !== undefined)).toBe(true);
    expect(head.stats().chunks).toBe(1);
    appendHistograms(head, ref, [[4000, histogramFrom(small)]]);
    expect(head.stats().chunks).toBe(2);
  });

  it('tells resets between chunks apart from what follows without one', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    const counts = [2, 3, 3, 1, 4];
    const samples = counts.map(
      (count, i) => [1000 * (i + 1), histogramFrom({ ...small, positive: [[0, count]] })] as const,
    );
    appendHistograms(head, ref, samples);
    expect(kinds(readOnly(head))).toEqual([
      '1000 h unknown',
      '2000 h notReset',
      '3000 h notReset',
      '4000 h unknown',
      '5000 h notReset',
    ]);
  });

  it('gives samples of a range, in the order of floats and histograms', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    for (let i = 0; i < 10; i++) {
      if (i % 4 < 2) append(head, [[ref, i, i]]);
      else appendHistograms(head, ref, [[i, histogramFrom(small)]]);
    }
    expect(kinds(readOnly(head, { minTime: 1, maxTime: 6 }))).toEqual([
      '1 f',
      '2 h unknown',
      '3 h notReset',
      '4 f',
      '5 f',
      '6 h unknown',
    ]);
    expect(readOnly(head, { minTime: 4, maxTime: 5 }).length).toBe(2);
  });

  it('shows a reader the samples of its select, whatever comes afterwards', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    appendHistograms(head, ref, [[1, histogramFrom(small)]]);
    const querier = head.querier(ALL_TIME);
    const set = atOnce(querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 }));
    for (let i = 2; i < 200; i++) {
      appendHistograms(head, ref, [
        [
          i,
          histogramFrom({
            ...small,
            positive: [
              [0, 2],
              [i % 60, 10 + i],
            ],
          }),
        ],
      ]);
    }
    const column = createSampleColumn(1);
    set.read(0, column);
    expect(kinds(column)).toEqual(['1 h unknown']);
    expect(bucketsOf(column.histograms![0]!)).toEqual(plainBuckets(small));
    querier.close();
  });

  it('gives the memory of removed series back', () => {
    const { head } = createHead();
    const ref = refOf(head, { a: '1' });
    for (let i = 0; i < 300; i++) appendHistograms(head, ref, [[i, histogramFrom({ ...small, sum: i })]]);
    expect(head.stats().chunkBytes).toBeGreaterThan(0);
    head.remove(Float64Array.of(ref));
    expect(head.stats()).toMatchObject({ chunkBytes: 0, chunks: 0 });
  });

  it('keeps any samples by their bits, through a restart too, and its hints are true', () => {
    const sample = fc.oneof(
      { weight: 8, arbitrary: plainHistograms },
      { weight: 3, arbitrary: wideHistograms },
      { weight: 1, arbitrary: fc.constant(STALE) },
      { weight: 1, arbitrary: fc.double() },
    );
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 60 }), (list) => {
        const { head, log } = createHead({ chunkRangeMs: 40_000 });
        const ref = refOf(head, { a: '1' });
        for (const [i, next] of list.entries()) {
          if (typeof next === 'object') appendHistograms(head, ref, [[1000 * i, histogramFrom(next)]]);
          else append(head, [[ref, 1000 * i, next]]);
        }
        const column = readOnly(head);
        checkColumn(column, list);

        const { head: again } = createHead({ chunkRangeMs: 40_000 });
        const replay = again.filling().replay();
        const decoder = new RecordDecoder(replay);
        for (const record of log.calls.flat()) expect(decoder.visit(record)).toBeNull();
        replay.settle();
        const replayed = readOnly(again);
        checkColumn(replayed, list);
        expect(kinds(replayed)).toEqual(kinds(column));
      }),
      { numRuns: 50 },
    );
  });
});

function checkColumn(column: SampleColumn, list: readonly (PlainHistogram | number | string)[]): void {
  expect(column.length).toBe(list.length);
  let before: FloatHistogram | undefined;
  for (const [i, next] of list.entries()) {
    const histogram = column.histograms?.[i];
    expect(column.times[i]).toBe(1000 * i);
    if (next === STALE) {
      expect(isStale(column.bits, i)).toBe(true);
    } else if (typeof next === 'number') {
      expect([histogram, column.values[i]]).toEqual([undefined, next]);
    } else if (typeof next === 'object') {
      const { sum, zeroCount, zeroThreshold, schema, count } = histogramFrom(next);
      expect(histogram).toMatchObject({ sum, zeroCount, zeroThreshold, schema, count });
      expect(bucketsOf(histogram!)).toEqual(plainBuckets(next));
      if (histogram!.counterResetHint === 'notReset') expect(isReset(before!, histogram!)).toBe(false);
      if (next.hint === 'reset') expect(histogram!.counterResetHint).toBe('unknown');
      expect(histogram!.counterResetHint === 'gauge').toBe(next.hint === 'gauge');
    }
    before = histogram;
  }
}

/** True where a bucket lost observations. */
function isReset(before: FloatHistogram, after: FloatHistogram): boolean {
  const counts = bucketsOf(after);
  return (
    [...bucketsOf(before)].some(([index, count]) => (counts.get(index) ?? 0) < count) || after.count < before.count
  );
}
