import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { HandedOn } from '../../src/query/handed-on.ts';
import type { PoolRunner } from '../../src/query/pool/pool-runner.ts';
import { threadedQueryable } from '../../src/query/pool/threaded-queryable.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import {
  createSampleColumn,
  type EncodedChunk,
  type Queryable,
  type SampleColumn,
  type TimeRange,
} from '../../src/storage/query.ts';
import { shardQuerier } from '../../src/storage/shard-querier.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { ChunkDecoder } from '../../src/tsdb/chunk/chunk-decoder.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { createPoolRunner } from '../query/query-support.ts';
import { batchOf } from './head-support.ts';

const MINUTE = 60_000;
const RANGE_MS = 30 * MINUTE;
/** Samples of a series, one every ten seconds. */
const STEP = 10_000;
const END = 100 * MINUTE;
const NAMES = ['plain', 'counter', 'late', 'mixed', 'native'] as const;

/**
 * Blocks, a head, late samples in blocks, in sealed chunks and in none, and deletions. `mixed` has floats and histograms by
 * turns, and a histogram that grows.
 */
async function fill(database: Database): Promise<void> {
  for (let time = 0; time < END; time += STEP) {
    const n = time / STEP;
    append(database, 'plain', time, n % 7);
    append(database, 'counter', time, n * 1.5);
    // The gap is filled later.
    if (n % 100 < 60) append(database, 'late', time, n);
    append(database, 'mixed', time, n % 90 < 30 ? n : histogram(n, 1 + (n % 3)));
    append(database, 'native', time, histogram(n, 3));
    if (time === 80 * MINUTE) {
      appendLate(database, 0, 70 * MINUTE);
      await database.compact();
      await database.compactOutOfOrder();
      await database.delete([[named('counter')]], { minTime: 12 * MINUTE + 5, maxTime: 25 * MINUTE });
    }
  }
  appendLate(database, 70 * MINUTE, END - 5 * MINUTE);
  await database.delete([[named('plain')]], { minTime: END - 9 * MINUTE, maxTime: END - 8 * MINUTE });
}

function appendLate(database: Database, from: number, to: number): void {
  for (let time = from; time < to; time += STEP) {
    if ((time / STEP) % 100 >= 60) append(database, 'late', time, -time);
  }
}

function append(database: Database, name: string, time: number, value: number | Histogram): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ __name__: name }));
  if (typeof value === 'number') appender.append(batchOf([[ref, time, value]]));
  else appender.append({ ...batchOf([]), histograms: [{ ref, time, startTime: 0, histogram: value }] });
  appender.commit();
}

function histogram(n: number, buckets: number): Histogram {
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: n,
    count: n + buckets * (n + 1),
    sum: n / 3,
    positiveSpans: [{ offset: 0, length: buckets }],
    positiveDeltas: [n + 1, ...new Array<number>(buckets - 1).fill(0)],
    negativeSpans: [],
    negativeDeltas: [],
    customValues: [],
  };
}

const named = (value: string): Matcher => ({ type: '=', name: '__name__', value });

describe('SeriesSet.readChunks()', () => {
  let directory: string;
  let database: Database;
  let runner: PoolRunner;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'narthex-chunks-'));
    const parts = { directory, fileSystem: nodeFiles, clock: systemClock, log: silentLog };
    database = await openDatabase({ ...parts, chunkRangeMs: RANGE_MS, outOfOrderMs: 24 * 60 * MINUTE });
    await fill(database);
    runner = createPoolRunner(database, { threadsMax: 1 });
  });

  afterAll(async () => {
    await runner.close();
    expect(database.stats().head.readers).toBe(0);
    await database.close();
    rmSync(directory, { recursive: true });
  });

  const implementations: readonly [string, () => Queryable][] = [
    ['the head', () => ({ querier: (range) => database.headQuerier(range) })],
    ['head and blocks', () => database],
    ['a shard', () => ({ querier: (range) => shardQuerier(database.querier(range), { index: 1, count: 2 }) })],
    [
      'a query thread',
      () =>
        threadedQueryable(
          database,
          (work, signal) => runner.openRead(work, signal),
          new AbortController().signal,
          new HandedOn(),
          systemClock,
        ),
    ],
  ];

  describe.each(implementations)('of %s', (_, queryable) => {
    it('has the samples that are read, in chunks that follow each other', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: -STEP, max: END }),
          fc.integer({ min: 0, max: END }),
          async (from, length) => {
            const range = { minTime: from, maxTime: from + length };
            const chunks = await chunksOf(queryable(), range);
            const samples = await samplesOf(queryable(), range);
            expect([...chunks.keys()]).toEqual([...samples.keys()]);
            for (const [name, own] of chunks) expect(samplesFromChunks(own), name).toEqual(samples.get(name));
          },
        ),
        { numRuns: 40 },
      );
    });

    it('leaves chunks as they are that lie in the range', async () => {
      const all = await chunksOf(queryable(), { minTime: 0, maxTime: END });
      for (const minTime of [7 * MINUTE + 1, 62 * MINUTE]) {
        const range = { minTime, maxTime: END - 3 * MINUTE };
        let known = 0;
        for (const [name, chunks] of await chunksOf(queryable(), range)) {
          // Late samples are put together with those that lie in the range.
          if (name === 'late') continue;
          for (const chunk of chunks) {
            if (all.get(name)!.some((other) => isSame(other, chunk))) known++;
            else expect(chunk === chunks[0] || chunk === chunks.at(-1), name).toBe(true);
          }
        }
        expect(known).toBeGreaterThan(0);
      }
    });
  });

  it('gives floats and histograms of blocks and of the head', async () => {
    const all = await chunksOf(database, { minTime: 0, maxTime: END });
    expect([...all.keys()]).toEqual([...NAMES].sort());
    expect(new Set(all.get('mixed')!.map(({ encoding }) => encoding))).toEqual(new Set([1, 2]));
    expect(database.blockMetas().length).toBeGreaterThan(1);
  });
});

async function chunksOf(queryable: Queryable, range: TimeRange): Promise<Map<string, EncodedChunk[]>> {
  const querier = queryable.querier(range);
  const set = await querier.select({ matchers: [], range, sorted: true, limit: 0, asChunks: true });
  const found = new Map<string, EncodedChunk[]>();
  for (let row = 0; row < set.length; row++) {
    await set.ahead?.(row);
    const chunks: EncodedChunk[] = [];
    set.readChunks!(row, chunks);
    // Their bytes are good until the next call.
    const kept = chunks.map((chunk) => ({ ...chunk, bytes: Uint8Array.from(chunk.bytes) }));
    if (kept.length > 0) found.set(set.labels(row).get('__name__')!, kept);
  }
  querier.close();
  return found;
}

async function samplesOf(queryable: Queryable, range: TimeRange): Promise<Map<string, string[]>> {
  const querier = queryable.querier(range);
  const set = await querier.select({ matchers: [], range, sorted: true, limit: 0 });
  const column = createSampleColumn(16);
  const found = new Map<string, string[]>();
  for (let row = 0; row < set.length; row++) {
    await set.ahead?.(row);
    set.read(row, column);
    if (column.length > 0) found.set(set.labels(row).get('__name__')!, shown(column));
  }
  querier.close();
  return found;
}

const decoder = new ChunkDecoder();

/** Throws where the times of a chunk are not those of its samples. */
function samplesFromChunks(chunks: readonly EncodedChunk[]): string[] {
  const lines: string[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { bytes, encoding, maxTime, minTime } of chunks) {
    const column = createSampleColumn(16);
    expect(decoder.decode(encoding, bytes, column)).toBeNull();
    expect([column.times[0], column.times[column.length - 1]]).toEqual([minTime, maxTime]);
    expect(minTime).toBeGreaterThan(last);
    last = maxTime;
    lines.push(...shown(column));
  }
  return lines;
}

/** Hints of counter resets tell of a sample's place in its chunk, and are left out. */
function shown({ bits, histograms, length, times }: SampleColumn): string[] {
  return Array.from({ length }, (_, i) => {
    const histogram = histograms?.[i];
    const value =
      histogram === undefined
        ? `${bits[2 * i]},${bits[2 * i + 1]}`
        : JSON.stringify({ ...histogram, counterResetHint: undefined });
    return `${times[i]}=${value}`;
  });
}

function isSame(a: EncodedChunk, b: EncodedChunk): boolean {
  return a.minTime === b.minTime && a.maxTime === b.maxTime && Buffer.compare(a.bytes, b.bytes) === 0;
}
