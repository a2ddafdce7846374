import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import type { ReplayProgress } from '../../src/tsdb/wal/replay.ts';
import { put, writeBlock } from './block-support.ts';
import { batchOf, show } from './head-support.ts';

const ROOT = '/data';
const ULID = '01M7Y2YCE48314TZWWY00MFCX0';
const OTHER_ULID = '01M7Y2YCE48314TZWWY00MFCX1';

describe('openDatabase()', () => {
  it('makes a directory that is missing, and uses one that is empty', async () => {
    const files = new MemoryFiles();
    const first = await open(files);
    add(first, 1);
    await first.close();
    expect(show((await open(files)).database)).toEqual(['{s="a"} 1=1']);
    const empty = new MemoryFiles();
    empty.makeDirectorySync(ROOT);
    expect(show((await open(empty)).database)).toEqual([]);
  });

  it('removes what interrupted steps have left, under any of their names, and nothing else', async () => {
    const files = new MemoryFiles();
    writeBlock(files, ROOT, blockContent());
    const kept = [
      `${ROOT}/notes.tmp`,
      `${ROOT}/photos.tmp/a.jpg`,
      `${ROOT}/wal/readme.tmp`,
      `${ROOT}/${ULID}/mine.tmp`,
    ];
    const left = [
      `${ROOT}/${OTHER_ULID}.tmp-for-creation/index`,
      `${ROOT}/${OTHER_ULID}.tmp-for-deletion/meta.json`,
      `${ROOT}/${OTHER_ULID}.tmp/chunks/000001`,
      `${ROOT}/chunk_snapshot.000001.0000000100.tmp/00000000`,
      `${ROOT}/${ULID}/tombstones.tmp`,
      `${ROOT}/${ULID}/meta.json.tmp`,
      `${ROOT}/wal/00000003.tmp`,
      `${ROOT}/wal/write-probe.tmp`,
      `${ROOT}/wal/checkpoint.00000002.tmp/00000000`,
      `${ROOT}/wal/checkpoint.00000001/00000000.tmp`,
      `${ROOT}/wal-damaged/00000001.77.tmp`,
      `${ROOT}/target_metadata.tmp`,
      `${ROOT}/snapshots/20261121T032827Z-333edbfc446a63e4.tmp/${ULID}/index`,
    ];
    for (const path of [...kept, ...left]) {
      files.makeDirectorySync(path.slice(0, path.lastIndexOf('/')));
      put(files, path, Uint8Array.of(1, 2, 3));
    }
    const { database, lines } = await open(files);
    expect(show(database)).toEqual(['{s="a"} 5=1']);
    const all = filesBelow(files, ROOT);
    expect(all.filter((path) => left.includes(path))).toEqual([]);
    expect(all).toEqual(expect.arrayContaining(kept));
    expect(lines.filter((line) => line.startsWith('info: Removed'))).toHaveLength(left.length);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      `warn: The data directory has files of others, which are left alone {"path":"${ROOT}","count":2,"names":"notes.tmp, photos.tmp"}`,
    ]);
  });

  it('lets the event loop run while the log is read, and tells how far it has come', async () => {
    const files = new MemoryFiles();
    const writing = { directory: ROOT, fileSystem: files, clock: new ManualClock(0), log: silentLog };
    const database = await openDatabase({ ...writing, walSegmentSize: 32 * 1024, walCompression: 'none' });
    for (let time = 1; time <= 300; time++) {
      const appender = database.appender();
      const refs = Array.from({ length: 200 }, (_, i) => appender.resolve(labelsFromObject({ s: `${time}/${i}` })));
      appender.append(batchOf(refs.map((ref) => [ref, time, time])));
      appender.commit();
    }
    await database.close();
    files.removeSync(`${ROOT}/head_image`);
    const last = files.readDirectorySync(`${ROOT}/wal`).length - 1;
    expect(last).toBeGreaterThan(10);
    const told: ReplayProgress[] = [];
    let turns = 0;
    const turn = (): void => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const again = await openDatabase({ ...writing, onReplayProgress: (progress) => told.push(progress) });
    clearImmediate(next);
    expect(again.stats().replay).toMatchObject({ imageSeries: 0, series: 60_000, samples: 60_000 });
    expect(turns).toBeGreaterThanOrEqual(told.length);
    expect(told.length).toBeGreaterThan(1);
    for (const { current, first, last: end } of told) {
      expect([first, end]).toEqual([0, last]);
      expect(current).toBeLessThanOrEqual(last);
    }
    expect(told.map(({ current }) => current)).toEqual(told.map(({ current }) => current).sort((a, b) => a - b));
    await again.close();
  });

  it('leaves files of others alone, and tells of them once', async () => {
    const files = new MemoryFiles();
    files.makeDirectorySync(ROOT);
    for (const name of ['Makefile', 'a', 'b', 'c', 'd', 'e', '.hidden'])
      put(files, `${ROOT}/${name}`, Uint8Array.of(1));
    files.makeDirectorySync(`${ROOT}/lost+found`);
    put(files, `${ROOT}/${OTHER_ULID}`, Uint8Array.of(1));
    const { database, lines } = await open(files);
    add({ database }, 1);
    await database.close();
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: The data directory has files of others, which are left alone {"path":"/data","count":6,"names":"Makefile, a, b, c, d"}',
    ]);
    expect(filesBelow(files, ROOT)).toEqual(expect.arrayContaining([`${ROOT}/Makefile`, `${ROOT}/${OTHER_ULID}`]));
  });

  it('starts on files of every kind that are there and empty, and tells which block it can not read', async () => {
    const files = new MemoryFiles();
    writeBlock(files, ROOT, blockContent());
    files.makeDirectorySync(`${ROOT}/${OTHER_ULID}/chunks`);
    for (const name of ['wal', 'wbl', 'chunks_head', 'wal/checkpoint.00000000'])
      files.makeDirectorySync(`${ROOT}/${name}`);
    for (const name of [
      'wal/00000001',
      'wal/00000002',
      'wal/checkpoint.00000000/00000000',
      'wbl/00000000',
      'chunks_head/000001',
      'target_metadata',
      'queries.active',
      `${OTHER_ULID}/index`,
    ]) {
      put(files, `${ROOT}/${name}`, new Uint8Array(0));
    }
    const { database, lines, registry } = await open(files);
    add({ database }, 10);
    expect(show(database)).toEqual(['{s="a"} 5=1 10=10']);
    expect(registry.render()).toMatch(/^narthex_tsdb_blocks_damaged 1$/m);
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      `error: A block can not be read and takes no part in queries {"block":"${ROOT}/${OTHER_ULID}","err":"Cannot open ${ROOT}/${OTHER_ULID}/meta.json: no such file or directory"}`,
    ]);
    await database.close();
    expect(show((await open(files)).database)).toEqual(['{s="a"} 5=1 10=10']);
  });

  it.each([
    ['wal', /^Cannot \S.* \/data\/wal.*: (not a directory|it exists already)$/],
    ['wbl', /^Cannot \S.* \/data\/wbl.*: not a directory$/],
    ['chunks_head', /^Cannot \S.* \/data\/chunks_head.*: (not a directory|it exists already)$/],
  ])('refuses a directory in which %s is a file, with one sentence, and gives the lock free', async (name, message) => {
    const files = new MemoryFiles();
    files.makeDirectorySync(ROOT);
    put(files, `${ROOT}/${name}`, Uint8Array.of(1));
    await expect(open(files)).rejects.toThrow(message);
    files.removeSync(`${ROOT}/${name}`);
    expect(show((await open(files)).database)).toEqual([]);
  });

  it('gives up with one sentence, the lock free, where a call of the start is refused, or starts without it', async () => {
    const whole = new MemoryFiles();
    writeBlock(whole, ROOT, blockContent());
    const first = await open(whole);
    add(first, 10);
    await first.close();
    put(whole, `${ROOT}/${OTHER_ULID}.tmp`, Uint8Array.of(1));
    const calls = (await openedCopy(whole)).operations.length;
    for (let call = 1; call <= calls; call++) {
      for (const code of ['EROFS', 'EIO']) {
        const files = whole.afterProcessDeath();
        files.failAt(call, { kind: 'error', code });
        let seen: string[] | string;
        try {
          const { database } = await open(files);
          seen = show(database);
          await database.close().catch(() => {});
        } catch (error) {
          seen = (error as Error).message;
        }
        if (typeof seen === 'string') expect(seen).toMatch(/^Cannot \S/);
        expect(show((await open(files.afterProcessDeath())).database)).toEqual(['{s="a"} 5=1 10=10']);
      }
    }
  });
});

async function openedCopy(files: MemoryFiles): Promise<MemoryFiles> {
  const copy = files.afterProcessDeath();
  await open(copy);
  return copy;
}

function blockContent() {
  const series = [{ labels: labelsFromObject({ s: 'a' }), chunks: [[[5, 1] as const]] }];
  return { ulid: ULID, version: 2, minTime: 0, maxTime: 6, series, deleted: [] };
}

function filesBelow(files: MemoryFiles, path: string): string[] {
  return files
    .readDirectorySync(path)
    .flatMap(({ kind, name }) => (kind === 'file' ? [`${path}/${name}`] : filesBelow(files, `${path}/${name}`)));
}

function add({ database }: { readonly database: Database }, time: number): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ s: 'a' }));
  appender.append(batchOf([[ref, time, time]]));
  appender.commit();
}

async function open(fileSystem: MemoryFiles) {
  const lines: string[] = [];
  const note = (level: string) => (message: string, fields?: object) => {
    lines.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  };
  const log: Log = { ...silentLog, info: note('info'), warn: note('warn'), error: note('error') };
  const clock = new ManualClock(0);
  const registry = createRegistry(clock);
  const database = await openDatabase({ directory: ROOT, fileSystem, clock, log, registry });
  return { database, lines, registry, close: () => database.close() };
}
