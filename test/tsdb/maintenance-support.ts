import { type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import type { MemoryFiles } from '../../src/std/memory-files.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { createSampleColumn, type Querier, type TimeRange } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { isUlid } from '../../src/tsdb/block/block-meta.ts';
import { readBlockMetas } from '../../src/tsdb/block/read-block-metas.ts';
import type { DatabaseOptions } from '../../src/tsdb/options.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';

/** A chunk range of two minutes makes hours of what would be days. */
export const RANGE_MS = 120_000;
export const DATA = 'data';
const EVERYTHING: TimeRange = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };

export function open(
  fileSystem: DatabaseOptions['fileSystem'],
  options: Partial<DatabaseOptions> = {},
): Promise<Database> {
  return openDatabase({
    directory: DATA,
    fileSystem,
    clock: new ManualClock(),
    log: silentLog,
    chunkRangeMs: RANGE_MS,
    walSegmentSize: 2 * PAGE_SIZE,
    walSyncIntervalMs: 0,
    ...options,
  });
}

/** What was acknowledged: series -> time -> value. */
export type Model = Map<string, Map<number, number>>;

/** One transaction: a sample of each series at a time. */
export function appendAll(database: Database, names: readonly string[], time: number, model: Model): void {
  const appender = database.appender();
  const batch = createSampleBatch(names.length);
  batch.length = names.length;
  for (const [i, name] of names.entries()) {
    batch.refs[i] = appender.resolve(seriesLabels(name));
    batch.times[i] = time;
    batch.values[i] = valueAt(name, time);
  }
  const { refusedCount } = appender.append(batch);
  if (refusedCount > 0) {
    appender.rollback();
    throw new Error(`${refusedCount} samples were refused`);
  }
  appender.commit();
  for (const name of names) {
    const samples = model.get(name) ?? new Map<number, number>();
    samples.set(time, valueAt(name, time));
    model.set(name, samples);
  }
}

export function seriesLabels(name: string): Labels {
  return labelsFromObject({ __name__: 'm', name, job: `j${name.length % 3}` });
}

export function valueAt(name: string, time: number): number {
  return time / 1000 + name.length;
}

/** Everything that a query finds; throws where a series has a time twice or out of order. */
export async function readAll(database: { querier(range: TimeRange): Querier }, range = EVERYTHING): Promise<Model> {
  const querier = database.querier(range);
  const set = await querier.select({ matchers: [], range, sorted: true, limit: 0 });
  const found: Model = new Map();
  const column = createSampleColumn(64);
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    if (column.length === 0) continue;
    const name = set.labels(row).get('name') ?? String(set.labels(row));
    if (found.has(name)) throw new Error(`series ${name} is there twice`);
    const samples = new Map<number, number>();
    for (let i = 0; i < column.length; i++) {
      if (i > 0 && column.times[i]! <= column.times[i - 1]!) throw new Error(`${name}: time ${column.times[i]} again`);
      samples.set(column.times[i]!, column.values[i]!);
    }
    found.set(name, samples);
  }
  querier.close();
  return found;
}

/** The blocks on the disk: `minTime-maxTime level`. */
export function blocksOf(fileSystem: MemoryFiles): string[] {
  return readBlockMetas(fileSystem, DATA)
    .sort((a, b) => a.minTime - b.minTime)
    .map(({ level, maxTime, minTime }) => `${minTime}-${maxTime} ${level}`);
}

/** Names in the data directory that nobody expects there. */
export function leftovers(fileSystem: MemoryFiles): string[] {
  const known = ['lock', 'wal', 'wbl', 'chunks_head', 'wal-damaged'];
  return fileSystem
    .readDirectorySync(DATA)
    .map(({ name }) => name)
    .filter((name) => !known.includes(name) && !isUlid(name));
}
