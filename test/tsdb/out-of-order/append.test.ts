import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordDecoder } from '../../../src/tsdb/wal/decode-records.ts';
import { ALL_TIME, append, batchOf, createHead, describeOutcome, refOf, show } from '../head-support.ts';
import { Collector } from '../wal-support.ts';

const HOUR = 3_600_000;

function timesIn(calls: readonly (readonly Uint8Array[])[]): number[] {
  const seen = new Collector();
  const decoder = new RecordDecoder(seen);
  for (const record of calls.flat()) expect(decoder.visit(record)).toBeNull();
  return seen.samplesSeen.map(([, time]) => time);
}

describe('HeadAppender with a window for samples out of order', () => {
  it('takes older samples within the window of the newest one', () => {
    const { head } = createHead({ outOfOrderMs: 1000 });
    const [a, b] = [refOf(head, { a: '1' }), refOf(head, { a: '2' })];
    append(head, [[a, 10_000, 1]]);
    append(head, [[b, 9500, 1]]);
    expect(
      append(head, [
        [a, 9000, 2],
        [a, 8999, 3],
        [a, 9999, 4],
        [b, 9400, 5],
      ]),
    ).toBe('3 taken, 1: tooOld');
    expect(show(head)).toEqual(['{a="1"} 9000=2 9999=4 10000=1', '{a="2"} 9400=5 9500=1']);
    const refused = { tooOld: 1, outOfOrder: 0 };
    expect(head.stats()).toMatchObject({ lateFloats: 3, samplesAppended: 2, chunks: 4, refused });
  });

  it('takes what is older than the head appends, also as the first sample of a series', () => {
    const { head } = createHead({ outOfOrderMs: 10 * HOUR, minValidTime: 15 * HOUR });
    const [a, b] = [refOf(head, { a: '1' }), refOf(head, { a: '2' })];
    append(head, [[a, 20 * HOUR, 1]]);
    expect(
      append(head, [
        [b, 11 * HOUR, 1],
        [b, 12 * HOUR, 2],
        [b, 10 * HOUR - 1, 3],
        [99, 11 * HOUR, 3],
        [b, Number.NaN, 3],
      ]),
    ).toBe('2 taken, 2: tooOld, 3: unknownRef, 4: outOfBounds');
    expect(show(head)).toEqual([`{a="1"} ${20 * HOUR}=1`, `{a="2"} ${11 * HOUR}=1 ${12 * HOUR}=2`]);
    expect(show(head, [], { minTime: 11 * HOUR, maxTime: 11.5 * HOUR })).toEqual([`{a="2"} ${11 * HOUR}=1`]);
    expect(show(head, [], { minTime: 0, maxTime: 10 * HOUR })).toEqual([]);
    const querier = head.querier({ minTime: 0, maxTime: 11 * HOUR });
    expect(querier.labelValues('a', [], 0)).toEqual(['1', '2']);
    querier.close();
  });

  it('opens and closes the window at run time', () => {
    const { head } = createHead();
    const a = refOf(head, { a: '1' });
    append(head, [[a, 5000, 1]]);
    expect(append(head, [[a, 4000, 1]])).toBe('0 taken, 0: outOfOrder');
    head.setOutOfOrderWindow(2000);
    expect(append(head, [[a, 4000, 1]])).toBe('1 taken');
    head.setOutOfOrderWindow(0);
    expect(append(head, [[a, 3500, 1]])).toBe('0 taken, 0: outOfOrder');
    expect(show(head)).toEqual(['{a="1"} 4000=1 5000=1']);
  });

  it('leaves a second sample of a time out, whatever its value', () => {
    const { head, lateLog } = createHead({ outOfOrderMs: HOUR });
    const a = refOf(head, { a: '1' });
    append(head, [[a, 9000, 1]]);
    expect(
      append(head, [
        [a, 5000, 1],
        [a, 5000, 2],
        [a, 9000, 1],
        [a, 9000, 2],
      ]),
    ).toBe('3 taken, 3: duplicate');
    expect(append(head, [[a, 5000, 3]])).toBe('1 taken');
    expect(show(head)).toEqual(['{a="1"} 5000=1 9000=1']);
    expect(head.stats().lateFloats).toBe(1);
    expect(lateLog.calls.length).toBe(1);
  });

  it('checks against earlier rows of the same transaction', () => {
    const { head } = createHead({ outOfOrderMs: 500 });
    const a = refOf(head, { a: '1' });
    append(head, [[a, 1000, 0]]);
    const appender = head.appender();
    const outcome = appender.append(
      batchOf([
        [a, 9000, 1],
        [a, 8000, 2],
        [a, 499, 3],
        [a, 500, 4],
      ]),
    );
    expect(describeOutcome(outcome)).toBe('3 taken, 2: tooOld');
    expect(show(head)).toEqual(['{a="1"} 1000=0']);
    appender.commit();
    expect(show(head)).toEqual(['{a="1"} 500=4 1000=0 8000=2 9000=1']);
  });

  it('refuses what must be in order, as markers of the scraper', () => {
    const { head } = createHead({ outOfOrderMs: 5000 });
    const a = refOf(head, { a: '1' });
    append(head, [[a, 9000, 1]]);
    const appender = head.appender();
    const rows = batchOf([
      [a, 8000, '7ff0000000000002'],
      [a, 3000, 1],
      [a, 9001, 2],
    ]);
    expect(describeOutcome(appender.append({ ...rows, inOrderOnly: true }))).toBe('1 taken, 0: outOfOrder, 1: tooOld');
    appender.commit();
    expect(show(head)).toEqual(['{a="1"} 9000=1 9001=2']);
  });

  it('logs them in their log, and nothing is applied where one of the logs refuses', () => {
    const { head, lateLog, log } = createHead({ outOfOrderMs: HOUR });
    const a = refOf(head, { a: '1' });
    append(head, [[a, 9000, 1]]);
    append(head, [
      [a, 5000, 1],
      [a, 9500, 2],
    ]);
    expect(timesIn(log.calls)).toEqual([9000, 9500]);
    expect(timesIn(lateLog.calls)).toEqual([5000]);
    lateLog.failure = new Error('full');
    expect(() => append(head, [[a, 4000, 1]])).toThrow('full');
    lateLog.failure = null;
    log.failure = new Error('full');
    const both = [
      [a, 4000, 1],
      [a, 9600, 1],
    ] as const;
    expect(() => append(head, both)).toThrow('full');
    log.failure = null;
    expect(timesIn(lateLog.calls)).toEqual([5000]);
    expect(show(head)).toEqual(['{a="1"} 5000=1 9000=1 9500=2']);
    expect(append(head, [[a, 4000, 1]])).toBe('1 taken');
    expect(timesIn(lateLog.calls)).toEqual([5000, 4000]);
  });

  it('forgets them with their series', () => {
    const { head } = createHead({ outOfOrderMs: HOUR });
    const a = refOf(head, { a: '1' });
    append(head, [[a, 100_000, 1]]);
    for (let i = 0; i < 100; i++) append(head, [[a, 50_000 + ((i * 7) % 100), i]]);
    const querier = head.querier(ALL_TIME);
    head.remove(Float64Array.of(a));
    expect(show(head)).toEqual([]);
    querier.close();
    const b = refOf(head, { b: '1' });
    append(head, [[b, 100_000, 1]]);
    expect(show(head)).toEqual(['{b="1"} 100000=1']);
    expect(head.stats().chunks).toBe(1);
  });
});

describe('arrival in any order', () => {
  const arrivals = fc.array(
    fc.record({ series: fc.integer({ min: 0, max: 2 }), time: fc.integer({ min: 0, max: 400 }), batch: fc.boolean() }),
    { minLength: 1, maxLength: 400 },
  );

  it('shows each time once, sorted, as far as the window reaches', () => {
    fc.assert(
      fc.property(arrivals, fc.constantFrom(0, 50, 200, 1000), (list, outOfOrderMs) => {
        const { head } = createHead({ outOfOrderMs });
        const refs = [0, 1, 2].map((i) => refOf(head, { i: String(i) }));
        const truth = [0, 1, 2].map(() => new Map<number, number[]>());
        let newest = Number.NEGATIVE_INFINITY;
        for (const [value, { series, time }] of list.entries()) {
          const times = truth[series]!;
          const last = Math.max(Number.NEGATIVE_INFINITY, ...times.keys());
          const isTaken = time >= last || (outOfOrderMs > 0 && time >= newest - outOfOrderMs);
          const outcome = append(head, [[refs[series]!, time, value]]);
          if (isTaken && time !== last) {
            expect(outcome).toBe('1 taken');
            times.set(time, [...(times.get(time) ?? []), value]);
          }
          if (!isTaken) expect(outcome).toBe(`0 taken, 0: ${outOfOrderMs > 0 ? 'tooOld' : 'outOfOrder'}`);
          if (outcome === '1 taken') newest = Math.max(newest, time);
        }
        for (const [i, line] of show(head).entries()) {
          const shown = line.split(' ').slice(1);
          const expected = [...truth.filter(({ size }) => size > 0)[i]!].sort(([a], [b]) => a - b);
          expect(shown.map((text) => Number(text.split('=')[0]))).toEqual(expected.map(([time]) => time));
          for (const [k, text] of shown.entries()) expect(Number(text.split('=')[1])).toBe(expected[k]![1][0]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reads any part of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 600 }),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 0, max: 5000 }),
        (times, a, b) => {
          const { head } = createHead({ outOfOrderMs: HOUR });
          const ref = refOf(head, { a: '1' });
          for (let i = 0; i < times.length; i += 40) {
            append(
              head,
              times.slice(i, i + 40).map((time) => [ref, time, time] as const),
            );
          }
          const range = { minTime: Math.min(a, b), maxTime: Math.max(a, b) };
          const wanted = [...new Set(times)]
            .filter((time) => time >= range.minTime && time <= range.maxTime)
            .sort((x, y) => x - y);
          const line = show(head, [], range)[0] ?? '{a="1"}';
          expect(line).toBe(['{a="1"}', ...wanted.map((time) => `${time}=${time}`)].join(' '));
        },
      ),
      { numRuns: 60 },
    );
  });
});
