import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STALE_HIGH, STALE_LOW } from '../../src/model/stale.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { AppendsStopped, createSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import { readBlockMetas } from '../../src/tsdb/block/read-block-metas.ts';
import { lastCheckpoint, listSegments } from '../../src/tsdb/wal/segments.ts';
import {
  appendAll,
  blocksOf,
  DATA,
  leftovers,
  type Model,
  open,
  RANGE_MS,
  readAll,
  seriesLabels,
} from './maintenance-support.ts';

const STEP_MS = 5000;

function names(count: number, generation = 0): string[] {
  return Array.from({ length: count }, (_, i) => `s${i}-${'x'.repeat(generation % 4)}${generation}`);
}

describe('maintenance', () => {
  it('moves the oldest range of the head to a block once the head spans one and a half', async () => {
    const disk = new MemoryFiles();
    const database = await open(disk);
    const model: Model = new Map();
    for (let time = 0; time <= 1.5 * RANGE_MS; time += STEP_MS) appendAll(database, names(5), time, model);
    await database.compact();
    expect(blocksOf(disk)).toEqual([]);
    appendAll(database, names(5), 1.5 * RANGE_MS + STEP_MS, model);
    await database.compact();
    expect(blocksOf(disk)).toEqual([`0-${RANGE_MS} 1`]);
    expect(await readAll(database)).toEqual(model);
    expect(database.headBounds.minTime).toBe(RANGE_MS);
    await database.close();
  });

  it('lets the event loop run between its steps, however little each of them takes', async () => {
    const database = await open(new MemoryFiles());
    const model: Model = new Map();
    for (let time = 0; time <= 2 * RANGE_MS; time += STEP_MS) appendAll(database, names(5), time, model);
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await database.compact();
    isOver = true;
    expect(turns).toBeGreaterThan(10);
    await database.close();
  });

  it('looks for new blocks in the interval that is asked for', async () => {
    const clock = new ManualClock();
    const registry = createRegistry(clock);
    const database = await open(new MemoryFiles(), { clock, registry, maintenance: { intervalMs: 5000 } });
    const reloads = () => Number(/^prometheus_tsdb_reloads_total (\d+)$/m.exec(registry.render())![1]);
    const counts: number[] = [];
    // The first round comes after a second.
    for (const ms of [999, 1, 4999, 1, 5000, 5000]) {
      clock.advance(ms);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      counts.push(reloads());
    }
    expect(counts).toEqual([0, 1, 1, 2, 3, 4]);
    await database.close();
  });

  it('takes no samples while a block does not fit on the disk, and goes on when it does', async () => {
    const disk = new MemoryFiles();
    const clock = new ManualClock();
    const database = await open(disk, { clock });
    const model: Model = new Map();
    for (let time = 0; time <= 1.6 * RANGE_MS; time += STEP_MS) appendAll(database, names(5), time, model);
    disk.capacity = 0;
    await expect(database.compact()).rejects.toThrow('no space left on the device');
    expect(database.appendsStopped).toContain('no space left on the device');
    expect(() => database.appender()).toThrow(AppendsStopped);
    expect(await readAll(database)).toEqual(model);
    disk.capacity = Number.POSITIVE_INFINITY;
    clock.advance(60_000);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(database.appendsStopped).toBeNull();
    await database.compact();
    expect(blocksOf(disk)).toEqual([`0-${RANGE_MS} 1`]);
    expect(await readAll(database)).toEqual(model);
    await database.close();
  });

  it('forgets series without samples, lets the log go, and merges blocks', async () => {
    const disk = new MemoryFiles();
    const database = await open(disk, { maintenance: { blockMsMax: 9 * RANGE_MS } });
    const model: Model = new Map();
    for (let time = 0, generation = 0; time < 14 * RANGE_MS; time += STEP_MS) {
      generation = Math.floor(time / RANGE_MS);
      appendAll(database, [...names(20, generation), 'always'], time, model);
      if (time % (RANGE_MS / 2) === 0) await database.compact();
    }
    expect(await readAll(database)).toEqual(model);
    expect(database.stats().head.series).toBeLessThan(70);
    expect(database.stats().head.seriesRemoved).toBeGreaterThan(200);
    expect(lastCheckpoint(disk, `${DATA}/wal`)).not.toBeNull();
    expect(listSegments(disk, `${DATA}/wal`).length).toBeLessThan(database.stats().logs.wal.segment / 2);
    const metas = blocksOf(disk);
    expect(metas.some((meta) => meta.endsWith(' 3'))).toBe(true);
    expect(metas.length).toBeLessThan(7);
    expect(leftovers(disk)).toEqual([]);
    await database.close();
    const again = await open(disk.afterProcessDeath());
    expect(await readAll(again)).toEqual(model);
    await again.close();
  });

  it('begins chunk files of blocks where the size says, and leaves overlapping blocks where that is wished', async () => {
    const disk = new MemoryFiles();
    const maintenance = { blockMsMax: RANGE_MS, chunkSegmentBytes: 200, mergesOverlapping: false };
    const database = await open(disk, { maintenance, outOfOrderMs: 10 * RANGE_MS });
    const model: Model = new Map();
    for (let time = 0; time < 5 * RANGE_MS; time += STEP_MS) {
      if (time % RANGE_MS !== RANGE_MS / 2) appendAll(database, names(20), time, model);
    }
    for (let range = 0; range < 3; range++) appendAll(database, names(20), (range + 0.5) * RANGE_MS, model);
    await database.compact();
    const metas = readBlockMetas(disk, DATA);
    expect(metas.map(({ hints }) => hints.join())).toContain('from-out-of-order');
    const files = metas.map(({ ulid }) => disk.readDirectorySync(`${DATA}/${ulid}/chunks`).length);
    for (const count of files) expect(count).toBeGreaterThan(1);
    const late = metas.filter(({ hints }) => hints.includes('from-out-of-order'));
    const overlaps = late.filter(({ maxTime, minTime }) =>
      metas.some((meta) => !late.includes(meta) && meta.minTime < maxTime && meta.maxTime > minTime),
    );
    expect(overlaps).toHaveLength(3);
    expect(await readAll(database)).toEqual(model);
    await database.close();
  });

  it('runs each minute and after the start, and picks up blocks that somebody put there', async () => {
    const disk = new MemoryFiles();
    const other = new MemoryFiles();
    const otherModel: Model = new Map();
    const writer = await open(other);
    for (let time = 0; time < 2 * RANGE_MS; time += STEP_MS) appendAll(writer, ['old'], time, otherModel);
    await writer.compact();
    const clock = new ManualClock();
    const database = await open(disk, { clock });
    const model: Model = new Map();
    for (let time = 90 * RANGE_MS; time < 92 * RANGE_MS; time += STEP_MS) appendAll(database, ['new'], time, model);
    clock.advance(1000);
    await database.exclusive(() => {});
    await database.compact();
    expect(blocksOf(disk)).toEqual([`${90 * RANGE_MS}-${91 * RANGE_MS} 1`]);
    const block = other.readDirectorySync(DATA).find(({ name }) => name.length === 26)!.name;
    for (const path of ['meta.json', 'index', 'tombstones', 'chunks/000001']) {
      disk.makeDirectorySync(`${DATA}/${block}/chunks`);
      const bytes = other.readFileSync(`${DATA}/${block}/${path}`);
      const file = disk.openSync(`${DATA}/${block}/${path}`, 'w');
      file.writeSync(bytes, 0, bytes.length, 0);
      file.closeSync();
    }
    expect((await readAll(database)).has('old')).toBe(false);
    clock.advance(60_000);
    await database.compact();
    const old = new Map([...otherModel.get('old')!].filter(([time]) => time < RANGE_MS));
    expect(await readAll(database)).toEqual(new Map([...model, ['old', old]]));
    await database.close();
    await writer.close();
  });

  it('deletes what is beyond the retention, which may change', async () => {
    const disk = new MemoryFiles();
    let retentionMs = 0;
    const settings = () => ({ retentionMs, retentionBytes: 0, retentionPercent: 0, staleSeriesShare: 0 });
    const database = await open(disk, { maintenance: { settings, blockMsMax: RANGE_MS } });
    const model: Model = new Map();
    for (let time = 0; time < 8 * RANGE_MS; time += STEP_MS) appendAll(database, ['a'], time, model);
    await database.compact();
    expect(blocksOf(disk)).toHaveLength(7);
    retentionMs = 3 * RANGE_MS;
    await database.compact();
    expect(blocksOf(disk).map((meta) => meta.split('-')[0])).toEqual([4, 5, 6].map((n) => String(n * RANGE_MS)));
    expect([...(await readAll(database)).get('a')!.keys()][0]).toBe(4 * RANGE_MS);
    await database.close();
  });

  it('deletes what is beyond a share of the file system, which may change', async () => {
    const disk = new MemoryFiles();
    let retentionPercent = 0;
    const settings = () => ({ retentionMs: 0, retentionBytes: 1, retentionPercent, staleSeriesShare: 0 });
    const roomy = { settings: () => ({ ...settings(), retentionBytes: 0 }), blockMsMax: RANGE_MS };
    let database = await open(disk, { maintenance: roomy });
    const model: Model = new Map();
    for (let time = 0; time < 8 * RANGE_MS; time += STEP_MS) appendAll(database, ['a'], time, model);
    await database.compact();
    await database.close();
    expect(blocksOf(disk)).toHaveLength(7);
    const bytes = usedBelow(disk, DATA);
    const sized = Object.assign(disk, { fileSystemBytes: () => 100 * bytes });
    retentionPercent = 2;
    database = await open(sized, { maintenance: { settings, blockMsMax: RANGE_MS } });
    await database.compact();
    expect(blocksOf(disk)).toHaveLength(7);
    const ofBlocks = readBlockMetas(disk, DATA).reduce((sum, { ulid }) => sum + usedBelow(disk, `${DATA}/${ulid}`), 0);
    // The logs, and half of the blocks.
    retentionPercent = 1 - (0.5 * ofBlocks) / bytes;
    await database.compact();
    expect(blocksOf(disk).length).toBeGreaterThan(0);
    expect(blocksOf(disk).length).toBeLessThan(7);
    expect(blocksOf(disk).at(-1)).toBe(`${6 * RANGE_MS}-${7 * RANGE_MS} 1`);
    await database.close();
  });

  it('waits longer after each failure, up to a minute', async () => {
    const disk = new MemoryFiles();
    const clock = new ManualClock();
    const waits: unknown[] = [];
    const error = (text: string, fields: Record<string, unknown> = {}): void => {
      if (text === 'compaction failed') waits.push(fields['retry_after']);
    };
    const database = await open(disk, { clock, log: { ...silentLog, error } });
    for (let time = 0; time < 2 * RANGE_MS; time += STEP_MS) appendAll(database, ['a'], time, new Map());
    disk.capacity = 0;
    for (let i = 0; i < 8; i++) await expect(database.compact()).rejects.toThrow('no space left');
    expect(waits).toEqual(['1s', '2s', '4s', '8s', '16s', '32s', '1m0s', '1m0s']);
    disk.capacity = Number.POSITIVE_INFINITY;
    await database.compact();
    expect(blocksOf(disk)).toHaveLength(1);
    await database.close();
  });

  it('marks blocks that can not be merged, goes on without them, and does not try them again', async () => {
    const disk = new MemoryFiles();
    let database = await open(disk);
    const model: Model = new Map();
    for (let time = 0; time < 5.4 * RANGE_MS; time += STEP_MS) appendAll(database, ['a'], time, model);
    await database.close();
    // Blocks of one range each, the second of them with a damaged chunk.
    database = await open(disk, { maintenance: { settings: NO_LIMITS, blockMsMax: RANGE_MS } });
    await database.compact();
    await database.close();
    const second = readBlockMetas(disk, DATA).find(({ minTime }) => minTime === RANGE_MS)!;
    const file = disk.openSync(`${DATA}/${second.ulid}/chunks/000001`, 'r+');
    file.writeSync(Uint8Array.of(0xff, 0xff, 0xff), 0, 3, 20);
    file.closeSync();
    const errors: string[] = [];
    const error = (text: string): void => void errors.push(text);
    database = await open(disk, { log: { ...silentLog, error } });
    await expect(database.compact()).rejects.toThrow(/^Cannot read data\/\w{26}\/chunks\/000001 at offset \d+: ./);
    expect(readBlockMetas(disk, DATA).filter(({ failed }) => failed)).not.toEqual([]);
    expect(errors).toEqual(['compaction failed']);
    await database.compact();
    expect(errors).toEqual(['compaction failed']);
    for (let time = Math.ceil((5.4 * RANGE_MS) / STEP_MS) * STEP_MS; time < 9 * RANGE_MS; time += STEP_MS)
      appendAll(database, ['a'], time, model);
    await database.compact();
    // The ranges behind them are merged all the same.
    expect(blocksOf(disk).some((block) => block.startsWith(`${3 * RANGE_MS}-${6 * RANGE_MS} `))).toBe(true);
    await database.close();
  });

  it('tries again after a failure, and loses nothing', async () => {
    const disk = new MemoryFiles();
    const clock = new ManualClock();
    const database = await open(disk, { clock });
    const model: Model = new Map();
    for (let time = 0; time < 2 * RANGE_MS; time += STEP_MS) appendAll(database, names(3), time, model);
    disk.capacity = 0;
    await expect(database.compact()).rejects.toThrow('no space left');
    expect(await readAll(database)).toEqual(model);
    expect(blocksOf(disk)).toEqual([]);
    disk.capacity = Number.POSITIVE_INFINITY;
    clock.advance(1000);
    await database.compact();
    expect(blocksOf(disk)).toHaveLength(1);
    expect(await readAll(database)).toEqual(model);
    await database.close();
  });

  it('loses nothing and repeats nothing, whatever comes between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (operations) => {
        let disk = new MemoryFiles();
        let database = await open(disk, { maintenance: { blockMsMax: 9 * RANGE_MS } });
        const model: Model = new Map();
        let now = 0;
        for (const { kind, generation, steps } of operations) {
          if (kind === 'ingest') {
            for (let i = 0; i < steps; i++) {
              now += STEP_MS;
              appendAll(database, names(4, generation), now, model);
            }
          } else if (kind === 'compact') {
            const running = database.compact();
            now += STEP_MS;
            appendAll(database, names(2, generation), now, model);
            await running;
          } else if (kind === 'kill') {
            disk = disk.afterProcessDeath();
            database = await open(disk, { maintenance: { blockMsMax: 9 * RANGE_MS } });
          } else {
            await database.close();
            database = await open(disk, { maintenance: { blockMsMax: 9 * RANGE_MS } });
          }
        }
        await database.compact();
        expect(await readAll(database)).toEqual(model);
        expect(leftovers(disk)).toEqual([]);
        await database.close();
      }),
      { numRuns: 12 },
    );
  });
});

const operation = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('ingest' as const) },
    { weight: 3, arbitrary: fc.constant('compact' as const) },
    { weight: 1, arbitrary: fc.constant('kill' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
  generation: fc.nat(6),
  steps: fc.integer({ min: 1, max: 40 }),
});

describe('compaction of stale series', () => {
  const settings = () => ({ retentionMs: 0, retentionBytes: 0, retentionPercent: 0, staleSeriesShare: 0.3 });

  it('moves them to blocks of their own and out of the head, for good', async () => {
    const disk = new MemoryFiles();
    const options = { maintenance: { settings, blockMsMax: 9 * RANGE_MS } };
    const database = await open(disk, options);
    const model: Model = new Map();
    for (let time = 0; time < RANGE_MS; time += STEP_MS) appendAll(database, ['a', 'b', 'gone', 'back'], time, model);
    markStale(database, ['gone', 'back'], RANGE_MS + 1, model);
    await database.compact();
    expect(database.stats().head.series).toBe(2);
    expect(readBlockMetas(disk, DATA).map(({ hints }) => hints)).toEqual([
      ['from-stale-series'],
      ['from-stale-series'],
    ]);
    expect(await readAll(database)).toEqual(model);
    appendAll(database, ['a', 'b', 'back'], RANGE_MS + STEP_MS, model);
    for (const again of [disk.afterProcessDeath(), disk]) {
      if (again === disk) await database.close();
      const next = await open(again, options);
      expect(next.stats().head.series).toBe(3);
      expect(await readAll(next)).toEqual(model);
      for (let time = RANGE_MS + 2 * STEP_MS; time < 3 * RANGE_MS; time += STEP_MS)
        appendAll(next, ['a', 'b'], time, new Map());
      await next.compact();
      const found = await readAll(next);
      expect(found.get('gone')).toEqual(model.get('gone'));
      expect(found.get('back')).toEqual(model.get('back'));
      await next.close();
    }
  });

  it('counts them whenever they are asked for, where there are not very many series', async () => {
    const registry = createRegistry(new ManualClock());
    const database = await open(new MemoryFiles(), { registry });
    const stale = () => Number(/^prometheus_tsdb_head_stale_series (\d+)$/m.exec(registry.render())![1]);
    const model: Model = new Map();
    appendAll(database, ['a', 'b', 'c'], 0, model);
    expect(stale()).toBe(0);
    markStale(database, ['a', 'c'], 1000, model);
    expect(stale()).toBe(2);
    appendAll(database, ['a'], 2000, model);
    expect(stale()).toBe(1);
  });

  it('leaves series alone that came back while their block was written, and a head with few stale ones', async () => {
    const disk = new MemoryFiles();
    const database = await open(disk, { maintenance: { settings, blockMsMax: RANGE_MS } });
    const model: Model = new Map();
    appendAll(database, ['a', 'b', 'c', 'd'], 0, model);
    markStale(database, ['a'], 1, model);
    await database.compact();
    expect(database.stats().head.series).toBe(4);
    markStale(database, ['b'], 1, model);
    const running = database.compact();
    // The block is being written: this comes after the series were chosen and before they leave.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    appendAll(database, ['a'], 2, model);
    await running;
    expect([3, 4]).toContain(database.stats().head.series);
    expect(await readAll(database)).toEqual(model);
    await database.close();
  });
});

describe('maintenance that has to wait', () => {
  it('leaves first blocks alone that were not uploaded, as long as the list can be read', async () => {
    const disk = new MemoryFiles();
    const clock = new ManualClock();
    const list = (content: string) => {
      const file = disk.openSync('uploaded.json', 'w');
      const bytes = new TextEncoder().encode(content);
      file.writeSync(bytes, 0, bytes.length, 0);
      file.closeSync();
    };
    list('{"version":1,"uploaded":[]}');
    const maintenance = { blockMsMax: 3 * RANGE_MS, pendingUploadsFile: 'uploaded.json' };
    const database = await open(disk, { clock, maintenance });
    const model: Model = new Map();
    for (let time = 0; time < 6 * RANGE_MS; time += STEP_MS) appendAll(database, ['a'], time, model);
    await database.compact();
    expect(blocksOf(disk).every((meta) => meta.endsWith(' 1'))).toBe(true);
    list(JSON.stringify({ uploaded: readBlockMetas(disk, DATA).map(({ ulid }) => ulid) }));
    await database.compact();
    expect(blocksOf(disk).some((meta) => meta.endsWith(' 2'))).toBe(false);
    clock.advance(60_000);
    await database.compact();
    expect(blocksOf(disk).some((meta) => meta.endsWith(' 2'))).toBe(true);
    expect(await readAll(database)).toEqual(model);
    await database.close();
  });

  it('compacts a head so much later as it is told to', async () => {
    const disk = new MemoryFiles();
    const clock = new ManualClock();
    const database = await open(disk, { clock, maintenance: { headDelayMs: 30_000 } });
    const model: Model = new Map();
    for (let time = 0; time < 2 * RANGE_MS; time += STEP_MS) appendAll(database, ['a'], time, model);
    await database.compact();
    expect(blocksOf(disk)).toEqual([]);
    clock.advance(30_000);
    await database.compact();
    expect(blocksOf(disk)).toHaveLength(1);
    await database.close();
  });

  it('does not run beside exclusive work, and ends when the database is closed', async () => {
    const disk = new MemoryFiles();
    const database = await open(disk);
    const model: Model = new Map();
    for (let time = 0; time < 2 * RANGE_MS; time += STEP_MS) appendAll(database, ['a'], time, model);
    let release = () => {};
    const held = database.exclusive(() => new Promise<void>((resolve) => (release = resolve)));
    const compacting = database.compact();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(blocksOf(disk)).toEqual([]);
    release();
    await held;
    await compacting;
    expect(blocksOf(disk)).toHaveLength(1);
    await database.close();
    await expect(database.compact()).rejects.toThrow('Cancelled');
  });
});

/** Ends series with a stale marker, the float whose bits say so. */
function markStale(
  database: Awaited<ReturnType<typeof open>>,
  list: readonly string[],
  time: number,
  model: Model,
): void {
  const appender = database.appender();
  const batch = createSampleBatch(list.length);
  batch.length = list.length;
  for (const [i, name] of list.entries()) {
    batch.refs[i] = appender.resolve(seriesLabels(name));
    batch.times[i] = time;
    batch.bits[2 * i] = STALE_LOW;
    batch.bits[2 * i + 1] = STALE_HIGH;
    model.get(name)!.set(time, Number.NaN);
  }
  expect(appender.append(batch).refusedCount).toBe(0);
  appender.commit();
}

function usedBelow(disk: MemoryFiles, path: string): number {
  return disk
    .readDirectorySync(path)
    .map(({ kind, name }) =>
      kind === 'directory' ? usedBelow(disk, `${path}/${name}`) : disk.statSync(`${path}/${name}`)!.size,
    )
    .reduce((sum, size) => sum + size, 0);
}

const NO_LIMITS = () => ({ retentionMs: 0, retentionBytes: 0, retentionPercent: 0, staleSeriesShare: 0 });
