import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FloatHistogram, IntegerHistogram } from '../../src/model/histogram.ts';
import { Labels, labelsFromObject } from '../../src/model/labels.ts';
import { RecordDecoder } from '../../src/tsdb/wal/decode-records.ts';
import { append, batchOf, createHead, describeOutcome, type Row, refOf, show } from './head-support.ts';
import { Collector } from './wal-support.ts';

const HOUR = 3_600_000;
const MAX = Number.MAX_SAFE_INTEGER;
const STALE = '7ff0000000000002';

describe('HeadAppender', () => {
  it('checks a row against the last sample of its series', () => {
    const { head } = createHead();
    const a = refOf(head, { a: '1' });
    const b = refOf(head, { a: '2' });
    expect(
      append(head, [
        [a, 1000, 1],
        [b, 1000, 1],
      ]),
    ).toBe('2 taken');
    expect(
      append(head, [
        [a, 1000, 1],
        [b, 1000, 2],
      ]),
    ).toBe('1 taken, 1: duplicate');
    expect(
      append(head, [
        [a, 999, 1],
        [b, 1001, 2],
      ]),
    ).toBe('1 taken, 0: outOfOrder');
    expect(
      append(head, [
        [99, 2000, 1],
        [0, 2000, 1],
        [Number.NaN, 2000, 1],
        [1.5, 2000, 1],
        [-1, 2000, 1],
      ]),
    ).toBe('0 taken, 0: unknownRef, 1: unknownRef, 2: unknownRef, 3: unknownRef, 4: unknownRef');
    expect(show(head)).toEqual(['{a="1"} 1000=1', '{a="2"} 1000=1 1001=2']);
    expect(head.stats().refused).toMatchObject({
      unknownRef: 5,
      outOfOrder: 1,
      duplicate: 1,
      tooOld: 0,
      outOfBounds: 0,
    });
    expect(head.stats().samplesAppended).toBe(3);
  });

  it('checks a row against earlier rows of its transaction, in the same batch or another', () => {
    const { head } = createHead();
    const a = refOf(head, { a: '1' });
    const appender = head.appender();
    expect(
      describeOutcome(
        appender.append(
          batchOf([
            [a, 10, 1],
            [a, 10, 1],
            [a, 10, 2],
            [a, 9, 1],
            [a, 11, 3],
          ]),
        ),
      ),
    ).toBe('3 taken, 2: duplicate, 3: outOfOrder');
    expect(
      describeOutcome(
        appender.append(
          batchOf([
            [a, 10, 1],
            [a, 11, 3],
            [a, 11, 4],
            [a, 12, 5],
          ]),
        ),
      ),
    ).toBe('2 taken, 0: outOfOrder, 2: duplicate');
    appender.commit();
    expect(show(head)).toEqual(['{a="1"} 10=1 11=3 12=5']);
  });

  it('compares values by their bits', () => {
    const { head } = createHead();
    const a = refOf(head, { a: '1' });
    append(head, [[a, 1, '7ff8000000000001']]);
    expect(append(head, [[a, 1, '7ff8000000000001']])).toBe('1 taken');
    expect(append(head, [[a, 1, '7ff8000000000000']])).toBe('0 taken, 0: duplicate');
    append(head, [[a, 2, 0]]);
    expect(append(head, [[a, 2, -0]])).toBe('0 taken, 0: duplicate');
    append(head, [
      [a, 3, STALE],
      [a, 4, '7ff4dead0000beef'],
      [a, 5, -0],
    ]);
    expect(show(head)).toEqual(['{a="1"} 1=7ff8000000000001 2=0 3=7ff0000000000002 4=7ff4dead0000beef 5=-0']);
  });

  it('takes nothing older than half a chunk range before the newest sample', () => {
    const { head } = createHead();
    const [a, b] = [refOf(head, { a: '1' }), refOf(head, { a: '2' })];
    append(head, [[a, 10 * HOUR, 1]]);
    expect(
      append(head, [
        [b, 9 * HOUR - 1, 1],
        [b, 9 * HOUR, 1],
      ]),
    ).toBe('1 taken, 0: outOfBounds');
    // The bound is the one of the transaction's begin.
    expect(
      append(head, [
        [a, 20 * HOUR, 1],
        [b, 9 * HOUR + 1, 1],
      ]),
    ).toBe('2 taken');
    expect(append(head, [[b, 9 * HOUR + 2, 1]])).toBe('0 taken, 0: outOfBounds');
    // An old sample of an unknown series is out of bounds, not unknown.
    expect(append(head, [[99, 0, 1]])).toBe('0 taken, 0: outOfBounds');
  });

  it('takes the bounds of an empty head from its first row', () => {
    const { head } = createHead();
    const [a, b] = [refOf(head, { a: '1' }), refOf(head, { a: '2' })];
    expect(
      append(head, [
        [a, Number.NaN, 1],
        [a, 10 * HOUR, 1],
        [b, 9 * HOUR - 1, 1],
        [b, 9 * HOUR, 1],
      ]),
    ).toBe('2 taken, 0: outOfBounds, 2: outOfBounds');
  });

  it('takes nothing from before the newest block', () => {
    const { head } = createHead({ minValidTime: 1000 });
    const a = refOf(head, { a: '1' });
    expect(
      append(head, [
        [a, 999, 1],
        [a, 1000, 1],
      ]),
    ).toBe('1 taken, 0: outOfBounds');
  });

  it('refuses times that a double can not hold', () => {
    const { head } = createHead({ chunkRangeMs: 2 ** 60 });
    const [a, b] = [refOf(head, { a: '1' }), refOf(head, { a: '2' })];
    expect(
      append(head, [
        [a, -MAX, 1],
        [b, -MAX - 1, 1],
        [b, 2 ** 53, 1],
        [b, 9.3e18, 1],
        [b, 1.5, 1],
        [b, MAX, 2],
      ]),
    ).toBe('2 taken, 1: outOfBounds, 2: outOfBounds, 3: outOfBounds, 4: outOfBounds');
    expect(
      append(head, [
        [a, Number.POSITIVE_INFINITY, 1],
        [a, MAX - 1, 3],
      ]),
    ).toBe('1 taken, 0: outOfBounds');
    expect(show(head)).toEqual([`{a="1"} ${-MAX}=1 ${MAX - 1}=3`, `{a="2"} ${MAX}=2`]);
  });

  it('applies nothing when the log refuses, and logs the series with the next record', () => {
    const { head, log } = createHead();
    const a = refOf(head, { a: '1' });
    append(head, [[a, 1, 1]]);
    log.failure = new Error('disk full');
    const appender = head.appender();
    const b = appender.resolve(labelsFromObject({ a: '2' }));
    appender.append(
      batchOf([
        [a, 2, 2],
        [b, 2, 2],
      ]),
    );
    expect(() => appender.commit()).toThrow('disk full');
    expect(() => appender.commit()).toThrow('after its end');
    expect(show(head)).toEqual(['{a="1"} 1=1']);
    expect(head.bounds).toEqual({ minTime: 1, maxTime: 1 });
    expect(head.stats()).toMatchObject({ samplesAppended: 1, activeAppenders: 0, series: 2 });
    log.failure = null;
    expect(
      append(head, [
        [b, 2, 3],
        [a, 2, 4],
      ]),
    ).toBe('2 taken');
    expect(show(head)).toEqual(['{a="1"} 1=1 2=4', '{a="2"} 2=3']);
    expect(logged(log.calls.at(-1)!)).toEqual({
      series: [[b, '{a="2"}']],
      samples: [
        [b, 2],
        [a, 2],
      ],
    });
  });

  it('hands everything of a transaction to the log in one call, before anything is visible', () => {
    const { head, log } = createHead();
    const appender = head.appender();
    const [a, b] = [appender.resolve(labelsFromObject({ a: '1' })), appender.resolve(labelsFromObject({ a: '2' }))];
    appender.append(
      batchOf([
        [a, 1, 1],
        [b, 1, 1],
        [a, 1, 7],
      ]),
    );
    appender.append(
      batchOf([
        [99, 5, 1],
        [a, 2, 2],
      ]),
    );
    const seen: string[][] = [show(head)];
    log.onAppend = () => seen.push(show(head));
    appender.commit();
    expect(seen).toEqual([[], []]);
    expect(show(head)).toEqual(['{a="1"} 1=1 2=2', '{a="2"} 1=1']);
    expect(log.calls).toHaveLength(1);
    expect(logged(log.calls[0]!)).toEqual({
      series: [
        [a, '{a="1"}'],
        [b, '{a="2"}'],
      ],
      samples: [
        [a, 1],
        [b, 1],
        [a, 2],
      ],
    });
  });

  it('writes nothing to the log for a transaction without news', () => {
    const { head, log } = createHead();
    const a = refOf(head, { a: '1' });
    append(head, [[a, 1, 1]]);
    append(head, [
      [a, 1, 1],
      [99, 1, 1],
    ]);
    append(head, []);
    expect(log.calls).toHaveLength(1);
  });

  it('forgets what was appended on rollback, not the series', () => {
    const { head, log } = createHead();
    const appender = head.appender();
    const a = appender.resolve(labelsFromObject({ a: '1' }));
    appender.append(batchOf([[a, 5, 1]]));
    appender.rollback();
    expect(show(head)).toEqual([]);
    expect(append(head, [[a, 4, 1]])).toBe('1 taken');
    expect(logged(log.calls[0]!).series).toEqual([[a, '{a="1"}']]);
  });

  it('is one at a time, and done after its end', () => {
    const { head } = createHead();
    const appender = head.appender();
    expect(() => head.appender()).toThrow('another one is open');
    appender.rollback();
    expect(() => appender.append(batchOf([]))).toThrow('after its end');
    expect(() => appender.resolve(labelsFromObject({ a: '1' }))).toThrow('after its end');
    head.appender().commit();
  });

  it('gives one ref for equal labels and never the same ref twice', () => {
    const { head } = createHead();
    const a = refOf(head, { a: '1', b: '2' });
    expect(refOf(head, { b: '2', a: '1' })).toBe(a);
    expect(head.find(labelsFromObject({ a: '1', b: '2' }))).toBe(a);
    expect(head.find(labelsFromObject({ a: '1' }))).toBe(0);
    append(head, [[a, 1, 1]]);
    head.remove(Float64Array.of(a));
    expect(append(head, [[a, 2, 1]])).toBe('0 taken, 0: unknownRef');
    const again = refOf(head, { a: '1', b: '2' });
    expect(again).toBeGreaterThan(a);
    expect(append(head, [[again, 2, 1]])).toBe('1 taken');
    expect(show(head)).toEqual(['{a="1", b="2"} 2=1']);
    expect(() => refOf(head, {})).toThrow('empty labelset: invalid sample');
  });

  it('forgets all refs of a series that is removed', () => {
    const { head } = createHead();
    const replay = head.filling().replay();
    for (const ref of [5, 7, 9]) replay.series(ref, labelsFromObject({ a: '1' }));
    expect(
      append(head, [
        [7, 1, 1],
        [9, 1, 2],
        [5, 2, 3],
      ]),
    ).toBe('2 taken, 1: duplicate');
    // Another name of the series can go without it.
    head.remove(Float64Array.of(9));
    expect(append(head, [[7, 3, 1]])).toBe('1 taken');
    head.remove(Float64Array.of(5));
    expect(show(head)).toEqual([]);
    const b = refOf(head, { b: '1' });
    expect(
      append(head, [
        [7, 4, 1],
        [b, 4, 1],
      ]),
    ).toBe('1 taken, 0: unknownRef');
    expect(show(head)).toEqual(['{b="1"} 4=1']);
    expect(head.stats()).toMatchObject({ series: 1, seriesRemoved: 1, chunks: 1, chunksCreated: 2 });
  });

  it('logs a series that changes its kind more often than a call takes arguments', () => {
    const { head, log } = createHead();
    const ref = refOf(head, { a: '1' });
    const integer: IntegerHistogram = {
      kind: 'integer',
      counterResetHint: 'unknown',
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 0,
      sum: 0,
      positiveSpans: [],
      positiveDeltas: [],
      negativeSpans: [],
      negativeDeltas: [],
      customValues: [],
    };
    const { positiveDeltas: _, negativeDeltas: __, ...shape } = integer;
    const float: FloatHistogram = { ...shape, kind: 'float', positiveCounts: [], negativeCounts: [] };
    const count = 130_000;
    const batch = batchOf([]);
    batch.histograms = Array.from({ length: count }, (_, i) => ({
      ref,
      time: 1000 + i,
      startTime: 0,
      histogram: i % 2 === 0 ? integer : float,
    }));
    const appender = head.appender();
    expect(describeOutcome(appender.append(batch))).toBe(`${count} taken`);
    appender.commit();
    expect(log.calls[0]!.length).toBeGreaterThanOrEqual(count);
    expect(head.stats()).toMatchObject({ histogramsLogged: count });
  });

  it('logs histograms and exemplars of known series', () => {
    const { head, log } = createHead();
    const a = refOf(head, { a: '1' });
    const histogram: IntegerHistogram = {
      kind: 'integer',
      counterResetHint: 'unknown',
      schema: 0,
      zeroThreshold: 0.001,
      zeroCount: 1,
      count: 3,
      sum: 5,
      positiveSpans: [{ offset: 0, length: 1 }],
      negativeSpans: [],
      positiveDeltas: [2],
      negativeDeltas: [],
      customValues: [],
    };
    const batch = batchOf([
      [a, 1000, 1],
      [77, 1000, 1],
    ]);
    batch.histograms = [a, 78, a].map((ref, i) => ({ ref, time: i === 2 ? -HOUR * 9 : 1001, startTime: 0, histogram }));
    batch.exemplars = [a, 79].map((ref) => ({ ref, labels: labelsFromObject({ trace: 'x' }), value: 2, time: 1000 }));
    const appender = head.appender();
    expect(describeOutcome(appender.append(batch))).toBe('2 taken, 1: unknownRef, 3: unknownRef, 4: outOfBounds');
    appender.commit();
    const seen = collect(log.calls[0]!);
    expect(seen.histogramsSeen.map((entry) => [entry.ref, entry.time, entry.histogram])).toEqual([
      [a, 1001, histogram],
    ]);
    expect(seen.exemplarsSeen.map((entry) => entry.ref)).toEqual([a]);
    expect(head.stats()).toMatchObject({ histogramsLogged: 1, exemplarsLogged: 1 });
  });

  it('keeps what a plain model keeps, for any transactions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(sample, { maxLength: 12 }), fc.boolean()), { maxLength: 40 }),
        (transactions) => {
          const { head } = createHead({ chunkRangeMs: 400 });
          const model = new Map<number, Map<number, number>>();
          let newest = Number.NEGATIVE_INFINITY;
          for (const [rows, commits] of transactions) {
            const appender = head.appender();
            const own = new Map<number, Map<number, number>>();
            const batch: Row[] = rows.map(([series, time, value]) => [
              appender.resolve(new Labels(['s', String(series)])),
              time,
              value,
            ]);
            const oldest = Math.max(newest, rows[0]?.[1] ?? newest) === newest ? newest - 200 : rows[0]![1] - 200;
            const bound = newest === Number.NEGATIVE_INFINITY ? oldest : newest - 200;
            const outcome = appender.append(batchOf(batch));
            let taken = 0;
            for (const [series, time, value] of rows) {
              const samples = new Map([...(model.get(series) ?? []), ...(own.get(series) ?? [])]);
              const last = Math.max(Number.NEGATIVE_INFINITY, ...samples.keys());
              if (time < bound || time < last || (time === last && samples.get(time) !== value)) continue;
              taken++;
              own.set(series, new Map([...(own.get(series) ?? []), [time, value]]));
            }
            expect(outcome.appended).toBe(taken);
            expect(outcome.refusedCount).toBe(rows.length - taken);
            if (!commits) {
              appender.rollback();
              continue;
            }
            appender.commit();
            for (const [series, samples] of own) {
              model.set(series, new Map([...(model.get(series) ?? []), ...samples]));
              newest = Math.max(newest, ...samples.keys());
            }
          }
          const lines = [...model]
            .filter(([, samples]) => samples.size > 0)
            .sort(([a], [b]) => a - b)
            .map(([series, samples]) =>
              [`{s="${series}"}`, ...[...samples].map(([time, value]) => `${time}=${value}`)].join(' '),
            );
          expect(show(head)).toEqual(lines);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Series, time and value. */
const sample = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 0, max: 2000 }),
  fc.integer({ min: 0, max: 2 }),
);

function collect(records: readonly Uint8Array[]): Collector {
  const collector = new Collector();
  const decoder = new RecordDecoder(collector);
  for (const record of records) expect(decoder.visit(record)).toBeNull();
  return collector;
}

function logged(records: readonly Uint8Array[]): { series: unknown[]; samples: unknown[] } {
  const seen = collect(records);
  return {
    series: seen.seriesSeen.map(([ref, labels]) => [ref, labels.toString()]),
    samples: seen.samplesSeen.map(([ref, time]) => [ref, time]),
  };
}
