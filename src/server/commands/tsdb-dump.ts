import { goFloatCompact } from '../../model/go-float.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { clearColumn } from '../../storage/merge-columns.ts';
import { mergeSeriesSets } from '../../storage/merge-series.ts';
import { createSampleColumn, type TimeRange } from '../../storage/query.ts';
import type { Log } from '../../telemetry/log.ts';
import { ReadOnlyDatabase } from '../../tsdb/read-only.ts';
import { histogramText } from './sample-text.ts';

export interface DumpOptions {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** Both ends included. */
  readonly range: TimeRange;
  /** Series that meet one of the selectors are printed. */
  readonly selectors: readonly (readonly Matcher[])[];
  readonly write: (text: string) => void;
}

/**
 * Prints every sample of a data directory as `promtool tsdb dump` does, `{labels} value time`, series in the order of
 * their labels. Changes nothing. Throws `FileSystemError` and `DamagedFile`.
 */
export async function dumpDatabase(options: DumpOptions): Promise<void> {
  const { range, selectors, write } = options;
  const database = ReadOnlyDatabase.open(options);
  const querier = database.querier(range);
  try {
    const found = selectors.map((matchers) => querier.select({ matchers, range, sorted: true, limit: 0 }));
    const set = mergeSeriesSets(await Promise.all(found), true, 0);
    const column = createSampleColumn(256);
    let text = '';
    for (let row = 0; row < set.length; row++) {
      clearColumn(column);
      set.read(row, column);
      const labels = set.labels(row).toString();
      for (let i = 0; i < column.length; i++) {
        const histogram = column.histograms?.[i];
        const value =
          histogram === undefined
            ? goFloatCompact(column.values[i]!)
            : histogramText(histogram, column.integerCounts?.[i] === 1);
        text += `${labels} ${value} ${column.times[i]}\n`;
      }
      if (text.length < WRITE_CHARACTERS) continue;
      write(text);
      text = '';
    }
    write(text);
  } finally {
    querier.close();
    database.close();
  }
}

/** Fewer, larger writes; a series is never split. */
const WRITE_CHARACTERS = 256 * 1024;
