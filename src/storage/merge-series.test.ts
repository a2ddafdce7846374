import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLabels, type Labels, labelsFromObject } from '../model/labels.ts';
import { clearColumn } from './merge-columns.ts';
import { mergeSeriesSets } from './merge-series.ts';
import { createSampleColumn, reserveSampleColumn, type SampleColumn, type SeriesSet } from './query.ts';

interface Series {
  readonly labels: Labels;
  /** Rising times; the start time is 0 where the sample has none. */
  readonly samples: readonly { readonly time: number; readonly value: number; readonly start: number }[];
}

describe('mergeSeriesSets()', () => {
  it("joins equal series, and of two samples at one time keeps the first set's", () => {
    fc.assert(
      fc.property(fc.array(lists, { maxLength: 4 }), fc.nat(5), fc.boolean(), (all, limit, appends) => {
        const expected = naive(all);
        const setOf = appends ? appendingSetOf : readSetOf;
        const merged = mergeSeriesSets(all.map(setOf), true, limit);
        expect(contentOf(merged)).toEqual(limit === 0 ? expected : expected.slice(0, limit));
        const unsorted = contentOf(
          mergeSeriesSets(
            all.map((list) => setOf([...list].reverse())),
            false,
            0,
          ),
        );
        expect(unsorted.sort((a, b) => (a.labels < b.labels ? -1 : 1))).toEqual(
          [...expected].sort((a, b) => (a.labels < b.labels ? -1 : 1)),
        );
      }),
    );
  });

  it('decodes sets that follow one another in time into one column', () => {
    const series = (...times: number[]) => [
      { labels: labelsFromObject({ a: '1' }), samples: times.map((time) => ({ time, value: time, start: time % 3 })) },
    ];
    const never = () => {
      throw new Error('read');
    };
    const sets = [series(8, 9), series(1, 2), series(4, 7)].map((list) => ({ ...appendingSetOf(list), read: never }));
    const column = createSampleColumn(0);
    mergeSeriesSets(sets, true, 0).read(0, column);
    expect(Array.from(column.times.subarray(0, column.length))).toEqual([1, 2, 4, 7, 8, 9]);
    expect(Array.from(column.startTimes!.subarray(0, column.length))).toEqual([1, 2, 1, 1, 2, 0]);
  });

  it('gives the same list of label sets again where those of all sets last, and only then', () => {
    const series = (...names: string[]) =>
      names.map((a) => ({ labels: labelsFromObject({ a }), samples: [{ time: 1, value: 1, start: 0 }] }));
    const lasting = (list: Series[]): SeriesSet => ({
      ...readSetOf(list),
      lastingLabels: list.map(({ labels }) => labels),
    });
    const head = lasting(series('x', 'y'));
    const blocks = [lasting(series('y', 'z')), lasting(series('x'))];
    const merged = mergeSeriesSets([head, ...blocks], false, 0);
    const list = merged.lastingLabels!;
    expect(list.map(String)).toEqual(['{a="x"}', '{a="y"}', '{a="z"}']);
    expect(list).toEqual(Array.from(list, (_, row) => merged.labels(row)));
    expect(mergeSeriesSets([head, ...blocks], false, 0).lastingLabels).toBe(list);
    expect(contentOf(mergeSeriesSets([head, ...blocks], false, 0))).toEqual(contentOf(merged));
    // Other blocks, more of them than are remembered, and these again.
    for (const other of ['a', 'b', 'c', 'd', 'e']) {
      const labels = mergeSeriesSets([head, lasting(series(other))], false, 0).lastingLabels!;
      expect(labels.map(String)).toEqual(['{a="x"}', '{a="y"}', `{a="${other}"}`]);
    }
    expect(mergeSeriesSets([head, ...blocks], false, 0).lastingLabels).toEqual(list);
    // In label order it is another list, which lasts as well.
    const mixed = [lasting(series('y', 'z')), lasting(series('x', 'z'))];
    expect(mergeSeriesSets(mixed, false, 0).lastingLabels!.map(String)).toEqual(['{a="y"}', '{a="z"}', '{a="x"}']);
    const sorted = mergeSeriesSets(mixed, true, 0);
    expect(sorted.lastingLabels!.map(String)).toEqual(['{a="x"}', '{a="y"}', '{a="z"}']);
    expect(mergeSeriesSets(mixed, true, 0).lastingLabels).toBe(sorted.lastingLabels);
    expect(mergeSeriesSets(mixed, true, 3).lastingLabels).toBe(sorted.lastingLabels);
    const cut = mergeSeriesSets(mixed, true, 2);
    expect(cut.lastingLabels).toBeNull();
    expect(contentOf(cut)).toEqual(contentOf(sorted).slice(0, 2));
    expect(mergeSeriesSets([head, ...blocks], false, 2).lastingLabels).toBeNull();
    expect(mergeSeriesSets([head, readSetOf(series('y'))], false, 0).lastingLabels).toBeNull();
  });

  it('keeps the warnings of every set', () => {
    const warned = (warnings: string[]): SeriesSet => ({ ...readSetOf([]), warnings });
    const one = readSetOf([{ labels: labelsFromObject({ a: '1' }), samples: [{ time: 1, value: 1, start: 0 }] }]);
    expect(mergeSeriesSets([warned(['x']), one, warned(['y'])], true, 0).warnings).toEqual(['x', 'y']);
    expect(mergeSeriesSets([], true, 0).length).toBe(0);
  });
});

const lists: fc.Arbitrary<Series[]> = fc
  .uniqueArray(
    fc.record({
      labels: fc.constantFrom('1', '2', '3', '\uffff', '\u{10000}').map((a) => labelsFromObject({ a })),
      samples: fc
        .uniqueArray(fc.record({ time: fc.nat(30), value: fc.nat(9), start: fc.constantFrom(0, 0, 7) }), {
          minLength: 1,
          maxLength: 12,
          selector: ({ time }) => time,
        })
        .map((samples) => samples.sort((a, b) => a.time - b.time)),
    }),
    { maxLength: 4, selector: ({ labels }) => labels.key },
  )
  .map((list) => list.sort((a, b) => compareLabels(a.labels, b.labels)));

function naive(all: readonly (readonly Series[])[]) {
  const merged = new Map<string, { labels: Labels; byTime: Map<number, Series['samples'][number]> }>();
  for (const { labels, samples } of all.flat()) {
    const known = merged.get(labels.key) ?? { labels, byTime: new Map() };
    merged.set(labels.key, known);
    for (const sample of samples) if (!known.byTime.has(sample.time)) known.byTime.set(sample.time, sample);
  }
  return [...merged.values()]
    .sort((a, b) => compareLabels(a.labels, b.labels))
    .map(({ byTime, labels }) => ({
      labels: labels.toString(),
      samples: [...byTime.values()].sort((a, b) => a.time - b.time),
    }));
}

/** As `readSetOf`, and its samples can be put behind others. */
function appendingSetOf(list: readonly Series[]): SeriesSet {
  const set = readSetOf(list);
  const own = createSampleColumn(0);
  return {
    ...set,
    append(row, into) {
      set.read(row, own);
      reserveSampleColumn(into, into.length + own.length);
      if (own.startTimes !== null) into.startTimes ??= new Float64Array(into.times.length);
      for (let i = 0; i < own.length; i++, into.length++) {
        into.times[into.length] = own.times[i]!;
        into.values[into.length] = own.values[i]!;
        if (into.startTimes !== null) into.startTimes[into.length] = own.startTimes?.[i] ?? 0;
      }
      return true;
    },
  };
}

function readSetOf(list: readonly Series[]): SeriesSet {
  return {
    length: list.length,
    warnings: [],
    labels: (row) => list[row]!.labels,
    read(row, into) {
      clearColumn(into);
      const { samples } = list[row]!;
      reserveSampleColumn(into, samples.length);
      into.length = samples.length;
      if (samples.some(({ start }) => start !== 0)) into.startTimes = new Float64Array(into.times.length);
      for (const [i, { start, time, value }] of samples.entries()) {
        into.times[i] = time;
        into.values[i] = value;
        if (into.startTimes !== null) into.startTimes[i] = start;
      }
    },
  };
}

function contentOf(set: SeriesSet) {
  const column: SampleColumn = createSampleColumn(0);
  return Array.from({ length: set.length }, (_, row) => {
    set.read(row, column);
    const samples = Array.from({ length: column.length }, (_, i) => ({
      time: column.times[i]!,
      value: column.values[i]!,
      start: column.startTimes?.[i] ?? 0,
    }));
    return { labels: set.labels(row).toString(), samples };
  });
}
