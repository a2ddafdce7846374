import { cpSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import type { FileSystem } from '../../src/std/file-system.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';
import { readChunkSnapshot } from '../../src/tsdb/chunk-snapshot/read-chunk-snapshot.ts';
import { removeOutdatedSnapshots } from '../../src/tsdb/chunk-snapshot/remove-outdated.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { lastCheckpoint } from '../../src/tsdb/wal/segments.ts';
import { answers, startUp } from '../proof/both-servers.ts';
import { Workbench } from '../server/narthex-process.ts';
import { damageStride } from '../support/damage-stride.ts';
import { histogramAt, put, writeChunkSnapshot } from './chunk-snapshot-support.ts';
import { batchOf } from './head-support.ts';
import { versionOf } from './prometheus-process.ts';
import { showDatabase } from './show-database.ts';
import { openWriter, samplesOf } from './wal-support.ts';

const WAL = '/data/wal/00000000';

describe("a snapshot of Prometheus' head", () => {
  it('with the log behind it gives what the log alone gives', async () => {
    const { files, offset } = await prepared();
    const expected = await shown(files);
    putSnapshot(files, 0, offset);
    const { database, messages } = await open(files);
    expect(messages.filter((message) => message.includes('left aside'))).toEqual([]);
    expect(database.stats().replay).toMatchObject({ snapshotSeries: 3, imageSeries: 0, samples: 7 });
    expect((await showDatabase(database)).map(withoutHints)).toEqual(expected.map(withoutHints));
    // It goes on, and what it was told before is refused.
    append(database, 'float', 200, 205);
    expect(() => append(database, 'float', 100, 101)).toThrow('refused');
    await database.close();
    expect(await shown(files)).toHaveLength(expected.length);
  });

  it('goes when a checkpoint has its place in the log, newer ones stay', async () => {
    const { files, offset } = await prepared();
    putSnapshot(files, 0, offset);
    const HOUR = 3_600_000;
    for (let life = 1; life <= 5; life++) {
      const { database } = await open(files);
      append(database, 'later', 0, 5, life * 4 * HOUR, HOUR / 2);
      await database.compact();
      await database.close();
    }
    expect(lastCheckpoint(files, '/data/wal')?.segment).toBeGreaterThan(0);
    const snapshots = () => files.readDirectorySync('/data').filter(({ name }) => name.startsWith('chunk_snapshot'));
    expect(snapshots()).toEqual([]);
    putSnapshot(files, 3, 0);
    await removeOutdatedSnapshots(files, '/data', 2);
    expect(snapshots()).toHaveLength(1);
    await removeOutdatedSnapshots(files, '/data', 3);
    expect(snapshots()).toEqual([]);
  });

  it('is left aside, with a line, where it does not fit the log', async () => {
    const { files, offset } = await prepared();
    const expected = await shown(files);
    const cases: [string, (disk: MemoryFiles) => void][] = [
      ['the log has no segment 1', (disk) => putSnapshot(disk, 1, 0)],
      ['ends before offset', (disk) => putSnapshot(disk, 0, 1_000_000)],
    ];
    for (const [reason, prepare] of cases) {
      const disk = files.afterProcessDeath();
      prepare(disk);
      const { database, messages } = await open(disk);
      expect(database.stats().replay.snapshotSeries).toBe(0);
      expect(messages.filter((message) => message.includes(reason))).toHaveLength(1);
      expect(await showDatabase(database)).toEqual(expected);
    }
    // Unfinished ones, and older ones, are not looked at.
    const disk = files.afterProcessDeath();
    disk.makeDirectorySync('/data/chunk_snapshot.000000.0000000005');
    disk.makeDirectorySync('/data/chunk_snapshot.000009.0000000000.tmp');
    putSnapshot(disk, 0, offset);
    expect((await open(disk)).database.stats().replay.snapshotSeries).toBe(3);
  });

  it('is left aside where late samples are of a series that only the log knows', async () => {
    const { files, offset } = await prepared();
    openWriter(files, { directory: '/data/wbl' }).append([samplesOf([[3, 29_500, 7]])]);
    const disk = files.afterProcessDeath();
    const expected = await shown(disk);
    expect(expected.join()).toContain(' 29500=');
    putSnapshot(disk, 0, offset, 2);
    const { database, messages } = await open(disk);
    expect(messages.filter((message) => message.includes('late samples are of series'))).toHaveLength(1);
    expect(await showDatabase(database)).toEqual(expected);
  });

  it('tells of each byte that is flipped, and of each that is missing at the end', async () => {
    const { files, offset } = await prepared();
    const path = putSnapshot(files, 0, offset);
    const directory = path.slice(0, path.lastIndexOf('/'));
    const nothing = () => {};
    const visitor = { series: nothing, samples: nothing, histograms: nothing, exemplars: nothing };
    const target = {
      visitor: { ...visitor, tombstones: nothing, metadata: nothing },
      takeChunk: () => true,
    };
    const read = (bytes: Uint8Array): number => {
      put(files, path, bytes);
      for (const steps = readChunkSnapshot(files, directory, target); ; ) {
        const step = steps.next();
        if (step.done === true) return step.value;
      }
    };
    const whole = files.readFileSync(path).slice();
    expect(read(whole)).toBe(3);
    const used = whole.findLastIndex((byte) => byte !== 0) + 1;
    // Behind that a page is zeros.
    for (let at = 0; at < whole.length; at += at < used ? 1 : 509) {
      const flipped = whole.slice();
      flipped[at]! ^= 1 << (at % 8);
      for (const bytes of [flipped, whole.subarray(0, at)]) {
        expect(() => read(bytes)).toThrow(/chunk_snapshot\.\S+ at offset \d+/);
      }
    }
  });

  it('does no harm with any byte flipped or missing', async () => {
    const { files, offset } = await prepared();
    const expected = await shown(files);
    const path = putSnapshot(files, 0, offset);
    const whole = files.readFileSync(path).slice();
    const used = whole.findLastIndex((byte) => byte !== 0) + 1;
    for (let at = 0; at < used; at += damageStride(at % 5 === 0 ? 29 : 13)) {
      const flipped = whole.slice();
      flipped[at]! ^= 1 << (at % 8);
      const cutShort = whole.slice();
      cutShort.fill(0, at);
      for (const bytes of [flipped, whole.slice(0, at), cutShort]) {
        const disk = files.afterProcessDeath();
        put(disk, path, bytes);
        const { database, messages } = await open(disk);
        const line = messages.filter((message) => message.includes('The snapshot of the head is left aside'));
        // Exemplars come last: without them it is whole. What a histogram says of resets follows from where its chunk begins.
        expect((await showDatabase(database)).map(withoutHints)).toEqual(
          (line.length === 0 ? expected.filter((each) => !each.startsWith('exemplars')) : expected).map(withoutHints),
        );
        if (line.length > 0) expect(line[0]).toContain('chunk_snapshot.');
        else expect(bytes).toBe(cutShort);
      }
    }
  });
});

const PROMETHEUS = findProgram('prometheus');
const isMissing = PROMETHEUS === null || (versionOf(PROMETHEUS) ?? 3.14) < 3.14;

describe.skipIf(isMissing)(`a real snapshot${isMissing ? ' (skips without a Prometheus 3.14)' : ''}`, () => {
  const bench = new Workbench();
  afterEach(() => bench.cleanUp());

  it('is read, and Prometheus reads it again with what was logged behind it', async () => {
    const directory = bench.directory({ 'none.yml': '' });
    const now = Math.floor(Date.now() / 1000) * 1000;
    const from = now - 1800_000;
    const ours = await openReal(`${directory}/data`);
    for (const name of ['float', 'other', 'histogram']) append(ours, name, 0, 150, from, 10_000);
    addExemplar(ours, from + 1000);
    await ours.delete([[{ type: '=', name: '__name__', value: 'other' }]], { minTime: from, maxTime: from + 333_000 });
    await ours.close();
    rmSync(`${directory}/data/head_image`, { force: true });

    const args = (data: string) => [
      '--config.file=none.yml',
      `--storage.tsdb.path=${data}`,
      '--enable-feature=memory-snapshot-on-shutdown,exemplar-storage',
    ];
    const server = await startUp(bench, directory, PROMETHEUS!, args('data'));
    await server.process.end();
    expect(readdirSync(`${directory}/data`).filter((name) => name.startsWith('chunk_snapshot.'))).toHaveLength(1);

    copyWithout(`${directory}/data`, `${directory}/plain`);
    const read = await openReal(`${directory}/data`);
    const plain = await openReal(`${directory}/plain`);
    expect(read.stats().replay).toMatchObject({ snapshotSeries: 3, samples: 0 });
    expect(plain.stats().replay.snapshotSeries).toBe(0);
    const lines = await showDatabase(plain);
    expect(await showDatabase(read)).toEqual(lines);
    expect(lines.filter((line) => line.startsWith('exemplars'))).toHaveLength(1);
    await plain.close();
    for (const name of ['float', 'other', 'histogram', 'new']) append(read, name, 150, 170, from, 10_000);
    await read.close();

    rmSync(`${directory}/plain`, { recursive: true });
    copyWithout(`${directory}/data`, `${directory}/plain`);
    const queries = ['{__name__=~"float|other|new"}[1h]', 'histogram[1h]', 'count({__name__=~".+"})'];
    const told = [];
    for (const data of ['data', 'plain']) {
      const again = await startUp(bench, directory, PROMETHEUS!, args(data));
      told.push(await answers(again.url, queries, [now / 1000]));
      await again.process.end();
    }
    expect(told[0]).toEqual(told[1]);
    expect(JSON.stringify(told[0])).toMatch(/__name__\\":\\"new/);
  });
});

/** What follows a snapshot begins a chunk, which does not know what came before. */
function withoutHints(line: string): string {
  return line.replaceAll(/"counterResetHint":"\w+"/g, '');
}

/** A directory as a kill leaves it: half an hour of samples, of which the first hundred are before `offset` in the log. */
async function prepared(): Promise<{ files: MemoryFiles; offset: number }> {
  const files = new MemoryFiles();
  const { database } = await open(files);
  append(database, 'float', 0, 100);
  append(database, 'histogram', 0, 20);
  append(database, 'other', 0, 30);
  addExemplar(database, 500);
  await database.delete([[{ type: '=', name: '__name__', value: 'other' }]], { minTime: 3000, maxTime: 7000 });
  const offset = files.statSync(WAL)!.size;
  append(database, 'float', 100, 105);
  append(database, 'histogram', 20, 22);
  return { files: files.afterProcessDeath(), offset };
}

async function open(files: FileSystem): Promise<{ database: Database; messages: string[] }> {
  const messages: string[] = [];
  const note = (message: string, fields?: object) => void messages.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { ...silentLog, info: note, warn: note };
  const options = { directory: '/data', fileSystem: files, clock: new ManualClock(), log, lock: false };
  return { database: await openDatabase({ ...options, maintenance: null, walSyncIntervalMs: 0 }), messages };
}

function openReal(directory: string): Promise<Database> {
  return openDatabase({ directory, fileSystem: nodeFiles, clock: systemClock, log: silentLog, maintenance: null });
}

async function shown(files: MemoryFiles): Promise<string[]> {
  return showDatabase((await open(files.afterProcessDeath())).database);
}

function append(database: Database, name: string, first: number, end: number, from = 0, stepMs = 1000): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ __name__: name, job: 'ü' }));
  const times = Array.from({ length: end - first }, (_, i) => first + i);
  const batch = batchOf(name === 'histogram' ? [] : times.map((i) => [ref, from + i * stepMs, i / 3]));
  const histograms = times.map((i) => ({ ref, time: from + i * stepMs, startTime: 0, histogram: histogramAt(i) }));
  const { refusedCount } = appender.append(name === 'histogram' ? { ...batch, histograms } : batch);
  if (refusedCount > 0) {
    appender.rollback();
    throw new Error('samples were refused');
  }
  appender.commit();
}

function addExemplar(database: Database, time: number): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ __name__: 'float', job: 'ü' }));
  const labels = labelsFromObject({ trace: 'é' });
  appender.append({ ...batchOf([]), exemplars: [{ ref, time, value: 7, labels }] });
  appender.commit();
}

/** A copy of a data directory without its snapshots and images. */
function copyWithout(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  for (const name of readdirSync(to)) {
    if (/^chunk_snapshot\.|^head_image$/.test(name)) rmSync(`${to}/${name}`, { recursive: true });
  }
}

/** Writes what the log of `prepared` has before its offset as a snapshot; returns the path of its one segment. */
function putSnapshot(files: MemoryFiles, segment: number, offset: number, seriesCount = 3): string {
  const series = [
    ['float', 100],
    ['histogram', 20],
    ['other', 30],
  ] as const;
  return writeChunkSnapshot(files, segment, offset, series.slice(0, seriesCount));
}
