import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLabels, labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import type { Head } from '../../src/tsdb/head/head.ts';
import type { HeadSeriesSet } from '../../src/tsdb/head/head-series-set.ts';
import { ALL_TIME, append, atOnce, createHead, type Row, refOf, show, showSet } from './head-support.ts';

describe('HeadQuerier', () => {
  it('gives the samples between two times, both included, over sealed and open chunks', () => {
    const { head } = createHead({ chunkRangeMs: 1000 });
    const a = refOf(head, { a: '1' });
    const times = Array.from({ length: 500 }, (_, i) => 10 * i);
    for (const time of times) append(head, [[a, time, time]]);
    expect(head.stats().chunks).toBeGreaterThan(4);
    fc.assert(
      fc.property(fc.integer({ min: -20, max: 5100 }), fc.integer({ min: -20, max: 5100 }), (minTime, maxTime) => {
        const wanted = times.filter((time) => time >= minTime && time <= maxTime).map((time) => `${time}=${time}`);
        const seen = show(head, [], { minTime, maxTime });
        expect(seen.length).toBeLessThanOrEqual(1);
        expect((seen[0] ?? '{a="1"}').split(' ').slice(1)).toEqual(wanted);
      }),
    );
  });

  it('gives, where only the newest sample is wanted, that of the range as it stood', () => {
    const { head } = createHead({ chunkRangeMs: 1000 });
    const refs = [refOf(head, { a: '1' }), refOf(head, { a: '2' })];
    const integers = { min: -20, max: 4200 };
    const stale = '7ff0000000000002';
    for (let i = 0; i < 400; i++) {
      append(head, [
        [refs[0]!, 10 * i, i % 7 === 0 ? stale : i / 3],
        [refs[1]!, 10 * i + 5, -0],
      ]);
    }
    const newest = (lines: string[]) => lines.map((line) => [line.split(' ')[0], line.split(' ').slice(1).at(-1)]);
    fc.assert(
      fc.property(fc.integer(integers), fc.integer(integers), (minTime, maxTime) => {
        const range = { minTime, maxTime };
        const querier = head.querier(ALL_TIME);
        const wanted = { matchers: [], range, sorted: true, limit: 0 };
        const set = atOnce(querier.select({ ...wanted, newestOnly: true }));
        expect(newest(showSet(set))).toEqual(newest(show(head, [], range)));
        querier.close();
      }),
    );
    const querier = head.querier(ALL_TIME);
    const set = atOnce(querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0, newestOnly: true }));
    append(head, [[refs[0]!, 9000, 1]]);
    expect(newest(showSet(set))).toEqual([
      ['{a="1"}', `3990=${stale}`],
      ['{a="2"}', '3995=-0'],
    ]);
    querier.close();
  });

  it('leaves out series without a chunk in the range', () => {
    const { head } = createHead();
    const [a, b] = [refOf(head, { s: 'a' }), refOf(head, { s: 'b' })];
    append(head, [
      [a, 100, 1],
      [a, 200, 1],
    ]);
    append(head, [[b, 300, 1]]);
    refOf(head, { s: 'c' });
    const names = (minTime: number, maxTime: number) =>
      show(head, [], { minTime, maxTime }).map((line) => line.slice(4, 5));
    expect(names(0, 99)).toEqual([]);
    expect(names(100, 100)).toEqual(['a']);
    expect(names(201, 299)).toEqual([]);
    expect(names(200, 300)).toEqual(['a', 'b']);
    expect(names(301, 999)).toEqual([]);
    expect(names(300, 200)).toEqual([]);
  });

  it('cuts the values of a label behind those that came first with this label', () => {
    const { head } = createHead();
    const series = [{ b: 'z' }, { a: 'y', c: '1' }, { a: 'z' }, { a: 'x', c: '1' }, { a: 'w' }];
    append(
      head,
      series.map((labels): Row => [refOf(head, labels), 100, 1]),
    );
    const querier = head.querier(ALL_TIME);
    const values = (limit: number, ...matchers: Matcher[]) => querier.labelValues('a', matchers, limit);
    expect(values(1)).toEqual(['y']);
    expect(values(2)).toEqual(['y', 'z']);
    expect(values(3)).toEqual(['x', 'y', 'z']);
    for (const limit of [0, 4, 5]) expect(values(limit)).toEqual(['w', 'x', 'y', 'z']);
    const some: Matcher = { type: '=~', name: 'a', value: '[wxz]' };
    expect(values(2, some)).toEqual(['x', 'z']);
    expect(values(1, { type: '=', name: 'c', value: '1' })).toEqual(['y']);
    querier.close();
  });

  it('keeps to the range of the querier as well', () => {
    const { head } = createHead();
    const a = refOf(head, { s: 'a' });
    append(head, [
      [a, 1, 1],
      [a, 2, 2],
      [a, 3, 3],
    ]);
    const querier = head.querier({ minTime: 2, maxTime: 9 });
    const set = atOnce(querier.select({ matchers: [], range: { minTime: 0, maxTime: 2 }, sorted: false, limit: 0 }));
    expect(showSet(set)).toEqual(['{s="a"} 2=2']);
    querier.close();
    expect(() => querier.labelNames([], 0)).toThrow('closed');
  });

  it('orders series by the bytes of their labels', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'é', '\uffee', '😀', 'ab'), text, { minKeys: 1 }), {
          maxLength: 80,
          size: 'max',
        }),
        (list) => {
          const { head } = createHead();
          const sets = list.map(labelsFromObject).filter((labels) => labels.size > 0);
          append(
            head,
            sets.map((labels): Row => [refOf(head, labels.toObject()), 1, 1]),
          );
          const distinct = [...new Map(sets.map((labels) => [labels.key, labels])).values()];
          const expected = distinct.sort(compareLabels).map((labels) => `${labels} 1=1`);
          expect(show(head)).toEqual(expected);
          expect(show(head, [], ALL_TIME, 3)).toEqual(expected.slice(0, 3));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('orders label sets of very many labels too', () => {
    const { head } = createHead();
    const wide = Array.from({ length: 40 }, (_, i) =>
      Object.fromEntries(Array.from({ length: 100 }, (_, k) => [`l${k}`, String((i * 7 + k * k) % 11)])),
    );
    append(
      head,
      wide.map((labels): Row => [refOf(head, labels), 1, 1]),
    );
    const expected = wide
      .map(labelsFromObject)
      .sort(compareLabels)
      .map((labels) => `${labels} 1=1`);
    expect(show(head)).toEqual([...new Set(expected)]);
  });

  it('answers label names and values, sorted by bytes, with matchers and limits', () => {
    const { head } = createHead();
    for (const labels of [{ a: '\uffee', b: '1' }, { a: '😀', c: 'x' }, { a: 'z' }])
      append(head, [[refOf(head, labels), 5, 1]]);
    const ask = (use: (querier: ReturnType<Head['querier']>) => readonly string[], range = ALL_TIME) => {
      const querier = head.querier(range);
      const answer = use(querier);
      querier.close();
      return answer;
    };
    expect(ask((querier) => atOnce(querier.labelNames([], 0)))).toEqual(['a', 'b', 'c']);
    expect(ask((querier) => atOnce(querier.labelNames([], 2)))).toEqual(['a', 'b']);
    expect(ask((querier) => atOnce(querier.labelValues('a', [], 0)))).toEqual(['z', '\uffee', '😀']);
    expect(ask((querier) => atOnce(querier.labelValues('a', [{ type: '!=', name: 'c', value: '' }], 0)))).toEqual([
      '😀',
    ]);
    expect(ask((querier) => atOnce(querier.labelNames([{ type: '=~', name: 'a', value: 'z|😀' }], 0)))).toEqual([
      'a',
      'c',
    ]);
    expect(ask((querier) => atOnce(querier.labelValues('a', [{ type: '=', name: 'c', value: 'y' }], 0)))).toEqual([]);
    expect(ask((querier) => atOnce(querier.labelValues('nowhere', [], 0)))).toEqual([]);
    expect(ask((querier) => atOnce(querier.labelNames([], 0)), { minTime: 6, maxTime: 9 })).toEqual([]);
  });

  it('lists the values that some of many series or one of few has', () => {
    const { head } = createHead({ chunkRangeMs: 1000 });
    for (let i = 0; i < 300; i++) {
      append(head, [
        [refOf(head, { i: `${i}`, ten: `${i % 10}`, ...(i % 3 === 0 ? { third: `${i % 9}` } : {}) }), 1, 1],
      ]);
    }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 299 }), fc.integer({ min: 0, max: 299 }), (from, to) => {
        const kept = Array.from({ length: 300 }, (_, i) => i).filter((i) => i >= from && i <= to);
        const matchers = [{ type: '=~' as const, name: 'i', value: kept.join('|') || 'none' }];
        const querier = head.querier(ALL_TIME);
        const values = (name: string) => atOnce(querier.labelValues(name, matchers, 0));
        const distinct = (texts: readonly number[]) => [...new Set(texts.map(String))].sort();
        expect(values('ten')).toEqual(distinct(kept.map((i) => i % 10)));
        expect(values('third')).toEqual(distinct(kept.filter((i) => i % 3 === 0).map((i) => i % 9)));
        // Those of the series that came first.
        const few = [...new Set(kept.map((i) => i % 10))].slice(0, 3);
        expect(atOnce(querier.labelValues('ten', matchers, 3))).toEqual(distinct(few));
        const numbers = kept.slice(0, 3).map(String).sort();
        expect(atOnce(querier.labelValues('i', [...matchers, { type: '!=', name: 'ten', value: 'x' }], 3))).toEqual(
          numbers,
        );
        querier.close();
      }),
    );
  });

  it('shows the moment of the select, whatever is appended, sealed or removed afterwards', () => {
    const { head } = createHead({ chunkRangeMs: 500 });
    const refs = Array.from({ length: 20 }, (_, i) => refOf(head, { s: String(i).padStart(2, '0') }));
    let time = 0;
    const appendMore = (rounds: number): void => {
      for (let round = 0; round < rounds; round++) {
        time += 7;
        append(
          head,
          refs.map((ref, i): Row => [ref, time, Math.sin(ref * time) * (i + 1)]),
        );
      }
    };
    appendMore(45);
    const before = show(head);
    const querier = head.querier(ALL_TIME);
    const set = atOnce(querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 }));
    appendMore(200);
    expect(showSet(set)).toEqual(before);
    head.remove(Float64Array.from(refs.slice(0, 10)));
    // New series want rows and chunks: they must not get those that the reader looks at.
    const others = Array.from({ length: 20 }, (_, i) => refOf(head, { t: String(i) }));
    for (let round = 0; round < 50; round++)
      append(
        head,
        others.map((ref): Row => [ref, ++time, round]),
      );
    expect(showSet(set)).toEqual(before);
    querier.close();
    const after = show(head);
    expect(after.filter((line) => line.startsWith('{s='))).toHaveLength(10);
    expect(after.filter((line) => line.startsWith('{t='))).toHaveLength(20);
    // Freed rows and chunks are used again now.
    const again = Array.from({ length: 20 }, (_, i) => refOf(head, { u: String(i) }));
    for (let round = 0; round < 50; round++)
      append(
        head,
        again.map((ref): Row => [ref, ++time, round]),
      );
    expect(show(head).filter((line) => line.startsWith('{t='))).toEqual(after.filter((line) => line.startsWith('{t=')));
    expect(head.stats()).toMatchObject({ series: 50, seriesCreated: 60, seriesRemoved: 10 });
  });

  it('reuses the label set of a series, not that of a row', () => {
    const { head } = createHead();
    const a = refOf(head, { s: 'a' });
    append(head, [[a, 1, 1]]);
    const labelsNow = () => {
      const querier = head.querier(ALL_TIME);
      const labels = atOnce(querier.select({ matchers: [], range: ALL_TIME, sorted: false, limit: 0 })).labels(0);
      querier.close();
      return labels;
    };
    expect(labelsNow()).toBe(labelsNow());
    head.remove(Float64Array.of(a));
    append(head, [[refOf(head, { s: 'b' }), 2, 1]]);
    expect(labelsNow().toString()).toBe('{s="b"}');
  });

  it('gives the same list of label sets again until a series comes or goes, or one is not in the range', () => {
    const { head } = createHead();
    const refs = Array.from({ length: 3 }, (_, i) => refOf(head, { s: String(i), t: i === 2 ? 'y' : 'x' }));
    append(head, [
      [refs[0]!, 1, 1],
      [refs[1]!, 2, 1],
      [refs[2]!, 9, 1],
    ]);
    const ask = (range = ALL_TIME) => {
      const querier = head.querier(range);
      const matchers = [{ type: '=' as const, name: 't', value: 'x' }];
      const set = atOnce(querier.select({ matchers, range, sorted: false, limit: 0 })) as HeadSeriesSet;
      const list = set.lastingLabels;
      const names = atOnce(querier.labelValues('s', matchers, 0));
      const rows = showSet(set);
      querier.close();
      return { list, names, rows };
    };
    const before = ask();
    expect(before.list!.map(String)).toEqual(['{s="0", t="x"}', '{s="1", t="x"}']);
    append(head, [[refs[0]!, 10, 1]]);
    expect(ask().list).toBe(before.list);
    expect(ask({ minTime: 10, maxTime: 10 })).toMatchObject({ list: null, rows: ['{s="0", t="x"} 10=1'] });
    append(head, [[refOf(head, { s: '3', t: 'x' }), 11, 1]]);
    expect(ask().list).toHaveLength(3);
    expect(ask().names).toEqual(['0', '1', '3']);
    head.remove(Float64Array.of(refs[0]!));
    expect(ask()).toMatchObject({ names: ['1', '3'], rows: ['{s="1", t="x"} 2=1', '{s="3", t="x"} 11=1'] });
    expect(ask().list!.map(String)).toEqual(['{s="1", t="x"}', '{s="3", t="x"}']);
    append(head, [[refOf(head, { s: '4', t: 'x' }), 12, 1]]);
    expect(ask().list!.map(String).sort()).toEqual(['{s="1", t="x"}', '{s="3", t="x"}', '{s="4", t="x"}']);
  });

  it('gives the last minutes of a series again and again while it grows', () => {
    const { head } = createHead({ chunkRangeMs: 2000 });
    const refs = [refOf(head, { s: 'a' }), refOf(head, { s: 'b' })];
    const values: number[][] = [[], []];
    for (let i = 0; i < 700; i++) {
      values[0]!.push(i % 5 === 0 ? i : i / 7);
      values[1]!.push(i - (i % 50));
      append(head, [
        [refs[0]!, 10 * i, values[0]![i]!],
        [refs[1]!, 10 * i, values[1]![i]!],
      ]);
      if (i % 3 !== 0) continue;
      const range = { minTime: 10 * (i - (i % 60)), maxTime: 10 * i };
      const wanted = (own: number[]) => own.map((value, k) => `${10 * k}=${value}`).slice(i - (i % 60));
      const seen = show(head, [], range).map((line) => line.split(' ').slice(1));
      expect(seen).toEqual(values.map(wanted));
    }
  });

  it('empties the column that it is given', () => {
    const { head } = createHead();
    append(head, [[refOf(head, { s: 'a' }), 1, 1]]);
    const column = createSampleColumn(4);
    column.length = 4;
    column.histograms = [];
    column.startTimes = new Float64Array(4);
    const querier = head.querier(ALL_TIME);
    atOnce(querier.select({ matchers: [], range: ALL_TIME, sorted: false, limit: 0 })).read(0, column);
    querier.close();
    expect([column.length, column.histograms, column.startTimes]).toEqual([1, null, null]);
  });
});

const text = fc.oneof(fc.constantFrom('', '1', '10', '2', '\uffff', '😀', 'é'), fc.string({ maxLength: 3 }));
