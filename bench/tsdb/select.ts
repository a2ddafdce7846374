import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { printTable } from '../table.ts';
import { TurnWatch } from '../turn-watch.ts';

const GROUP = 1000;
const BATCH = 10_000;

const CASES: readonly (readonly [name: string, matchers: readonly Matcher[]])[] = [
  ['equality, 1,000 of them', [{ type: '=', name: 'group', value: '0' }]],
  ['=~".+" on a label of 100 values', [{ type: '=~', name: 'hundred', value: '.+' }]],
  ['=~".*99.*" on a label of as many values', [{ type: '=~', name: 'id', value: '.*99.*' }]],
  [
    '!="", and equality',
    [
      { type: '=', name: 'group', value: '0' },
      { type: '!=', name: 'id', value: '' },
    ],
  ],
];

/** How long a select takes among many series, and how long it holds the event loop. */
export async function selectCase(root: string, series: number, rounds: number): Promise<unknown> {
  const options = { directory: join(root, 'select'), fileSystem: nodeFiles, clock: systemClock, log: silentLog };
  const database = await openDatabase({ ...options, lock: false, maintenance: null });
  const now = Date.now();
  for (let from = 0; from < series; from += BATCH) {
    const appender = database.appender();
    const batch = createSampleBatch(BATCH);
    batch.length = Math.min(BATCH, series - from);
    for (let i = 0; i < batch.length; i++) {
      const id = from + i;
      const labels = {
        __name__: 'm',
        group: String(Math.floor(id / GROUP)),
        hundred: String(id % 100),
        id: `id-${id}`,
        odd: id % 2 === 1 ? 'yes' : 'no',
      };
      batch.refs[i] = appender.resolve(labelsFromObject(labels));
      batch.times[i] = now;
      batch.values[i] = id;
    }
    appender.append(batch);
    appender.commit();
  }
  const range = { minTime: now - 1000, maxTime: now + 1000 };
  const column = createSampleColumn(8);
  const watch = new TurnWatch();
  const results = [];
  for (const [name, matchers] of CASES) {
    let best = Number.POSITIVE_INFINITY;
    let found = 0;
    watch.start();
    for (let round = 0; round < rounds; round++) {
      const querier = database.querier(range);
      const started = performance.now();
      const set = await querier.select({ matchers, range, sorted: false, limit: 0 });
      best = Math.min(best, performance.now() - started);
      found = set.length;
      if (found > 0) set.read(0, column);
      querier.close();
      await setTimeout(5);
    }
    const { delayMs, longestCpuMs } = watch.stop();
    results.push({ name, found, bestMs: best, longestTurnCpuMs: longestCpuMs, longestDelayMs: delayMs });
  }
  await database.close();
  console.log(`\nselect among ${series} series`);
  printTable(
    ['matchers', 'series', 'best ms', 'longest turn CPU ms', 'longest delay of the loop ms'],
    results.map((row) => [row.name, row.found, row.bestMs, row.longestTurnCpuMs, row.longestDelayMs]),
  );
  return results;
}
