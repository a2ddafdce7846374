import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLabels, type Labels, labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { matcherPredicate } from '../../src/model/matcher-predicate.ts';
import { compareUtf8 } from '../../src/model/utf8.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { mergeQueriers } from '../../src/storage/merge-queriers.ts';
import { createSampleColumn, type SeriesSet, type TimeRange } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { BlockList } from '../../src/tsdb/block/block-list.ts';
import { type BlockContent, type BlockSample, type BlockSeries, writeBlock } from './block-support.ts';

const ROOT = '/data';
const ULID_A = '01M7Y2YCE48314TZWWY00MFCX0';
const ULID_B = '01M7Y2YCE48314TZWWY00MFCX1';
const ALL: TimeRange = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };

describe('a block', () => {
  it('gives the series, samples and labels that were written, by matchers, times and deletions', async () => {
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.array(matcherLists, { minLength: 5, maxLength: 10 }),
        ranges,
        async (one, queries, range) => {
          const files = new MemoryFiles();
          writeBlock(files, ROOT, one);
          const list = open(files);
          expect(list.damaged).toEqual([]);
          const querier = mergeQueriers(list.blocks.map((block) => block.querier(ALL)));
          for (const matchers of queries) {
            const predicates = matchers.map((matcher) => ({ name: matcher.name, meets: matcherPredicate(matcher) }));
            const chosen = one.series
              .map((series, place) => ({ labels: series.labels, samples: left(one, place, series), series }))
              .filter(({ labels }) => predicates.every(({ meets, name }) => meets(labels.get(name))));
            const set = await querier.select({ matchers, range, sorted: true, limit: 0 });
            const expected = chosen
              .map(({ labels, samples }) => ({ labels, samples: samples.filter(([time]) => within(time, range)) }))
              .filter(({ samples }) => samples.length > 0)
              .sort((a, b) => compareLabels(a.labels, b.labels))
              .map(({ labels, samples }) => ({ labels: String(labels), samples }));
            expect(contentOf(set).filter(({ samples }) => samples.length > 0)).toEqual(expected);
            const names = [...new Set(chosen.flatMap(({ labels }) => Object.keys(labels.toObject())))].sort(
              compareUtf8,
            );
            expect(await querier.labelNames(matchers, 0)).toEqual(names);
            const inOrder = chosen.toSorted((a, b) => compareLabels(a.labels, b.labels));
            const values = [...new Set(inOrder.map(({ labels }) => labels.get('a')))].filter((value) => value !== '');
            const isByRow = matchers.some(({ name }) => name !== 'a');
            const first = isByRow ? values.slice(0, 2).sort(compareUtf8) : values.toSorted(compareUtf8).slice(0, 2);
            expect(await querier.labelValues('a', matchers, 2)).toEqual(first);
            expect(await querier.labelValues('a', matchers, 0)).toEqual(values.sort(compareUtf8));
          }
          querier.close();
          list.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the series with a chunk in a range, also when the same is asked of other ranges', () => {
    fc.assert(
      fc.property(
        contents,
        fc.array(matcherLists, { minLength: 1, maxLength: 3 }),
        fc.array(edges, { minLength: 5, maxLength: 10 }),
        (one, queries, times) => {
          const files = new MemoryFiles();
          writeBlock(files, ROOT, { ...one, deleted: [] });
          const list = open(files);
          const querier = list.blocks[0]!.querier(ALL);
          for (const matchers of queries) {
            const predicates = matchers.map((matcher) => ({ name: matcher.name, meets: matcherPredicate(matcher) }));
            const chosen = one.series.filter(({ labels }) =>
              predicates.every(({ meets, name }) => meets(labels.get(name))),
            );
            for (const range of times) {
              const set = querier.select({ matchers, range, sorted: true, limit: 0 });
              const expected = chosen
                .filter(({ chunks }) => range.minTime <= range.maxTime && chunks.some((chunk) => touches(chunk, range)))
                .map(({ labels }) => labels)
                .sort(compareLabels)
                .map(String);
              expect(Array.from({ length: set.length }, (_, row) => String(set.labels(row)))).toEqual(expected);
            }
          }
          querier.close();
          list.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps samples of its tables only, and few pages', () => {
    const files = new MemoryFiles();
    const series = Array.from({ length: 5000 }, (_, i) => ({
      labels: labelsFromObject({ __name__: 'm', id: `value-${i}` }),
      chunks: [[[i, i]]] as BlockSample[][],
    }));
    writeBlock(files, ROOT, { ulid: ULID_A, version: 2, minTime: 0, maxTime: 5000, series, deleted: [] });
    const list = open(files);
    expect(list.blocks[0]!.index.residentBytes).toBeLessThan(20_000);
    const querier = list.blocks[0]!.querier(ALL);
    for (const value of ['value-0', 'value-31', 'value-32', 'value-4999']) {
      const matchers: Matcher[] = [{ type: '=', name: 'id', value }];
      expect(contentOf(querier.select({ matchers, range: ALL, sorted: true, limit: 0 }))).toEqual([
        { labels: `{__name__="m", id="${value}"}`, samples: [[Number(value.slice(6)), Number(value.slice(6))]] },
      ]);
    }
    expect(querier.labelValues('id', [], 0)).toHaveLength(5000);
    expect(querier.select({ matchers: [], range: ALL, sorted: true, limit: 7 }).length).toBe(7);
  });
});

describe('BlockList', () => {
  const small = (ulid: string, value: number, minTime: number): BlockContent => ({
    ulid,
    version: 2,
    minTime,
    maxTime: minTime + 100,
    series: [
      {
        labels: labelsFromObject({ __name__: 'up' }),
        chunks: [
          [
            [minTime, value],
            [minTime + 50, value],
          ],
        ],
      },
    ],
    deleted: [],
  });

  it('merges overlapping blocks, of which the older one keeps a time that both have', async () => {
    const files = new MemoryFiles();
    writeBlock(files, ROOT, small(ULID_A, 1, 0));
    writeBlock(files, ROOT, small(ULID_B, 2, 50));
    const querier = mergeQueriers(open(files).queriers(ALL));
    const set = await querier.select({ matchers: [], range: ALL, sorted: true, limit: 0 });
    expect(contentOf(set)).toEqual([
      {
        labels: '{__name__="up"}',
        samples: [
          [0, 1],
          [50, 1],
          [100, 2],
        ],
      },
    ]);
  });

  it('sets a damaged block apart and takes in what appears', () => {
    const files = new MemoryFiles();
    writeBlock(files, ROOT, small(ULID_A, 1, 0));
    files.removeSync(`${ROOT}/${ULID_A}/index`);
    const list = open(files);
    expect(list.blocks).toEqual([]);
    expect(list.damaged).toEqual([
      { directory: `${ROOT}/${ULID_A}`, reason: expect.stringContaining(`${ROOT}/${ULID_A}/index`) },
    ]);
    writeBlock(files, ROOT, small(ULID_B, 2, 50));
    list.reload();
    expect(list.blocks.map(({ meta }) => meta.ulid)).toEqual([ULID_B]);
    expect(list.coveredTime).toBe(150);
  });

  it('lets a query finish on a block that is gone', () => {
    const files = new MemoryFiles();
    writeBlock(files, ROOT, small(ULID_A, 1, 0));
    const list = open(files);
    const querier = list.blocks[0]!.querier(ALL);
    files.removeSync(`${ROOT}/${ULID_A}`);
    list.reload();
    expect(list.blocks).toEqual([]);
    expect(contentOf(querier.select({ matchers: [], range: ALL, sorted: true, limit: 0 }))).toHaveLength(1);
    querier.close();
  });
});

function open(files: MemoryFiles): BlockList {
  return new BlockList({ fileSystem: files, directory: ROOT, log: silentLog });
}

function contentOf(set: SeriesSet): { labels: string; samples: BlockSample[] }[] {
  const column = createSampleColumn(0);
  return Array.from({ length: set.length }, (_, row) => {
    set.read(row, column);
    const samples = Array.from({ length: column.length }, (_, i): BlockSample => [column.times[i]!, column.values[i]!]);
    return { labels: set.labels(row).toString(), samples };
  });
}

function within(time: number, { maxTime, minTime }: TimeRange): boolean {
  return time >= minTime && time <= maxTime;
}

function touches(chunk: readonly BlockSample[], { maxTime, minTime }: TimeRange): boolean {
  return chunk[0]![0] <= maxTime && chunk.at(-1)![0] >= minTime;
}

function left({ deleted }: BlockContent, place: number, { chunks }: BlockSeries): BlockSample[] {
  return chunks
    .flat()
    .filter(([time]) => !deleted.some(([series, from, to]) => series === place && time >= from && time <= to));
}

const value = fc.constantFrom('1', '2', '10', 'x', 'xy', 'é', '\uffff', '\u{10000}');
const labels: fc.Arbitrary<Labels> = fc
  .record({ a: value, b: value, id: fc.integer({ min: 0, max: 99 }).map(String) }, { requiredKeys: ['id'] })
  .map((object) => labelsFromObject(object));
const samples = fc
  .uniqueArray(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 30 })
  .map((times) => times.sort((a, b) => a - b).map((time): BlockSample => [time, time / 3]));
const chunks = fc.tuple(samples, fc.integer({ min: 1, max: 9 })).map(([all, size]) => {
  const cut: BlockSample[][] = [];
  for (let i = 0; i < all.length; i += size) cut.push(all.slice(i, i + size));
  return cut;
});
const ranges = fc
  .tuple(fc.integer({ min: -600, max: 600 }), fc.integer({ min: -600, max: 600 }))
  .map(([a, b]): TimeRange => ({ minTime: Math.min(a, b), maxTime: Math.max(a, b) }));
/** Ranges that often meet all series, and some that end before they begin. */
const edges = fc
  .tuple(fc.integer({ min: -600, max: 600 }), fc.integer({ min: -100, max: 1200 }))
  .map(([minTime, length]): TimeRange => ({ minTime, maxTime: minTime + length }));
const contents: fc.Arbitrary<BlockContent> = fc
  .record({
    version: fc.constantFrom(1, 2, 3),
    series: fc.uniqueArray(fc.record({ labels, chunks }), {
      maxLength: 80,
      size: 'max',
      selector: (one) => one.labels.key,
    }),
    deleted: fc.array(fc.tuple(fc.nat(79), ranges), { maxLength: 6 }),
  })
  .map(({ deleted, series, version }) => ({
    ulid: ULID_A,
    version,
    minTime: -500,
    maxTime: 501,
    series,
    deleted: deleted
      .filter(([place]) => place < series.length)
      .map(([place, range]) => [place, range.minTime, range.maxTime] as const),
  }));
const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({
    type: fc.constantFrom<Matcher['type']>('=', '!='),
    name: fc.constantFrom('a', 'b', 'id', 'nowhere'),
    value: fc.oneof(value, fc.constant('')),
  }),
  fc.record({
    type: fc.constantFrom<Matcher['type']>('=~', '!~'),
    name: fc.constantFrom('a', 'b', 'id', 'nowhere'),
    value: fc.constantFrom('.*', '.+', '1|2', 'x.*', '[12]+', '(|x)', '.', '3.'),
  }),
);
const matcherLists = fc.array(matcher, { maxLength: 3 });
