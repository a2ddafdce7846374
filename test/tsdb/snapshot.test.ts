import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { readBlockMetas } from '../../src/tsdb/block/read-block-metas.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { appendAll, blocksOf, DATA, type Model, open, RANGE_MS, readAll } from './maintenance-support.ts';

const STEP_MS = 5000;
const SERIES = ['a', 'bb', 'ccc'];
const NAME = /^20261121T032827Z-[0-7][0-9a-f]{15}$/;
const CLOCK_MS = Date.UTC(2026, 10, 21, 3, 28, 27, 999);

/** Blocks, samples in the head, and some that came late. */
async function filled(disk: MemoryFiles): Promise<{ database: Database; model: Model }> {
  const database = await open(disk, { clock: new ManualClock(CLOCK_MS), outOfOrderMs: 10 * RANGE_MS });
  const model: Model = new Map();
  for (let time = 0; time < 4 * RANGE_MS; time += STEP_MS) appendAll(database, SERIES, time, model);
  await database.compact();
  for (const late of [3.6 * RANGE_MS + 1, 3.7 * RANGE_MS + 1]) appendAll(database, ['a'], late, model);
  return { database, model };
}

/** The snapshot as the only content of another disk, as a process finds it that begins there. */
async function contentOf(disk: MemoryFiles, name: string, copy = disk.afterPowerCut(1)): Promise<Model> {
  for (const entry of copy.readDirectorySync(DATA))
    if (entry.name !== 'snapshots') copy.removeSync(`${DATA}/${entry.name}`);
  for (const entry of copy.readDirectorySync(`${DATA}/snapshots/${name}`)) {
    copy.renameSync(`${DATA}/snapshots/${name}/${entry.name}`, `${DATA}/${entry.name}`);
  }
  const database = await open(copy);
  const found = await readAll(database);
  await database.close();
  return sorted(found);
}

function sorted(model: Model): Model {
  return new Map([...model].map(([name, samples]) => [name, new Map([...samples].sort(([a], [b]) => a - b))]));
}

describe('Database.snapshot()', () => {
  it('has everything that is stored, in a directory that a server can be started on', async () => {
    const disk = new MemoryFiles();
    const { database, model } = await filled(disk);
    const name = await database.snapshot({ skipsHead: false });
    expect(name).toMatch(NAME);
    const before = sorted(model);
    appendAll(database, SERIES, 5 * RANGE_MS, model);
    // The copy stays as it is, whatever becomes of the blocks.
    await database.delete([[{ type: '=', name: 'name', value: 'a' }]], { minTime: 0, maxTime: 5 * RANGE_MS });
    await database.cleanTombstones();
    expect(await contentOf(disk, name)).toEqual(before);
    expect(await database.snapshot({ skipsHead: false })).not.toBe(name);
  });

  it('has blocks alone where the head is left out', async () => {
    const disk = new MemoryFiles();
    const { database, model } = await filled(disk);
    const name = await database.snapshot({ skipsHead: true });
    const inBlocks = blocksOf(disk).length * RANGE_MS;
    expect(inBlocks).toBeGreaterThan(0);
    const expected = sorted(model);
    for (const samples of expected.values())
      for (const time of samples.keys()) if (time >= inBlocks) samples.delete(time);
    expect(await contentOf(disk, name)).toEqual(expected);
    expect(readBlockMetas(disk, `${DATA}/snapshots/${name}`)).toEqual(readBlockMetas(disk, DATA));
  });

  it('leaves out what is deleted', async () => {
    const disk = new MemoryFiles();
    const { database, model } = await filled(disk);
    await database.delete([[{ type: '=', name: 'name', value: 'a' }]], { minTime: RANGE_MS, maxTime: 3.65 * RANGE_MS });
    const expected = sorted(model);
    for (const time of expected.get('a')!.keys()) {
      if (time >= RANGE_MS && time <= 3.65 * RANGE_MS) expected.get('a')!.delete(time);
    }
    expect(await contentOf(disk, await database.snapshot({ skipsHead: false }))).toEqual(expected);
  });

  it('of an empty database is an empty directory', async () => {
    const disk = new MemoryFiles();
    const database = await open(disk, { clock: new ManualClock(CLOCK_MS) });
    const name = await database.snapshot({ skipsHead: false });
    expect(disk.readDirectorySync(`${DATA}/snapshots/${name}`)).toEqual([]);
  });

  it('leaves nothing of itself when it fails or dies, at any call, and the database as it was', async () => {
    const whole = new MemoryFiles();
    const { database, model } = await filled(whole);
    const from = whole.operations.length;
    await database.snapshot({ skipsHead: false });
    const count = whole.operations.length - from;
    const stored = sorted(model);
    let failures = 0;
    for (let call = 1; call <= count; call += 1 + (call >> 3)) {
      for (const fault of [
        { kind: 'error', code: 'EIO' },
        { kind: 'death', written: 7 },
      ] as const) {
        const disk = new MemoryFiles();
        const { database: failing } = await filled(disk);
        disk.failAt(disk.operations.length + call, fault);
        const name = await failing.snapshot({ skipsHead: false }).catch(() => null);
        const next = fault.kind === 'error' ? disk : disk.afterProcessDeath();
        const again = fault.kind === 'error' ? failing : await open(next, { outOfOrderMs: 10 * RANGE_MS });
        expect(sorted(await readAll(again))).toEqual(stored);
        const left = next.statSync(`${DATA}/snapshots`) === null ? [] : next.readDirectorySync(`${DATA}/snapshots`);
        if (name === null) {
          failures++;
          // A death between the renaming and the answer leaves a whole one.
          for (const entry of left) {
            expect(entry.name).toMatch(NAME);
            expect(await contentOf(next, entry.name, next.afterProcessDeath())).toEqual(stored);
          }
        } else {
          expect(left.map((entry) => entry.name)).toEqual([name]);
        }
        await again.close().catch(() => {});
      }
    }
    expect(failures).toBeGreaterThan(20);
  });
});

describe('Database.cleanTombstones()', () => {
  it('takes what is deleted off the disk, and whole blocks where nothing is left', async () => {
    const disk = new MemoryFiles();
    const { database } = await filled(disk);
    await database.compactOutOfOrder();
    const before = sorted(await readAll(database));
    const all = [[{ type: '=~', name: 'name', value: '.+' }]] as const;
    await database.delete(all, { minTime: 0, maxTime: RANGE_MS - 1 });
    await database.delete([[{ type: '=', name: 'name', value: 'a' }]], { minTime: RANGE_MS, maxTime: 1.5 * RANGE_MS });
    const expected = sorted(before);
    for (const [name, samples] of expected) {
      for (const time of samples.keys()) {
        if (time < RANGE_MS || (name === 'a' && time <= 1.5 * RANGE_MS)) samples.delete(time);
      }
    }
    const metas = readBlockMetas(disk, DATA);
    await database.cleanTombstones();
    expect(sorted(await readAll(database))).toEqual(expected);
    const cleaned = readBlockMetas(disk, DATA);
    expect(cleaned).toHaveLength(metas.length - 1);
    expect(cleaned.map(({ stats }) => stats.tombstones)).toEqual(cleaned.map(() => 0));
    const samples = (list: typeof metas) => list.reduce((sum, { stats }) => sum + stats.samples, 0);
    expect(samples(cleaned)).toBeLessThan(samples(metas));
    const calls = disk.operations.length;
    await database.cleanTombstones();
    expect(disk.operations.slice(calls).filter(({ name }) => name === 'write')).toEqual([]);
    await database.close();
    expect(sorted(await readAll(await open(disk.afterProcessDeath())))).toEqual(expected);
  });

  it('leaves deleted what is deleted and shows what is not, when it fails or dies at any call', async () => {
    async function prepared(disk: MemoryFiles): Promise<Database> {
      const { database } = await filled(disk);
      await database.delete([[{ type: '=', name: 'name', value: 'a' }]], { minTime: 0, maxTime: 1.5 * RANGE_MS });
      return database;
    }
    const whole = new MemoryFiles();
    const database = await prepared(whole);
    const expected = sorted(await readAll(database));
    const from = whole.operations.length;
    await database.cleanTombstones();
    const count = whole.operations.length - from;
    for (let call = 1; call <= count; call += 1 + (call >> 3)) {
      for (const fault of [
        { kind: 'error', code: 'ENOSPC' },
        { kind: 'death', written: 7 },
      ] as const) {
        const disk = new MemoryFiles();
        const failing = await prepared(disk);
        disk.failAt(disk.operations.length + call, fault);
        await failing.cleanTombstones().catch(() => {});
        if (fault.kind === 'error') expect(sorted(await readAll(failing))).toEqual(expected);
        const again = await open(disk.afterProcessDeath(), { outOfOrderMs: 10 * RANGE_MS });
        expect(sorted(await readAll(again))).toEqual(expected);
        await again.close();
      }
    }
  });

  it('that finds the disk full stops appends until there is room', async () => {
    const disk = new MemoryFiles();
    const clock = new ManualClock(CLOCK_MS);
    const database = await open(disk, { clock });
    const model: Model = new Map();
    for (let time = 0; time < 4 * RANGE_MS; time += STEP_MS) appendAll(database, SERIES, time, model);
    await database.compact();
    await database.delete([[{ type: '=', name: 'name', value: 'a' }]], { minTime: 0, maxTime: RANGE_MS / 2 });
    disk.failAt(disk.operations.length + 30, { kind: 'error', code: 'ENOSPC' });
    await expect(database.cleanTombstones()).rejects.toThrow('no space left on the device');
    expect(database.appendsStopped).toContain('no space left on the device');
    clock.advance(1000);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(database.appendsStopped).toBeNull();
  });
});
