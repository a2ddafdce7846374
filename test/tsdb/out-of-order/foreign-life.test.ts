import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryFiles } from '../../../src/std/memory-files.ts';
import type { Database } from '../../../src/tsdb/tsdb.ts';
import { openWriter, samplesOf, seriesOf } from '../wal-support.ts';
import { addRows, openLate, readSamples } from './late-support.ts';

const NAMES = ['a', 'b', 'c'];

/**
 * A directory as Prometheus leaves it: its write-ahead log has late samples too, in the order of their arrival; `wbl/` has
 * them once more. Returns what it holds.
 */
function foreignDirectory(files: MemoryFiles, rows: readonly (readonly [number, number])[]): Map<string, number> {
  const truth = new Map<string, number>();
  const wal = openWriter(files, { directory: 'data/wal' });
  const wbl = openWriter(files, { directory: 'data/wbl' });
  wal.append([seriesOf(1, { s: 'clock' }), samplesOf([[1, 10_000, 1]])]);
  truth.set('clock 10000', 1);
  wal.append(NAMES.map((s, i) => seriesOf(i + 2, { s })));
  const newest = new Map<number, number>();
  for (const [i, time] of rows) {
    const key = `${NAMES[i]} ${time}`;
    if (truth.has(key)) continue;
    truth.set(key, time);
    const record = samplesOf([[i + 2, time, time]]);
    // Half a range before the newest sample nothing is taken in order.
    const isLate = time < 9500 || time < (newest.get(i) ?? 0);
    wal.append([record]);
    if (isLate) wbl.append([record]);
    else newest.set(i, time);
  }
  return truth;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('forward' as const), ms: fc.nat(1500) }),
  fc.record({
    kind: fc.constant('delete' as const),
    series: fc.constantFrom('clock', 'clock', ...NAMES),
    from: fc.integer({ min: 7000, max: 13_000 }),
    ms: fc.nat(6000),
  }),
  fc.record({
    kind: fc.constantFrom(
      'maintain',
      'clean',
      'restart',
      'maintain',
      'compact late',
      'restart',
      'kill',
      'image',
      'clean',
    ),
  }),
);

it("late samples of another server's log stay deleted, and the others stay", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 7000, max: 10_400 })), { maxLength: 12 }),
      fc.array(step, { minLength: 3, maxLength: 20 }),
      async (rows, steps) => {
        let files = new MemoryFiles();
        const truth = foreignDirectory(files, rows);
        let database: Database = await openLate(files);
        let now = 10_400;
        const check = async (what: string) =>
          expect([...(await readSamples(database))].sort(), what).toEqual([...truth].sort());
        await check('opened');
        for (const action of steps) {
          if (action.kind === 'forward') {
            now += action.ms + 1;
            addRows(database, [['clock', now, now]]);
            truth.set(`clock ${now}`, now);
          } else if (action.kind === 'delete') {
            const to = action.from + action.ms;
            const { series } = action;
            await database.delete([[{ type: '=', name: 's', value: series }]], { minTime: action.from, maxTime: to });
            for (const key of truth.keys()) {
              const [s, time] = key.split(' ');
              if (s === series && Number(time) >= action.from && Number(time) <= to) truth.delete(key);
            }
          } else if (action.kind === 'maintain') await database.compact();
          else if (action.kind === 'compact late') await database.compactOutOfOrder();
          else if (action.kind === 'clean') await database.cleanTombstones();
          else if (action.kind === 'image') await database.writeHeadImage();
          else {
            if (action.kind === 'restart') await database.close();
            else files = files.afterProcessDeath();
            database = await openLate(files);
          }
          await check(action.kind);
        }
        await database.close();
      },
    ),
    { numRuns: 30 },
  );
});

it('what was deleted of blocks does not come back from the log when the blocks are gone', async () => {
  for (const isForeign of [true, false]) {
    const files = new MemoryFiles();
    if (isForeign) foreignDirectory(files, [[0, 9000]]);
    let database = await openLate(files);
    if (!isForeign) {
      addRows(database, [['clock', 10_000, 1]]);
      addRows(database, [['a', 9000, 9000]]);
    }
    addRows(database, [['clock', 12_600, 2]]);
    await database.compact();
    for (const [value, maxTime] of [
      ['a', 12_000],
      ['clock', 12_000],
    ] as const) {
      await database.delete([[{ type: '=', name: 's', value }]], { minTime: 0, maxTime });
    }
    await database.cleanTombstones();
    expect(await readSamples(database)).toEqual(new Map([['clock 12600', 2]]));
    await database.close();
    database = await openLate(files);
    expect(await readSamples(database), String(isForeign)).toEqual(new Map([['clock 12600', 2]]));
    await database.close();
  }
});
