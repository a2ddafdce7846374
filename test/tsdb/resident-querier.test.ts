import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { NotResident } from '../../src/tsdb/resident-querier.ts';
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
