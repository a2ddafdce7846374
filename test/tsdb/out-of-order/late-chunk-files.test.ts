import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../../src/std/memory-files.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import type { MmapMarker } from '../../../src/tsdb/wal/record-types.ts';
import { replayWal } from '../../../src/tsdb/wal/replay.ts';
import { damageOffset, damageStride } from '../../support/damage-stride.ts';
import { ALL_TIME } from '../head-support.ts';
import { addRows, type LateRow, openLate, readSamples } from './late-support.ts';

const CHUNKS = 'data/chunks_head';

async function open(files: MemoryFiles) {
  const clock = new ManualClock();
  const database = await openLate(files, { clock });
  return { clock, database };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** `count` late samples of each of three series from `first` on, as many at once as `step` says. */
function addLate({ database }: Opened, first: number, count: number, step: number): void {
  for (let at = first; at < first + count; at += step) {
    const rows: LateRow[] = [['clock', 100_000 + at, at]];
    for (let i = at; i < Math.min(at + step, first + count); i++) {
      for (const s of ['a', 'b', 'c']) rows.push([s, 5000 + ((i * 37) % 1000), i]);
    }
    addRows(database, rows);
  }
}

/** Lets what waits go to files. */
async function written({ clock }: Opened): Promise<void> {
  clock.advance(1000);
  for (let turns = 0; turns < 10; turns++) await setImmediate();
}

/** In the order of the log: how many samples of each series, and its markers. */
function logOf(files: MemoryFiles): { samples: number; markers: MmapMarker[]; samplesBefore: number[] } {
  const found = { samples: 0, markers: [] as MmapMarker[], samplesBefore: [] as number[] };
  const none = () => {};
  replayWal(files, 'data/wbl', {
    series: none,
    samples: ({ length }) => {
      found.samples += length;
    },
    histograms: none,
    exemplars: none,
    tombstones: none,
    metadata: none,
    markers: (entries) => {
      found.markers.push(...entries);
      found.samplesBefore.push(found.samples);
    },
  });
  return found;
}

function sizes(files: MemoryFiles): number[] {
  return files.readDirectorySync(CHUNKS).map(({ name }) => files.statSync(`${CHUNKS}/${name}`)!.size);
}

describe('sealed chunks of late samples', () => {
  it('leave memory for chunks_head, with markers in the log behind exactly what they hold', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    const before = opened.database.stats().head.chunkBytes;
    for (let round = 0; round < 4; round++) {
      addLate(opened, 32 * round, 32, 4);
      await written(opened);
    }
    expect(opened.database.stats().chunkFiles.chunksWritten).toBe(12);
    // 384 samples: what is left is the chunk of the clock.
    expect(opened.database.stats().head.chunkBytes - before).toBeLessThan(500);
    const { markers, samplesBefore } = logOf(files);
    expect(markers).toHaveLength(12);
    expect(new Set(markers.map(({ ref }) => ref)).size).toBe(3);
    expect(samplesBefore).toEqual([96, 192, 288, 384]);
    expect((await readSamples(opened.database)).size).toBe(384 + 32);
  });

  it('get no marker where samples came since, and are found again all the same', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    addLate(opened, 0, 70, 70);
    await written(opened);
    expect(opened.database.stats().chunkFiles.chunksWritten).toBe(6);
    expect(logOf(files).markers).toEqual([]);
    const expected = await readSamples(opened.database);
    const again = await open(files.afterProcessDeath());
    expect(await readSamples(again.database)).toEqual(expected);
    await written(again);
    // They are those that the log makes.
    expect(again.database.stats().chunkFiles.chunksWritten).toBe(0);
  });

  it('are where they were after a kill and a stop, and are not written again', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    for (let round = 0; round < 5; round++) {
      addLate(opened, 50 * round, 50, 10);
      await written(opened);
    }
    const expected = await readSamples(opened.database);
    const killed = files.afterProcessDeath();
    await opened.database.close();
    for (const disk of [killed, files]) {
      const again = await open(disk);
      expect(await readSamples(again.database)).toEqual(expected);
      const { chunks, memory } = again.database.stats().head;
      // The one in order, and what is collected of three series.
      expect([chunks, memory.sealedRecords]).toEqual([1 + 21 + 3, 32 * 21]);
      await written(again);
      expect(again.database.stats().chunkFiles.chunksWritten).toBe(0);
      await again.database.close();
    }
  });

  it('stay for a querier that looked on while they moved and were compacted', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    addLate(opened, 0, 100, 10);
    const expected = await readSamples(opened.database);
    const querier = opened.database.querier(ALL_TIME);
    const set = await querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 });
    await written(opened);
    await opened.database.compactOutOfOrder();
    expect(sizes(files).some((size) => size > 8)).toBe(true);
    const column = { length: 0, times: new Float64Array(0), values: new Float64Array(0), bits: new Uint32Array(0) };
    let samples = 0;
    for (let row = 0; row < set.length; row++) {
      const into = { ...column, startTimes: null, histograms: null };
      set.read(row, into);
      samples += into.length;
    }
    expect(samples).toBe(expected.size);
    querier.close();
    await written(opened);
    expect(sizes(files).every((size) => size === 8)).toBe(true);
    expect(await readSamples(opened.database)).toEqual(expected);
  });

  it('are gone with their compaction: deleted samples do not come back with a start, and may be sent again', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    addLate(opened, 0, 100, 10);
    await written(opened);
    await opened.database.delete([[{ type: '=', name: 's', value: 'a' }]], { minTime: 0, maxTime: 50_000 });
    addRows(opened.database, [['a', 5037, -1]]);
    const expected = await readSamples(opened.database);
    expect(expected.get('a 5037')).toBe(-1);
    expect([...expected.keys()].filter((key) => key.startsWith('a '))).toHaveLength(1);
    expect(await readSamples((await open(files.afterProcessDeath())).database)).toEqual(expected);
  });

  it('stay in memory while they can not be written, and nothing is lost', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    addLate(opened, 0, 100, 10);
    const expected = await readSamples(opened.database);
    files.capacity = 0;
    await written(opened);
    expect(opened.database.stats().chunkFiles).toMatchObject({ chunksWritten: 0, failedWrites: 1 });
    expect(await readSamples(opened.database)).toEqual(expected);
    files.capacity = Number.POSITIVE_INFINITY;
    await written(opened);
    expect(opened.database.stats().chunkFiles.chunksWritten).toBe(9);
    expect(await readSamples((await open(files.afterProcessDeath())).database)).toEqual(expected);
  });

  it('and whatever is damaged of their files costs nothing that the log has', async () => {
    const files = new MemoryFiles();
    const opened = await open(files);
    for (let round = 0; round < 2; round++) {
      addLate(opened, 40 * round, 40, 10);
      await written(opened);
    }
    const expected = await readSamples(opened.database);
    const path = `${CHUNKS}/000001`;
    const size = files.statSync(path)!.size;
    for (let at = damageOffset(); at < size; at += damageStride(31)) {
      const disk = files.afterProcessDeath();
      const file = disk.openSync(path, 'r+');
      if (at % 2 === 0) file.writeSync(Uint8Array.of(0xa5), 0, 1, at);
      else file.truncateSync(at);
      file.closeSync();
      const again = await open(disk);
      expect(await readSamples(again.database)).toEqual(expected);
      await written(again);
      await again.database.close();
      const third = await open(disk);
      expect(await readSamples(third.database)).toEqual(expected);
      await third.database.close();
    }
  });
});

describe('a wbl/ with markers', () => {
  it('gives no wrong sample and a message with file and offset, wherever it is damaged or ends', async () => {
    const files = new MemoryFiles();
    const clock = new ManualClock();
    const opened = { clock, database: await openLate(files, { clock, walCompression: 'none' }) };
    for (let round = 0; round < 2; round++) {
      addLate(opened, 32 * round, 32, 8);
      await written(opened);
    }
    addLate(opened, 64, 10, 5);
    const whole = await readSamples(opened.database);
    const path = 'data/wbl/00000000';
    const { size } = files.statSync(path)!;
    let lost = 0;
    for (let at = damageOffset(); at < size; at += damageStride(17)) {
      const disk = files.afterProcessDeath();
      const file = disk.openSync(path, 'r+');
      if (at % 2 === 0) {
        const byte = new Uint8Array(1);
        file.readSync(byte, 0, 1, at);
        byte[0]! ^= 0x41;
        file.writeSync(byte, 0, 1, at);
      } else file.truncateSync(at);
      file.closeSync();
      const messages: string[] = [];
      const note = (text: string, fields: object = {}): void => void messages.push(`${text} ${JSON.stringify(fields)}`);
      const again = await openLate(disk, { log: { ...silentLog, warn: note, info: note } });
      const found = await readSamples(again);
      for (const [key, value] of found) expect(whole.get(key)).toBe(value);
      // What chunks hold is there in any case; the rest of the log may be lost with a record.
      const inChunks = [...whole.keys()].filter((key) => !found.has(key) && whole.get(key)! < 64);
      expect(inChunks).toEqual([]);
      if (found.size < whole.size) {
        lost++;
        // A log that ends between two records tells nothing.
        const isCut = at % 2 === 1;
        const told = messages.some((text) => text.includes(path) && /"offset":\d+/.test(text));
        if (!isCut) expect(told).toBe(true);
      }
      await again.close();
    }
    expect(lost).toBeGreaterThan(5);
  });
});
