import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createRandom, type Random } from '../../src/std/random.ts';
import { readBlockMetas } from '../../src/tsdb/block/read-block-metas.ts';
import { compactBlocks } from '../../src/tsdb/compact/compact-blocks.ts';
import { blockRanges, planCompaction } from '../../src/tsdb/compact/plan-compaction.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { writeTombstones } from '../../src/tsdb/tombstones/write-tombstones.ts';
import { ArraySource, type TestSample, type TestSeries, testSeries } from '../support/chunk-source.ts';
import { openBlock } from '../support/read-block.ts';
import { blockTexts } from '../support/sample-text.ts';
import { histogramFrom, type PlainHistogram, plainHistograms } from './histogram-support.ts';
import { dumpWithPromtool, startPrometheus, versionOf } from './prometheus-process.ts';

const TWO_HOURS = 2 * 60 * 60 * 1000;
/** A multiple of 18 h. */
const START = Math.floor(1_700_000_000_000 / (9 * TWO_HOURS)) * 9 * TWO_HOURS;
const MADE = '7ZZZZZZZZZZZZZZZZZZZZZZZZZ';

const RECORDED = `${import.meta.dirname}/../../../shared/golden/recorded/datadirs`;

const BLOCK_FILES = ['chunks/000001', 'index', 'tombstones'];

const promtool = findProgram('promtool');
const prometheus = findProgram('prometheus');
const isNew = prometheus !== null && (versionOf(prometheus) ?? 3) >= 3;
const missing = 'no promtool and prometheus in NARTHEX_PEERS or on PATH: skipped';
const needsNew = prometheus === null ? missing : 'a Prometheus of 2.x takes minutes to compact: skipped';

const root = mkdtempSync(`${tmpdir()}/narthex-compact-`);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function name(block: number): string {
  return `01HF${String(block).padStart(22, '0')}`;
}

function put(directory: string, block: number, from: number, to: number, series: readonly TestSeries[]): void {
  const sources = [new ArraySource(series)];
  const range = { minTime: START + from, maxTime: START + to };
  writeBlock(nodeFiles, { directory, ulid: name(block), sources, level: 1, ...range });
}

/** Samples each 15 s or so between two times: runs of floats, markers and histograms. */
function someSamples(random: Random, palette: readonly PlainHistogram[], from: number, to: number): TestSample[] {
  const samples: TestSample[] = [];
  let kind = random.below(4);
  let total = random.below(1000);
  for (let time = START + from; time < START + to; time += 15_000 - random.below(2) * random.below(5000)) {
    if (random.below(60) === 0) kind = random.below(4);
    total += random.below(10);
    if (random.below(100) === 0) samples.push([time, 'stale']);
    else if (kind === 0) samples.push([time, histogramFrom(palette[random.below(palette.length)]!)]);
    else if (kind === 1) samples.push([time, histogramFrom(growing(total))]);
    else samples.push([time, kind === 2 ? total : random.next()]);
  }
  return samples;
}

/** A histogram of a counter that only grows, a bucket more now and then. */
function growing(total: number): PlainHistogram {
  const positive = Array.from({ length: 1 + (total >>> 9) }, (_, i): [number, number] => [i, total >>> i]);
  const fields = { isInteger: true, hint: 'unknown', schema: 0, zeroThreshold: 0.001, zeroCount: 0 } as const;
  return { ...fields, sum: total, positive, negative: [] };
}

function someSeries(seed: number, from: number, to: number, chunkSamples = 120): TestSeries[] {
  const random = createRandom(seed);
  const palette = fc.sample(plainHistograms, { numRuns: 8, seed });
  return Array.from({ length: 20 }, (_, i) => {
    const samples = someSamples(random, palette, from, to);
    const chunks: TestSample[][] = [];
    for (let at = 0; at < samples.length; at += chunkSamples) chunks.push(samples.slice(at, at + chunkSamples));
    return testSeries({ __name__: `m${i % 5}`, instance: `h${i}`, 'utf8 ü': String(i % 3) }, chunks);
  });
}

/** Lets a Prometheus compact what its planner finds first; returns the name of the block that it made. */
async function compactTheirs(directory: string): Promise<string> {
  const flags = ['--storage.tsdb.block-reload-interval=1s', '--storage.tsdb.retention.time=20y'];
  const process = startPrometheus(prometheus!, directory, '127.0.0.1:1', flags);
  try {
    for (let tries = 0; tries < 1500; tries++) {
      const made = readBlockMetas(nodeFiles, directory).find(({ parents }) => parents.length > 0);
      if (made !== undefined) return made.ulid;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no block was made: ${process.output()}`);
  } finally {
    process.child.kill('SIGTERM');
    await process.exited;
  }
}

function compactOurs(directory: string): number {
  const plan = planCompaction(readBlockMetas(nodeFiles, directory), blockRanges(TWO_HOURS, 27 * TWO_HOURS));
  compactBlocks(nodeFiles, { directory, ulids: plan.map(({ ulid }) => ulid), ulid: MADE });
  return plan.length;
}

/** Both compact copies of the same directory. */
async function compareCompaction(directory: string, blocks: number, files = BLOCK_FILES): Promise<void> {
  cpSync(directory, `${directory}-theirs`, { recursive: true });
  expect(compactOurs(directory)).toBe(blocks);
  const theirs = `${directory}-theirs/${await compactTheirs(`${directory}-theirs`)}`;
  const ours = `${directory}/${MADE}`;
  const [ourBlock, theirBlock] = [openBlock(nodeFiles, ours), openBlock(nodeFiles, theirs)];
  expect(blockTexts(ourBlock)).toEqual(blockTexts(theirBlock));
  expect({ ...ourBlock.meta, ulid: '' }).toEqual({ ...theirBlock.meta, ulid: '' });
  ourBlock.close();
  theirBlock.close();
  for (const file of files) {
    expect(readFileSync(`${ours}/${file}`).equals(readFileSync(`${theirs}/${file}`)), file).toBe(true);
  }
}

describe.skipIf(!isNew)(`compaction beside Prometheus (${isNew ? prometheus : needsNew})`, () => {
  it('gives the same bytes for blocks that follow each other', async () => {
    const directory = `${root}/adjacent`;
    mkdirSync(directory);
    for (let i = 0; i < 4; i++) {
      put(directory, i, i * TWO_HOURS, (i + 1) * TWO_HOURS, someSeries(i, i * TWO_HOURS, (i + 1) * TWO_HOURS));
    }
    await compareCompaction(directory, 3);
  });

  it.each([1, 2, 3])('gives the same bytes for two blocks that overlap (%d)', async (seed) => {
    const directory = `${root}/overlapping-${seed}`;
    mkdirSync(directory);
    put(directory, 0, 0, TWO_HOURS, someSeries(10 * seed, 0, TWO_HOURS - 1));
    put(directory, 1, TWO_HOURS / 4, 2 * TWO_HOURS, someSeries(10 * seed + 1, TWO_HOURS / 4, 2 * TWO_HOURS, 50));
    await compareCompaction(directory, 2);
  });

  it('gives the same bytes for a block with deletions', async () => {
    const directory = `${root}/deletions`;
    mkdirSync(directory);
    put(directory, 0, 0, TWO_HOURS, floatSeries(5));
    put(directory, 1, 0, TWO_HOURS, floatSeries(6));
    const block = openBlock(nodeFiles, `${directory}/${name(0)}`);
    const stones = Array.from(block.rowIndex.allRows(), (row, i): [number, number[]] => [
      row,
      i % 3 === 0 ? [START - 5, START + 9 * TWO_HOURS] : [START + i * 60_000, START + i * 180_000],
    ]);
    block.close();
    writeTombstones(nodeFiles, `${directory}/${name(0)}`, new Map(stones));
    await compareCompaction(directory, 2);
  });
});

describe.skipIf(!isNew || !existsSync(RECORDED))('compaction of recorded blocks beside Prometheus', () => {
  it.each(['blocks', 'blocks-xor2'])(
    'gives the same bytes for %s, once with deletions and once without',
    async (archive) => {
      const directory = `${root}/${archive}`;
      mkdirSync(directory);
      execFileSync('tar', ['xzf', `${RECORDED}/${archive}.tar.gz`, '-C', directory]);
      const data = dataIn(directory);
      const [recorded] = readBlockMetas(nodeFiles, data);
      const copy = `${data}/${name(1)}`;
      cpSync(`${data}/${recorded!.ulid}`, copy, { recursive: true });
      const meta = JSON.parse(readFileSync(`${copy}/meta.json`, 'utf8'));
      writeFileSync(`${copy}/meta.json`, JSON.stringify({ ...meta, ulid: name(1) }));
      for (const { ulid } of readBlockMetas(nodeFiles, data)) {
        if (ulid !== recorded!.ulid && ulid !== name(1)) rmSync(`${data}/${ulid}`, { recursive: true });
      }
      const block = openBlock(nodeFiles, copy);
      const middle = (recorded!.minTime + recorded!.maxTime) / 2;
      const stones = Array.from(block.rowIndex.allRows(), (row, i): [number, number[]] => [
        row,
        [middle - 60_000 * (i % 30), middle + 60_000],
      ]);
      block.close();
      writeTombstones(nodeFiles, copy, new Map(stones));
      // A Prometheus writes the symbols of all series of the head into each block, and hands them on.
      await compareCompaction(data, 2, ['chunks/000001', 'tombstones']);
    },
  );
});

/** Where in an extracted archive the blocks are. */
function dataIn(directory: string): string {
  if (readBlockMetas(nodeFiles, directory).length > 0) return directory;
  const inner = readdirSync(directory).map((entry) => `${directory}/${entry}`);
  return inner.find((path) => readBlockMetas(nodeFiles, path).length > 0)!;
}

function floatSeries(seed: number): TestSeries[] {
  const random = createRandom(seed);
  return Array.from({ length: 30 }, (_, i) => {
    const samples = Array.from(
      { length: 400 },
      (_, k): TestSample => [START + k * 15_000 + random.below(3), random.next()],
    );
    const chunks = [samples.slice(0, 120), samples.slice(120, 240), samples.slice(240)];
    return testSeries({ __name__: 'f', seed: String(i < 10 ? seed : 0), i: String(i) }, chunks);
  });
}

describe.skipIf(promtool === null)(`a block beside promtool${promtool === null ? ` (${missing})` : ''}`, () => {
  it('is listed, analysed and dumped', () => {
    const directory = `${root}/tool`;
    mkdirSync(`${directory}/wal`, { recursive: true });
    put(directory, 0, 0, TWO_HOURS, floatSeries(7));
    const run = (...args: string[]): string => execFileSync(promtool!, ['tsdb', ...args], { stdio: 'pipe' }).toString();
    expect(run('list', directory)).toMatch(new RegExp(`${name(0)}.* 12000 +90 +30 `));
    expect(run('analyze', directory)).toMatch(/Series: 30\n(.|\n)*Postings \(unique label pairs\): 33\n/);
    const lines = dumpWithPromtool(promtool!, directory);
    expect(lines).toHaveLength(12_000);
    expect(readdirSync(directory)).toContain(name(0));
  });
});
