import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { printTable } from '../table.ts';
import { Fleet } from './fleet.ts';

const STEPS = 480;

/** Samples a second that a select gives: of chunks in memory, and of the same chunks when they are in `chunks_head/`. */
export async function readCase(root: string, series: number, rounds: number): Promise<unknown> {
  const clock = new ManualClock(Date.now());
  const options = { directory: join(root, 'read'), fileSystem: nodeFiles, clock, log: silentLog };
  const database = await openDatabase({ ...options, lock: false, maintenance: null });
  const fleet = new Fleet(series, clock.now() - STEPS * 15_000);
  for (let step = 0; step < STEPS; step++) fleet.scrapeAll(database, step);
  const inMemory = readAll(database, rounds);
  for (let i = 0; i < 5000 && database.stats().chunkFiles.chunksWritten < 3 * series; i++) {
    clock.advance(1000);
    await setImmediate();
  }
  const chunksInFiles = database.stats().chunkFiles.chunksWritten;
  const inFiles = readAll(database, rounds);
  await database.close();
  const rows = [
    { name: 'all chunks in memory', ...inMemory },
    { name: `${chunksInFiles} chunks in files`, ...inFiles },
  ];
  console.log(`\nreading ${series} series of ${STEPS} samples, one by one`);
  printTable(
    ['where', 'M samples/s', 'µs a series'],
    rows.map((row) => [row.name, row.samplesPerSecond / 1e6, row.microsecondsPerSeries]),
  );
  return rows;
}

function readAll(database: Database, rounds: number): { samplesPerSecond: number; microsecondsPerSeries: number } {
  const range = { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY };
  const column = createSampleColumn(STEPS);
  let best = Number.POSITIVE_INFINITY;
  let samples = 0;
  let series = 0;
  for (let round = 0; round < rounds; round++) {
    const querier = database.querier(range);
    const set = querier.select({ matchers: [], range, sorted: false, limit: 0 });
    if (set instanceof Promise) throw new Error('a select on a clock that stands still answers at once');
    const started = performance.now();
    samples = 0;
    series = set.length;
    for (let row = 0; row < series; row++) {
      set.read(row, column);
      samples += column.length;
    }
    best = Math.min(best, performance.now() - started);
    querier.close();
  }
  return { samplesPerSecond: samples / (best / 1000), microsecondsPerSeries: (best * 1000) / series };
}
