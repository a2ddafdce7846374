import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { systemClock } from '../../src/std/clock.ts';
import type { FileSystem } from '../../src/std/file-system.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import type { Querier, SeriesSet } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { NotResident } from '../../src/tsdb/not-resident.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { batchOf, showSet } from './head-support.ts';

let directory: string;
let database: Database;

async function open(): Promise<void> {
  directory = mkdtempSync(join(tmpdir(), 'narthex-resident-'));
  // No select takes long by a clock that stands, whatever else the machine does.
  const clock = { ...systemClock, monotonic: () => 0 };
  database = await openDatabase({ directory, fileSystem: nodeFiles, clock, log: silentLog, lock: false });
}

afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

test('residentQuerier() gives few series out of memory at once, and refuses more', async () => {
  await open();
  const now = systemClock.now();
  const appender = database.appender();
  const refs = ['a', 'b', 'c'].map((s) => appender.resolve(labelsFromObject({ s })));
  appender.append(batchOf(refs.map((ref, i) => [ref, now, i])));
  appender.commit();
  const range = { minTime: now - 1000, maxTime: now };
  const select = (seriesMax: number, s: string) => {
    const querier = database.residentQuerier(range, seriesMax);
    try {
      return querier.select({ matchers: [{ type: '=~', name: 's', value: s }], range, sorted: true, limit: 0 });
    } finally {
      querier.close();
    }
  };
  const set = select(2, 'a|b');
  if (set instanceof Promise) throw new Error('it answers at once');
  expect(showSet(set)).toEqual([`{s="a"} ${now}=0`, `{s="b"} ${now}=1`]);
  expect(() => select(2, '.+')).toThrow(NotResident);
});

test('residentQuerier() reads blocks once their pages have come into memory, and never a file', async () => {
  directory = mkdtempSync(join(tmpdir(), 'narthex-resident-'));
  let blockReads = 0;
  const fileSystem: FileSystem = {
    ...nodeFiles,
    openSync(path, mode) {
      const file = nodeFiles.openSync(path, mode);
      if (!/\/(?:index|chunks\/\d+)$/.test(path)) return file;
      const readSync = file.readSync.bind(file);
      file.readSync = (...read) => {
        blockReads++;
        return readSync(...read);
      };
      return file;
    },
  };
  database = await openDatabase({ directory, fileSystem, clock: systemClock, log: silentLog, lock: false });
  const now = systemClock.now();
  const from = now - 6 * 3_600_000;
  const appender = database.appender();
  // So many that index and chunks are some pages each.
  const refs = Array.from({ length: 800 }, (_, i) => appender.resolve(labelsFromObject({ s: `s${1000 + i}`, t: 'x' })));
  for (let time = from; time <= now; time += 120_000) {
    appender.append(batchOf(refs.map((ref, i) => [ref, time, i * Math.sin(time)])));
  }
  appender.commit();
  await database.compact();
  const range = { minTime: from, maxTime: now };
  expect(database.hasBlocks(range)).toBe(true);
  const whole = (querier: Querier, s: string): string[] => {
    try {
      const matchers: Matcher[] = [
        { type: '=', name: 's', value: s },
        { type: '=', name: 't', value: 'x' },
      ];
      return showSet(querier.select({ matchers, range, sorted: true, limit: 0 }) as SeriesSet);
    } finally {
      querier.close();
    }
  };
  blockReads = 0;
  let shown: string[] | null = null;
  let missing = 0;
  for (let tries = 0; tries < 20_000 && shown === null; tries++) {
    try {
      shown = whole(database.residentQuerier(range, 10), 's1700');
    } catch (error) {
      if (!(error instanceof NotResident)) throw error;
      missing++;
      await setTimeout(5);
    }
  }
  expect(missing).toBeGreaterThan(0);
  expect(blockReads).toBe(0);
  expect(shown).toEqual(whole(database.querier(range), 's1700'));
});
