import type { Matcher } from '../../model/matcher.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { mergeSeriesSets } from '../../storage/merge-series.ts';
import { createSampleColumn, type TimeRange } from '../../storage/query.ts';
import type { Log } from '../../telemetry/log.ts';
import { ReadOnlyDatabase } from '../../tsdb/read-only.ts';
import { PROM_FORMAT, type SeriesFormat } from './tsdb-series-formats.ts';

export interface DumpOptions {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** Both ends included. */
  readonly range: TimeRange;
  /** Series that meet one of the selectors are printed. */
  readonly selectors: readonly (readonly Matcher[])[];
  /** A promise is waited for before more is read. */
  readonly write: (text: string) => void | Promise<void>;
  /** `{labels} value time` for each sample where it is not given. */
  readonly format?: SeriesFormat;
}

/**
 * Prints what a data directory holds as `promtool tsdb dump` does, series in the order of their labels. Changes nothing.
 * Throws `FileSystemError` and `DamagedFile`.
 */
export async function dumpDatabase(options: DumpOptions): Promise<void> {
  const { format = PROM_FORMAT, range, selectors, write } = options;
  const database = await ReadOnlyDatabase.open(options);
  const querier = database.querier(range);
  try {
    const found = selectors.map((matchers) => querier.select({ matchers, range, sorted: true, limit: 0 }));
    const set = mergeSeriesSets(await Promise.all(found), true, 0);
    const column = createSampleColumn(256);
    let text = '';
    for (let row = 0; row < set.length; row++) {
      clearColumn(column);
      if (format.needsSamples) set.read(row, column);
      text += format.series(set.labels(row), column);
      if (text.length < WRITE_CHARACTERS) continue;
      await write(text);
      text = '';
    }
    await write(text + format.end);
  } finally {
    querier.close();
    database.close();
  }
}

/** Fewer, larger writes; a series is never split. */
const WRITE_CHARACTERS = 256 * 1024;
