import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import type { DatabaseOptions } from '../../src/tsdb/options.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { tombstonesRecord } from '../../src/tsdb/wal/records.ts';
import { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { type BlockSample, writeBlock } from './block-support.ts';
import { ALL_TIME, batchOf, type Row, show, showSet } from './head-support.ts';
import { samplesOf, seriesOf } from './wal-support.ts';

const ROOT = '/data';
const ULID = '01M7Y2YCE48314TZWWY00MFCX0';
const SERIES = ['a', 'b', 'c'];

describe('Database.delete()', () => {
  it('hides samples of the head now and after a restart, not those that come later', async () => {
    const files = new MemoryFiles();
    const database = await open(files);
    add(database, 'a', [1, 2, 3, 4, 5]);
    add(database, 'b', [1, 2]);
    await database.delete([[of('a')]], { minTime: 2, maxTime: 3 });
    await database.delete([[of('a')]], { minTime: 5, maxTime: 1000 });
    await database.delete([[of('b')]], ALL_TIME);
    add(database, 'a', [6, 7]);
    const expected = ['{s="a"} 1=1 4=4 6=6 7=7'];
    expect(show(database)).toEqual(expected);
    // Queries that end inside a deleted interval behind another one.
    expect(show(database, [], { minTime: 0, maxTime: 5 })).toEqual(['{s="a"} 1=1 4=4']);
    expect(show(database, [], { minTime: 2, maxTime: 3 })).toEqual([]);
    expect(show(database, [], ALL_TIME, 1)).toEqual(expected);
    for (let restart = 0; restart < 2; restart++) {
      await database.close();
      expect(show(await open(files.afterProcessDeath()))).toEqual(expected);
    }
  });

  it('gives the newest sample that is left to whoever asks for that alone', async () => {
    const database = await open(new MemoryFiles());
    add(database, 'a', [1, 2, 3]);
    await database.delete([[of('a')]], { minTime: 3, maxTime: 3 });
    const querier = database.querier(ALL_TIME);
    const set = await querier.select({ matchers: [], range: ALL_TIME, sorted: false, limit: 0, newestOnly: true });
    expect(showSet(set)[0]).toMatch(/ 2=2$/);
    querier.close();
  });

  it('keeps a killed process from bringing samples back once it has answered', async () => {
    const files = new MemoryFiles();
    const database = await open(files);
    add(database, 'a', [1, 2, 3]);
    await database.delete([[of('a')]], { minTime: 2, maxTime: 2 });
    expect(show(await open(files.afterProcessDeath()))).toEqual(['{s="a"} 1=1 3=3']);
  });

  it('hides samples of blocks from new queries; open ones keep to what they met', async () => {
    const files = new MemoryFiles();
    block(files);
    const database = await open(files);
    const querier = database.querier(ALL_TIME);
    await database.delete([[of('a')], [of('b')]], { minTime: 20, maxTime: 1e15 });
    expect(show(database)).toEqual(['{s="a"} 10=1', '{s="b"} 10=1', '{s="c"} 10=1 20=2 30=3']);
    expect(show({ querier: () => querier })).toHaveLength(3);
    expect(show(await open(files.afterProcessDeath()))).toEqual(show(database));
    const meta = JSON.parse(new TextDecoder().decode(files.readFileSync(`${ROOT}/${ULID}/meta.json`)));
    expect(meta.stats.numTombstones).toBe(2);
    await database.delete([[of('a')]], { minTime: 25, maxTime: 30 });
    const calls = files.operations.length;
    await database.delete([[of('a')]], { minTime: 25, maxTime: 30 });
    expect(files.operations.slice(calls).filter(({ name }) => name === 'write')).toEqual([]);
  });

  it('deletes samples that came late, not those that come late afterwards, over restarts and compactions', async () => {
    const files = new MemoryFiles();
    const late = { outOfOrderMs: 1000 };
    let database = await open(files, late);
    add(database, 'a', [100, 200]);
    add(database, 'a', [110, 120, 130]);
    add(database, 'b', [50]);
    await database.delete([[of('a')], [of('b')]], { minTime: 0, maxTime: 150 });
    const deleted = ['{s="a"} 200=20'];
    expect(show(database)).toEqual(deleted);
    database = await open(files.afterProcessDeath(), late);
    expect(show(database)).toEqual(deleted);
    // Corrected samples take the place of the deleted ones, at their times too.
    add(database, 'a', [100, 115, 120]);
    add(database, 'b', [40, 60]);
    const corrected = ['{s="a"} 100=10 115=11.5 120=12 200=20', '{s="b"} 40=4 60=6'];
    expect(show(database)).toEqual(corrected);
    await database.compactOutOfOrder();
    expect(show(database)).toEqual(corrected);
    add(database, 'a', [130]);
    const more = ['{s="a"} 100=10 115=11.5 120=12 130=13 200=20', '{s="b"} 40=4 60=6'];
    expect(show(database)).toEqual(more);
    await database.close();
  });

  it("takes another server's deletions for those of late samples too, from the log and from an image of the head", async () => {
    const files = new MemoryFiles();
    await lateSamples(files);
    const wal = WalWriter.open({ fileSystem: files, clock: new ManualClock(0), directory: `${ROOT}/wal` });
    wal.append([tombstonesRecord([{ ref: 1, minTime: 40, maxTime: 42 }])]);
    await wal.close();
    const database = await open(files);
    add(database, 'b', [50]);
    const expected = ['{s="a"} 45=4.5', '{s="b"} 50=5'];
    expect(show(database)).toEqual(expected);
    expect(await database.writeHeadImage()).toBe(true);
    await database.close();
    const again = await open(files);
    expect(again.stats().replay.imageSeries).toBe(2);
    expect(show(again)).toEqual(expected);
    await again.close();
  });

  it('without a matcher chooses nothing', async () => {
    const database = await open(new MemoryFiles());
    add(database, 'a', [1]);
    await database.delete([[], [of('zz')]], ALL_TIME);
    await database.delete([], ALL_TIME);
    await database.delete([[of('a')]], { minTime: 5, maxTime: 4 });
    expect(show(database)).toEqual(['{s="a"} 1=1']);
  });

  it('leaves a block with its old or its new tombstones when it dies or fails at any call', async () => {
    const full = new MemoryFiles();
    block(full);
    const database = await open(full);
    const from = full.operations.length;
    const before = show(database);
    const deletion = (db: Database) => db.delete([[of('a')]], { minTime: 20, maxTime: 20 });
    await deletion(database);
    const after = show(database);
    const count = full.operations.length - from;
    expect(count).toBeGreaterThan(8);
    for (let call = 1; call <= count; call++) {
      for (const fault of [
        { kind: 'death', written: 3 },
        { kind: 'error', code: 'ENOSPC' },
      ] as const) {
        const files = new MemoryFiles();
        block(files);
        const failing = await open(files);
        files.failAt(files.operations.length + call, fault);
        const acknowledged = await deletion(failing).then(
          () => true,
          () => false,
        );
        for (const next of [files.afterProcessDeath(), files.afterPowerCut(call)]) {
          const seen = show(await open(next));
          expect(acknowledged ? [after] : [before, after]).toContainEqual(seen);
        }
      }
    }
  });

  it('is as exact as taking samples out of a list', async () => {
    const time = fc.integer({ min: 0, max: 60 });
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('delete' as const),
        series: fc.subarray(SERIES, { minLength: 1 }),
        from: time,
        to: time,
      }),
      fc.record({ kind: fc.constant('append' as const), series: fc.constantFrom(...SERIES), ahead: fc.nat(3) }),
      fc.record({ kind: fc.constant('late' as const), series: fc.constantFrom(...SERIES), at: time }),
      fc.record({ kind: fc.constantFrom('restart' as const, 'compact late' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), fc.array(fc.tuple(time, time)), async (changes, ranges) => {
        let files = new MemoryFiles();
        block(files);
        await lateSamples(files);
        const options = { outOfOrderMs: 1000 };
        let database = await open(files, options);
        const model = new Map(SERIES.map((name) => [name, new Set([10, 20, 30])]));
        model.get('a')!.add(45).add(41);
        const last = new Map([['a', 45]]);
        let newest = 45;
        for (const step of changes) {
          if (step.kind === 'append') {
            newest += step.ahead + 1;
            add(database, step.series, [newest]);
            model.get(step.series)!.add(newest);
            last.set(step.series, newest);
          } else if (step.kind === 'late') {
            // A series' last time in order is not taken again, deleted or not.
            if (step.at >= newest || step.at === last.get(step.series)) continue;
            if (!last.has(step.series)) last.set(step.series, step.at);
            add(database, step.series, [step.at]);
            model.get(step.series)!.add(step.at);
          } else if (step.kind === 'compact late') {
            await database.compactOutOfOrder();
          } else if (step.kind === 'delete') {
            const range = { minTime: step.from, maxTime: step.to };
            await database.delete(
              step.series.map((name) => [of(name)]),
              range,
            );
            for (const name of step.series) {
              for (const at of model.get(name)!) if (at >= step.from && at <= step.to) model.get(name)!.delete(at);
            }
          } else {
            files = files.afterProcessDeath();
            database = await open(files, options);
          }
        }
        for (const [minTime, maxTime] of [[0, 1000] as const, ...ranges]) {
          const expected = SERIES.flatMap((name) => {
            const left = [...model.get(name)!].filter((at) => at >= minTime && at <= maxTime).sort((a, b) => a - b);
            return left.length === 0 ? [] : [`{s="${name}"} ${left.map((at) => `${at}=${valueAt(at)}`).join(' ')}`];
          });
          const seen = show(database, [], { minTime, maxTime }).filter((line) => line.includes(' '));
          expect(seen).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Samples 10, 20 and 30 of three series. */
function block(files: MemoryFiles): void {
  const chunks: BlockSample[][] = [[10, 20, 30].map((time) => [time, valueAt(time)] as const)];
  const series = SERIES.map((s) => ({ labels: labelsFromObject({ s }), chunks }));
  writeBlock(files, ROOT, { ulid: ULID, version: 2, minTime: 0, maxTime: 31, series, deleted: [] });
  for (const path of [`${ROOT}/${ULID}/meta.json`, `${ROOT}/${ULID}/index`, `${ROOT}/${ULID}/tombstones`]) {
    const file = files.openSync(path, 'r+');
    file.syncSync();
    file.closeSync();
  }
  const segment = files.openSync(`${ROOT}/${ULID}/chunks/000001`, 'r+');
  segment.syncSync();
  for (const path of [`${ROOT}/${ULID}/chunks`, `${ROOT}/${ULID}`, ROOT, '.', '/']) {
    if (files.statSync(path) !== null) files.syncDirectorySync(path);
  }
}

/** Sample 45 of `a` in the log and its late sample 41 in the log of those. */
async function lateSamples(files: MemoryFiles): Promise<void> {
  for (const [name, records] of [
    ['wal', [seriesOf(1, { s: 'a' }), samplesOf([[1, 45, valueAt(45)]])]],
    ['wbl', [samplesOf([[1, 41, valueAt(41)]])]],
  ] as const) {
    const writer = WalWriter.open({ fileSystem: files, clock: new ManualClock(0), directory: `${ROOT}/${name}` });
    writer.append([...records]);
    await writer.close();
  }
}

function valueAt(time: number): number {
  return time < 10 ? time : time / 10;
}

function of(value: string): Matcher {
  return { type: '=', name: 's', value };
}

function add(database: Database, s: string, times: readonly number[]): void {
  const appender = database.appender();
  const ref = appender.resolve(labelsFromObject({ s }));
  appender.append(batchOf(times.map((time): Row => [ref, time, valueAt(time)])));
  appender.commit();
}

function open(files: MemoryFiles, options: Partial<DatabaseOptions> = {}): Promise<Database> {
  return openDatabase({ directory: ROOT, fileSystem: files, clock: new ManualClock(0), log: silentLog, ...options });
}
