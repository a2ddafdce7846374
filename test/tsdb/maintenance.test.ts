import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { lastCheckpoint, listSegments } from '../../src/tsdb/wal/segments.ts';
import { appendAll, blocksOf, DATA, leftovers, type Model, open, RANGE_MS, readAll } from './maintenance-support.ts';

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
    expect(listSegments(disk, `${DATA}/wal`).length).toBeLessThan(database.stats().walSegment / 2);
    const metas = blocksOf(disk);
    expect(metas.some((meta) => meta.endsWith(' 3'))).toBe(true);
    expect(metas.length).toBeLessThan(7);
    expect(leftovers(disk)).toEqual([]);
    await database.close();
    const again = await open(disk.afterProcessDeath());
    expect(await readAll(again)).toEqual(model);
    await again.close();
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
