import { labelsFromObject } from '../../../src/model/labels.ts';
import type { FileSystem } from '../../../src/std/file-system.ts';
import { ManualClock } from '../../../src/std/manual-clock.ts';
import { createSampleColumn } from '../../../src/storage/query.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { InlineMaintenance } from '../../../src/tsdb/compact/inline-maintenance.ts';
import type { DatabaseOptions } from '../../../src/tsdb/options.ts';
import { type Database, openDatabase } from '../../../src/tsdb/tsdb.ts';
import { ALL_TIME, batchOf, describeOutcome } from '../head-support.ts';

/** The width of the ranges of blocks in these tests, ms. */
export const RANGE_MS = 1000;

/** Opens a data directory that takes samples of any age. */
export function openLate(fileSystem: FileSystem, options: Partial<DatabaseOptions> = {}): Promise<Database> {
  return openDatabase({
    directory: 'data',
    fileSystem,
    clock: new ManualClock(),
    log: silentLog,
    chunkRangeMs: RANGE_MS,
    outOfOrderMs: 1_000_000,
    runner: new InlineMaintenance(fileSystem),
    walSyncIntervalMs: 0,
    ...options,
  });
}

export type LateRow = readonly [series: string, time: number, value: number, start?: number];

/** One transaction. */
export function addRows(database: Database, rows: readonly LateRow[]): string {
  const appender = database.appender();
  const batch = batchOf(
    rows.map(([s, time, value]) => [appender.resolve(labelsFromObject({ s })), time, value] as const),
  );
  if (rows.some(([, , , start = 0]) => start !== 0)) {
    batch.startTimes = Float64Array.from(rows, ([, , , start = 0]) => start);
  }
  const outcome = describeOutcome(appender.append(batch));
  appender.commit();
  return outcome;
}

/** What `readSamples` tells of a sample; without a start time, its value. */
export function valueWithStart(value: number, start: number): number {
  return value + 1_000_000 * start;
}

/**
 * Everything there is: `s time` to the value, with its start time as `valueWithStart`. Throws where a time comes twice or
 * out of order.
 */
export async function readSamples(database: Database): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const querier = database.querier(ALL_TIME);
  const set = await querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 });
  const column = createSampleColumn(16);
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    const series = set.labels(row).get('s');
    for (let i = 0; i < column.length; i++) {
      if (i > 0 && column.times[i]! <= column.times[i - 1]!) throw new Error(`${series} has ${column.times[i]} again`);
      found.set(`${series} ${column.times[i]}`, valueWithStart(column.values[i]!, column.startTimes?.[i] ?? 0));
    }
  }
  querier.close();
  return found;
}
