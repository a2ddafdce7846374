import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../../src/std/memory-files.ts';
import { readBlockMeta } from '../../../src/tsdb/block/block-meta.ts';
import type { Database } from '../../../src/tsdb/tsdb.ts';
import { show, showSet } from '../head-support.ts';
import { addRows, type LateRow, openLate, RANGE_MS, readSamples } from './late-support.ts';

function rowsAt(times: readonly number[], series = 'a'): LateRow[] {
  return times.map((time) => [series, time, time / 2]);
}

function wblSegments(files: MemoryFiles): string[] {
  return files.readDirectorySync('data/wbl').map(({ name }) => name);
}

describe('compactOutOfOrder()', () => {
  it('makes a block of each range and lets go of memory and log', async () => {
    const files = new MemoryFiles();
    const database = await openLate(files);
    addRows(database, [['a', 9000, 1]]);
    addRows(database, [...rowsAt([8100, 5100, 5050, 8200]), ['b', 5500, 7]]);
    const before = await readSamples(database);
    const made = await database.compactOutOfOrder();
    expect(made.map(({ minTime, maxTime, stats, hints }) => [minTime, maxTime, stats.samples, hints])).toEqual([
      [5000, 6000, 3, ['from-out-of-order']],
      [8000, 9000, 2, ['from-out-of-order']],
    ]);
    expect(readBlockMeta(files, `data/${made[0]!.ulid}/meta.json`)).toMatchObject({ hints: ['from-out-of-order'] });
    expect(await readSamples(database)).toEqual(before);
    expect(wblSegments(files)).toEqual(['00000001']);
    expect(database.stats().head.chunks).toBe(1);
    expect(await database.compactOutOfOrder()).toEqual([]);
    await database.close();
    const again = await openLate(files);
    expect(await readSamples(again)).toEqual(before);
    expect(addRows(again, [['a', 9001, 2]])).toBe('1 taken');
    await again.close();
  });

  it('leaves a segment also where none of its own process was begun', async () => {
    const files = new MemoryFiles();
    let database = await openLate(files);
    addRows(database, [['a', 9000, 1]]);
    addRows(database, rowsAt([8100]));
    await database.close();
    database = await openLate(files);
    expect(await database.compactOutOfOrder()).toHaveLength(1);
    expect(wblSegments(files)).toEqual(['00000001']);
    await database.close();
    const withoutLate = new MemoryFiles();
    database = await openLate(withoutLate);
    addRows(database, [['a', 9000, 1]]);
    await database.compactOutOfOrder();
    await database.close();
    expect(withoutLate.statSync('data/wbl')).toBe(null);
  });

  it('keeps what comes while it runs', async () => {
    const files = new MemoryFiles();
    const database = await openLate(files);
    addRows(database, [['a', 9000, 1]]);
    addRows(database, rowsAt(Array.from({ length: 300 }, (_, i) => (i * 37) % 8000)));
    const running = database.compactOutOfOrder();
    addRows(database, rowsAt([8500, 8600, 3]));
    await running;
    addRows(database, rowsAt([8700, 3]));
    const all = await readSamples(database);
    expect(all.size).toBe(305);
    const after = await openLate(files.afterProcessDeath());
    expect(await readSamples(after)).toEqual(all);
  });

  it('shows a reader what it selected, whatever leaves memory meanwhile', async () => {
    const files = new MemoryFiles();
    const database = await openLate(files);
    addRows(database, [['a', 9000, 1]]);
    addRows(database, rowsAt(Array.from({ length: 100 }, (_, i) => 5000 + ((i * 37) % 100))));
    const range = { minTime: 0, maxTime: 10_000 };
    const querier = database.querier(range);
    const set = await querier.select({ matchers: [], range, sorted: true, limit: 0 });
    await database.compactOutOfOrder();
    addRows(
      database,
      rowsAt(
        Array.from({ length: 200 }, (_, i) => 7000 + i),
        'b',
      ),
    );
    const times = showSet(set)[0]!.split(' ').slice(1);
    expect(times).toHaveLength(101);
    expect(times[5]).toBe('5005=2502.5');
    querier.close();
  });

  it('leaves out what was deleted', async () => {
    const files = new MemoryFiles();
    const database = await openLate(files);
    addRows(database, [['a', 9000, 1]]);
    addRows(database, rowsAt([5000, 5100, 5200, 8000]));
    await database.delete([[{ type: '=', name: 's', value: 'a' }]], { minTime: 5050, maxTime: 5150 });
    const expected = ['{s="a"} 5000=2500 5200=2600 8000=4000 9000=1'];
    expect(show(database)).toEqual(expected);
    await database.compactOutOfOrder();
    expect(show(database)).toEqual(expected);
    await database.close();
    const again = await openLate(files);
    expect(show(again)).toEqual(expected);
    await again.close();
  });

  it('keeps everything where the disk is full at any call', async () => {
    const prepare = async (): Promise<{ files: MemoryFiles; database: Database; before: Map<string, number> }> => {
      const files = new MemoryFiles();
      const database = await openLate(files);
      addRows(database, [['a', 9000, 1]]);
      addRows(database, rowsAt([3000, 5000, 8000]));
      return { files, database, before: await readSamples(database) };
    };
    const whole = await prepare();
    const from = whole.files.operations.length;
    await whole.database.compactOutOfOrder();
    const calls = whole.files.operations.length - from;
    expect(calls).toBeGreaterThan(60);
    for (let call = 1; call <= calls; call++) {
      const { before, database, files } = await prepare();
      files.failAt(files.operations.length + call, { kind: 'error', code: 'ENOSPC' });
      // Some calls may fail without harm; some fail the reading of a block that was written.
      await database.compactOutOfOrder().catch((error) => expect(error).toBeInstanceOf(Error));
      expect(await readSamples(database)).toEqual(before);
      expect(await readSamples(await openLate(files.afterProcessDeath()))).toEqual(before);
      await database.compactOutOfOrder();
      expect(await readSamples(database)).toEqual(before);
      await database.close();
    }
  });

  it('gives what any order of samples, compactions and restarts should', async () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 6000 })), {
          minLength: 1,
          maxLength: 60,
        }),
      },
      { weight: 1, arbitrary: fc.constant('compact' as const) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
      { weight: 1, arbitrary: fc.constant('kill' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        let files = new MemoryFiles();
        let database: Database = await openLate(files);
        const truth = new Map<string, number[]>();
        let value = 0;
        for (const action of steps) {
          if (action === 'compact') await database.compactOutOfOrder();
          else if (action === 'restart') {
            await database.close();
            database = await openLate(files);
          } else if (action === 'kill') {
            files = files.afterProcessDeath();
            database = await openLate(files);
          } else {
            const rows = action.map(([s, time]): LateRow => [s, time, value++]);
            addRows(database, rows);
            for (const [s, time, v] of rows) truth.set(`${s} ${time}`, [...(truth.get(`${s} ${time}`) ?? []), v]);
          }
        }
        const found = await readSamples(database);
        expect([...found.keys()].sort()).toEqual([...truth.keys()].sort());
        for (const [key, shown] of found) expect(truth.get(key)).toContain(shown);
        await database.close();
      }),
      { numRuns: 60 },
    );
  });

  it('aligns blocks of negative times', async () => {
    const files = new MemoryFiles();
    const database = await openLate(files);
    addRows(database, [['a', 500, 1]]);
    addRows(database, rowsAt([-1, -1000, -1001, 0]));
    const made = await database.compactOutOfOrder();
    expect(made.map(({ minTime }) => minTime / RANGE_MS)).toEqual([-2, -1, 0]);
    expect(show(database)).toEqual(['{s="a"} -1001=-500.5 -1000=-500 -1=-0.5 0=0 500=1']);
  });
});
