import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { createRandom, type Random } from '../../src/std/random.ts';
import { BlockChunkSource } from '../../src/tsdb/compact/block-chunk-source.ts';
import { compactBlocks } from '../../src/tsdb/compact/compact-blocks.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { addInterval, type Intervals, NO_INTERVALS } from '../../src/tsdb/tombstones/intervals.ts';
import { writeTombstones } from '../../src/tsdb/tombstones/write-tombstones.ts';
import { ArraySource, type TestSample, type TestSeries, testSeries } from '../support/chunk-source.ts';
import { ALL_TIMES, openBlock } from '../support/read-block.ts';
import { blockTexts, sampleText } from '../support/sample-text.ts';
import { histogramFrom, type PlainHistogram, plainHistograms, wideHistograms } from './histogram-support.ts';

const MADE = '7ZZZZZZZZZZZZZZZZZZZZZZZZZ';
const BLOCK_END = 2000;

/** One series of one block: which times of all it has, how they fall into chunks, and what of it is deleted. */
interface Part {
  readonly times: readonly number[];
  readonly chunkLength: number;
  readonly deleted: Intervals;
}

const values = fc.oneof(
  { weight: 6, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constant<'stale'>('stale') },
  { weight: 1, arbitrary: fc.constant<'stale histogram'>('stale histogram') },
  { weight: 6, arbitrary: plainHistograms },
  { weight: 2, arbitrary: wideHistograms },
);

const part: fc.Arbitrary<Part> = fc.record({
  times: fc
    .uniqueArray(fc.integer({ min: 0, max: BLOCK_END - 1 }), { maxLength: 60 })
    .map((times) => times.sort((a, b) => a - b)),
  chunkLength: fc.integer({ min: 1, max: 40 }),
  deleted: fc
    .array(fc.tuple(fc.integer({ min: -10, max: BLOCK_END }), fc.nat(300)), { maxLength: 2 })
    .map((list) =>
      list.reduce<Intervals>((all, [from, length]) => addInterval(all, from, from + length), NO_INTERVALS),
    ),
});

/** Blocks, of each of which the same few series have some part. */
const blocks = fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

type Value = number | 'stale' | 'stale histogram' | PlainHistogram;

function asSample(time: number, value: Value): TestSample {
  return [time, typeof value === 'object' ? histogramFrom(value) : value];
}

/** What the series has at a time; runs of the same kind of value, as real series have. */
function valueAt(palette: readonly Value[], series: number, time: number): TestSample {
  return asSample(time, palette[(Math.floor(time / 60) + series) % palette.length]!);
}

function name(block: number): string {
  return String(block).padStart(26, '0');
}

function labelsOf(series: number): string {
  return `{s="${series}"}`;
}

function put(
  files: MemoryFiles,
  block: number,
  parts: readonly Part[],
  sampleAt: (series: number, time: number) => TestSample,
): void {
  const series: TestSeries[] = parts.map(({ chunkLength, times }, s) => {
    const chunks: TestSample[][] = [];
    for (let i = 0; i < times.length; i += chunkLength) {
      chunks.push(times.slice(i, i + chunkLength).map((time) => sampleAt(s, time)));
    }
    return testSeries({ s: String(s) }, chunks);
  });
  const sources = [new ArraySource(series)];
  const meta = writeBlock(files, {
    directory: '.',
    ulid: name(block),
    sources,
    minTime: 0,
    maxTime: BLOCK_END,
    level: 1,
  });
  if (meta === null) return;
  const opened = openBlock(files, `./${name(block)}`);
  const stones = new Map<number, Intervals>();
  for (const row of opened.rowIndex.allRows()) {
    const { deleted } = parts[Number(opened.index.series.labels(row).get('s'))]!;
    if (deleted.length > 0) stones.set(row, deleted);
  }
  opened.close();
  writeTombstones(files, `./${name(block)}`, stones);
}

function isDeleted(deleted: Intervals, time: number): boolean {
  for (let i = 0; i < deleted.length; i += 2) if (deleted[i]! <= time && time <= deleted[i + 1]!) return true;
  return false;
}

function present(files: MemoryFiles, count: number): string[] {
  return Array.from({ length: count }, (_, block) => name(block)).filter(
    (ulid) => files.statSync(`./${ulid}`) !== null,
  );
}

/** Samples by series, as the block that was made has them; checks that chunks follow each other. */
function made(files: MemoryFiles): Map<string, string[]> {
  if (files.statSync(`./${MADE}`) === null) return new Map();
  const block = openBlock(files, `./${MADE}`);
  const source = new BlockChunkSource(block, ALL_TIMES.minTime, ALL_TIMES.maxTime);
  while (source.next()) {
    source.chunks.forEach((chunk, i) => {
      expect(chunk.minTime).toBeGreaterThan(source.chunks[i - 1]?.maxTime ?? Number.NEGATIVE_INFINITY);
    });
  }
  const texts = blockTexts(block);
  block.close();
  return texts;
}

describe('compacting random blocks', () => {
  it('gives the union of their samples without what is deleted', () => {
    fc.assert(
      fc.property(blocks, fc.array(values, { minLength: 1, maxLength: 6 }), (parts, palette) => {
        const files = new MemoryFiles();
        for (const [block, series] of parts.entries()) {
          put(files, block, series, (s, time) => valueAt(palette, s, time));
        }
        const expected = new Map<string, string[]>();
        for (let s = 0; s < 4; s++) {
          const times = new Set<number>();
          for (const series of parts) {
            for (const time of series[s]?.times ?? []) if (!isDeleted(series[s]!.deleted, time)) times.add(time);
          }
          const samples = [...times].sort((a, b) => a - b).map((time) => sampleText(valueAt(palette, s, time)));
          if (samples.length > 0) expected.set(labelsOf(s), samples);
        }
        const ulids = present(files, parts.length);
        if (ulids.length > 0) compactBlocks(files, { directory: '.', ulids, ulid: MADE });
        expect(made(files)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('takes one of the samples where blocks differ at a time', () => {
    fc.assert(
      fc.property(blocks, fc.integer(), (parts, seed) => {
        const files = new MemoryFiles();
        const candidates = new Map<string, Set<string>>();
        parts.forEach((series, block) => {
          put(files, block, series, (s, time) => {
            const sample: TestSample = [time, 1000 * block + s];
            if (isDeleted(series[s]!.deleted, time)) return sample;
            const key = `${s} ${time}`;
            candidates.set(key, (candidates.get(key) ?? new Set()).add(sampleText(sample)));
            return sample;
          });
        });
        const ulids = shuffled(present(files, parts.length), createRandom(seed));
        if (ulids.length > 0) compactBlocks(files, { directory: '.', ulids, ulid: MADE });
        let count = 0;
        for (const [labels, texts] of made(files)) {
          const times = texts.map((text) => Number(text.split(' ')[0]));
          expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
          for (const [i, text] of texts.entries()) {
            expect([...candidates.get(`${labels.slice(4, 5)} ${times[i]}`)!]).toContain(text);
          }
          count += texts.length;
        }
        expect(count).toBe(candidates.size);
      }),
      { numRuns: 100 },
    );
  });
});

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
