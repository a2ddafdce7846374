import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { ProcessDied } from '../../src/std/memory-faults.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { ALL_TIME, batchOf, show, showSet } from './head-support.ts';

const ROOT = '/data';
const CHUNKS = `${ROOT}/chunks_head`;
const SERIES = 5;

type Opened = Awaited<ReturnType<typeof open>>;

describe('sealed chunks of a database', () => {
  it('leave memory for chunks_head, and are read from there', async () => {
    const files = new MemoryFiles();
    const database = await open(files);
    fill(database, 0, 300);
    const before = show(database.database);
    const inMemory = database.database.stats().head.chunkBytes;
    await written(database);
    expect(database.database.stats().head.chunkBytes).toBeLessThan(0.6 * inMemory);
    expect(database.database.stats().chunkFiles).toMatchObject({
      chunksWritten: 2 * SERIES,
      files: 1,
      failedWrites: 0,
    });
    expect(show(database.database)).toEqual(before);
    fill(database, 300, 400);
    await written(database);
    expect(show(database.database)).toEqual(linesTo(400));
    await database.database.close();
  });

  it('stay in memory, too, as far as there is room', async () => {
    const files = new MemoryFiles();
    const database = await open(files, 2 ** 20);
    fill(database, 0, 300);
    const before = show(database.database);
    const inMemory = database.database.stats().head.chunkBytes;
    await written(database);
    expect(database.database.stats().chunkFiles).toMatchObject({ chunksWritten: 2 * SERIES, files: 1 });
    expect(database.database.stats().head.chunkBytes).toBe(inMemory);
    // What is in the file is not looked at.
    const file = files.openSync(`${CHUNKS}/000001`, 'r+');
    file.writeSync(Uint8Array.of(0xff, 0xff), 0, 2, 60);
    file.closeSync();
    expect(show(database.database)).toEqual(before);
    await database.database.close();
  });

  it('stay where they are over restarts, after a stop and after a kill, and are written once', async () => {
    const files = new MemoryFiles();
    const first = await open(files);
    fill(first, 0, 300);
    await written(first);
    fill(first, 300, 500);
    // Two more chunks a series are sealed and not yet written.
    const killed = files.afterProcessDeath();
    await first.database.close();
    for (const disk of [files, killed]) {
      const second = await open(disk);
      expect(show(second.database)).toEqual(linesTo(500));
      expect(second.database.stats().head.chunks).toBe(5 * SERIES);
      const isKilled = disk === killed;
      expect(second.database.stats().replay.skippedSamples).toBe((isKilled ? 240 : 480) * SERIES);
      await written(second);
      fill(second, 500, 620);
      await second.database.close();
      const third = await open(disk);
      expect(show(third.database)).toEqual(linesTo(620));
      expect(entryCount(disk)).toBe(5 * SERIES);
      await third.database.close();
    }
  });

  it('are the same for a reader that looked on while they moved', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    fill(opened, 0, 500);
    const querier = opened.database.querier(ALL_TIME);
    const set = querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 });
    if (set instanceof Promise) throw new Error('the head answers at once');
    await written(opened);
    fill(opened, 500, 900);
    await written(opened);
    expect(showSet(set)).toEqual(linesTo(500));
    querier.close();
    expect(show(opened.database)).toEqual(linesTo(900));
    await opened.database.close();
  });

  it('stay in memory while the disk is full, and leave it when there is room', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    fill(opened, 0, 300);
    files.capacity = 0;
    await written(opened);
    await written(opened);
    expect(opened.database.stats().chunkFiles).toMatchObject({ chunksWritten: 0, failedWrites: 2 });
    expect(show(opened.database)).toEqual(linesTo(300));
    files.capacity = Number.POSITIVE_INFINITY;
    await written(opened);
    expect(opened.database.stats().chunkFiles).toMatchObject({ chunksWritten: 2 * SERIES, failedWrites: 2 });
    await opened.database.close();
    const again = await open(files);
    expect(show(again.database)).toEqual(linesTo(300));
    expect(entryCount(files)).toBe(2 * SERIES);
  });

  it('make a query fail with file and offset where the file is damaged', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    fill(opened, 0, 300);
    await written(opened);
    const file = files.openSync(`${CHUNKS}/000001`, 'r+');
    file.writeSync(Uint8Array.of(0xff, 0xff), 0, 2, 60);
    file.closeSync();
    expect(() => show(opened.database)).toThrow(
      `Cannot read ${CHUNKS}/000001 at offset 8: the checksum of a chunk differs`,
    );
  });

  it('lose nothing when the process dies or the power fails at any call', async () => {
    const run = async (prepare: (files: MemoryFiles) => void) => {
      const files = new MemoryFiles();
      let acknowledged = 0;
      prepare(files);
      try {
        const opened = await open(files);
        for (let at = 0; at < 500; at += 50) {
          fill(opened, at, at + 50);
          acknowledged = at + 50;
          if (at % 100 === 0) await written(opened);
          files.openSync('/data/alive', 'w').closeSync();
        }
        await opened.database.close();
      } catch (error) {
        if (!(error instanceof ProcessDied)) throw error;
      }
      return { files, acknowledged };
    };
    const { files: undisturbed } = await run(() => {});
    let early = 0;
    for (const { call, name, size } of undisturbed.operations) {
      // The log has crash tests of its own.
      if (call % 29 !== 0 && !undisturbed.operations[call - 1]!.path.startsWith(CHUNKS)) continue;
      for (const part of name === 'write' ? [0, Math.floor(size / 3), size] : [0]) {
        const { files, acknowledged } = await run((disk) => disk.failAt(call, { kind: 'death', written: part }));
        const after = await open(files.afterProcessDeath());
        const lines = show(after.database);
        if (acknowledged === 0) early++;
        else
          expect(lines.map((line) => line.split(' ').length - 1)).toEqual(
            new Array(SERIES).fill(lines[0]!.split(' ').length - 1),
          );
        expect(lines).toEqual(linesTo(lines.length === 0 ? 0 : lines[0]!.split(' ').length - 1));
        expect(lines.length === 0 ? 0 : lines[0]!.split(' ').length - 1).toBeGreaterThanOrEqual(acknowledged);
        await after.database.close();
        const cut = await open(files.afterPowerCut(call));
        for (const [i, line] of show(cut.database).entries()) expect(linesTo(500)[i]!.startsWith(line)).toBe(true);
        await cut.database.close();
      }
    }
    expect(early).toBeLessThan(100);
  });
});

async function open(files: MemoryFiles, residentChunkBytes = 0) {
  const clock = new ManualClock();
  const database = await openDatabase({
    directory: ROOT,
    fileSystem: files,
    clock,
    log: silentLog,
    residentChunkBytes,
  });
  return { database, clock };
}

/** Samples `from` to `to` of every series, one each 15 s. */
function fill({ database }: Opened, from: number, to: number): void {
  const refs: number[] = [];
  for (let at = from; at < to; at++) {
    const appender = database.appender();
    if (refs.length === 0) {
      for (let i = 0; i < SERIES; i++) refs.push(appender.resolve(labelsFromObject({ s: String(i) })));
    }
    appender.append(batchOf(refs.map((ref, i) => [ref, 15_000 * at, sampleAt(i, at)])));
    appender.commit();
  }
}

function sampleAt(series: number, at: number): number {
  return (at % 17) * series;
}

function linesTo(count: number): string[] {
  if (count === 0) return [];
  return Array.from({ length: SERIES }, (_, i) => {
    const samples = Array.from({ length: count }, (_unused, at) => {
      const value = sampleAt(i, at);
      return `${15_000 * at}=${Object.is(value, -0) ? '-0' : value}`;
    });
    return `{s="${i}"} ${samples.join(' ')}`;
  });
}

/** Lets what waits be written. */
async function written({ clock }: Opened): Promise<void> {
  clock.advance(1000);
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

function entryCount(files: MemoryFiles): number {
  let count = 0;
  for (const { name } of files.readDirectorySync(CHUNKS)) {
    const bytes = files.readFileSync(`${CHUNKS}/${name}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 8; at < bytes.length; count++) {
      const low = bytes[at + 25]!;
      const [length, data] = low < 0x80 ? [low, 26] : [(low & 0x7f) | (bytes[at + 26]! << 7), 27];
      expect(view.getUint32(at)).toBe(0);
      at += data + length + 4;
    }
  }
  return count;
}
