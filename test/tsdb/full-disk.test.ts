import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { AppendsStopped } from '../../src/storage/append.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { batchOf, show } from './head-support.ts';

const MIB = 1024 * 1024;

describe('a database on a disk that fills up', () => {
  it('refuses samples with the reason, answers queries, and goes on when there is room', async () => {
    const { clock, database, files, lines, metrics, reasons } = await setUp();
    add(database, 1);
    files.capacity = used(files);
    const reason = 'Cannot write data/wal/00000000: no space left on the device';
    expect(() => add(database, 2)).toThrow(new AppendsStopped(reason));
    expect(database.appendsStopped).toBe(reason);
    const calls = files.operations.length;
    for (let i = 0; i < 100; i++) expect(() => database.appender()).toThrow(AppendsStopped);
    // Nothing was tried for them.
    expect(files.operations.length).toBe(calls);
    expect(show(database)).toEqual(['{s="a"} 1=1']);
    expect(metrics()).toEqual({ stopped: 1, stops: 1, refused: 100 });

    for (let minute = 0; minute < 10; minute++) await pass(clock, 60_000);
    // Ten minutes: a try each 30 s at most, and no line more in the log.
    expect(files.operations.filter(({ name, path }) => name === 'write' && path.includes('probe')).length).toBeLessThan(
      30,
    );
    expect(lines).toEqual(['error: Samples are not taken until the data directory can be written again']);
    expect(reasons).toEqual([reason]);
    // Not enough for a try.
    files.capacity = used(files) + MIB - 1;
    await pass(clock, 30_000);
    expect(database.appendsStopped).toBe(reason);

    files.capacity = Number.POSITIVE_INFINITY;
    await pass(clock, 30_000);
    expect(database.appendsStopped).toBeNull();
    expect(reasons).toEqual([reason, null]);
    add(database, 3);
    expect(show(database)).toEqual(['{s="a"} 1=1 3=3']);
    expect(lines.at(-1)).toBe('info: The data directory can be written again; samples are taken');
    expect(metrics()).toMatchObject({ stopped: 0 });
    await database.close();
    expect(files.statSync('data/wal/write-probe.tmp')).toBeNull();
    expect(show(await open(files.afterProcessDeath()))).toEqual(['{s="a"} 1=1 3=3']);
  });

  it('does so for every write that fails, and never shows what it refused', async () => {
    for (const code of ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT']) {
      const { clock, database, files } = await setUp();
      add(database, 1);
      files.failAt(files.operations.length + 1, { kind: 'error', code });
      expect(() => add(database, 2)).toThrow(AppendsStopped);
      await pass(clock, 1000);
      add(database, 3);
      expect(show(await open(files.afterProcessDeath()))).toEqual(['{s="a"} 1=1 3=3']);
      await database.close();
    }
  });

  it('waits until what did not fit does', async () => {
    const { clock, database, files } = await setUp();
    const series = Array.from({ length: 400 }, (_, i) => labelsFromObject({ s: `${i}`.padStart(8192, 'x') }));
    const addAll = () => {
      const appender = database.appender();
      for (const [i, labels] of series.entries()) appender.append(batchOf([[appender.resolve(labels), 1, i]]));
      appender.commit();
    };
    files.capacity = used(files) + MIB;
    expect(addAll).toThrow(AppendsStopped);
    files.capacity += MIB;
    for (let second = 0; second < 60; second++) await pass(clock, 1000);
    expect(database.appendsStopped).not.toBeNull();
    files.capacity += 2 * MIB;
    for (let second = 0; second < 60; second++) await pass(clock, 1000);
    expect(database.appendsStopped).toBeNull();
  });

  it('stops when the log can not be synced, and goes on when a file can', async () => {
    const { clock, database, files, lines } = await setUp();
    add(database, 1);
    const next = files.operations.length + 1;
    for (let call = next; call < next + 4; call++) files.failAt(call, { kind: 'error', code: 'EIO' });
    await pass(clock, 1000);
    expect(database.appendsStopped).toMatch(/^Cannot sync .*: input\/output error$/);
    for (let second = 0; second < 20; second++) await pass(clock, 1000);
    expect(database.appendsStopped).toBeNull();
    add(database, 2);
    await database.sync();
    expect(show(await open(files.afterPowerCut(1)))).toEqual(['{s="a"} 1=1 2=2']);
    expect(lines.filter((line) => line.includes('Cannot sync'))).toHaveLength(1);
  });

  it('that works for moments only is tried less and less often', async () => {
    const { clock, database, files, lines } = await setUp();
    const tries: number[] = [];
    for (let i = 0; i < 6; i++) {
      files.failAt(files.operations.length + 1, { kind: 'error', code: 'ENOSPC' });
      expect(() => add(database, i)).toThrow(AppendsStopped);
      const from = clock.monotonic();
      while (database.appendsStopped !== null) await pass(clock, 100);
      tries.push(Math.round((clock.monotonic() - from) / 1000));
    }
    expect(tries).toEqual([1, 2, 4, 8, 16, 30]);
    // The log tells of it once a minute.
    expect(lines).toEqual([
      'error: Samples are not taken until the data directory can be written again',
      'info: The data directory can be written again; samples are taken',
    ]);
    await pass(clock, 120_000);
    files.failAt(files.operations.length + 1, { kind: 'error', code: 'ENOSPC' });
    expect(() => add(database, 100)).toThrow(AppendsStopped);
    await pass(clock, 1000);
    expect(database.appendsStopped).toBeNull();
  });

  it('stops when chunks of the head can not be written, which then stay in memory', async () => {
    const { clock, database, files } = await setUp();
    for (let time = 1; time <= 200; time++) add(database, time);
    const before = show(database);
    await database.sync();
    // The log has room left, another file has not.
    files.failAt(files.operations.length + 1, { kind: 'error', code: 'ENOSPC' });
    await pass(clock, 1000);
    expect(database.appendsStopped).toMatch(/^Cannot \S.*chunks_head.*: no space left on the device$/);
    expect(show(database)).toEqual(before);
    for (let second = 0; second < 5; second++) await pass(clock, 1000);
    expect(database.appendsStopped).toBeNull();
    expect(show(database)).toEqual(before);
    expect(database.stats().chunkFiles).toMatchObject({ chunksWritten: 1, failedWrites: 1 });
  });

  it('refuses deletions as well', async () => {
    const { database, files } = await setUp();
    add(database, 1);
    files.capacity = used(files);
    const deletion = database.delete([[{ type: '=', name: 's', value: 'a' }]], { minTime: 0, maxTime: 9 });
    await expect(deletion).rejects.toThrow('no space left on the device');
    expect(show(database)).toEqual(['{s="a"} 1=1']);
  });
});

async function setUp() {
  const files = new MemoryFiles();
  files.makeDirectorySync('data');
  const clock = new ManualClock(0);
  const lines: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (message) => lines.push(`warn: ${message}`),
    error: (message) => lines.push(`error: ${message}`),
    info: (message) => {
      if (!message.includes('replayed')) lines.push(`info: ${message}`);
    },
  };
  const registry = createRegistry(clock);
  const reasons: (string | null)[] = [];
  const database = await openDatabase({
    directory: 'data',
    fileSystem: files,
    clock,
    log,
    registry,
    walCompression: 'none',
    onAppendsStopped: (reason) => reasons.push(reason),
  });
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(registry.render())![1]);
  const metrics = () => ({
    stopped: value('narthex_tsdb_appends_stopped'),
    stops: value('narthex_tsdb_appends_stops_total'),
    refused: value('narthex_tsdb_appends_refused_total'),
  });
  return { files, clock, lines, reasons, database, metrics };
}

function used(files: MemoryFiles): number {
  let size = 0;
  const add = (path: string): void => {
    for (const { kind, name } of files.readDirectorySync(path)) {
      if (kind === 'directory') add(`${path}/${name}`);
      else size += files.statSync(`${path}/${name}`)!.size;
    }
  };
  add('data');
  return size;
}

async function pass(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms);
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function add(database: Database, time: number): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ s: 'a' }));
  appender.append(batchOf([[ref, time, time]]));
  appender.commit();
}

function open(files: MemoryFiles): Promise<Database> {
  return openDatabase({ directory: 'data', fileSystem: files, clock: new ManualClock(0), log: silentLog });
}
