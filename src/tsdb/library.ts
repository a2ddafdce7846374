import type { FloatHistogram, Histogram } from '../model/histogram.ts';
import type { LabelShard } from '../model/label-shard.ts';
import { Labels, labelsFromObject } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { systemClock } from '../std/clock.ts';
import { nodeFiles } from '../std/node-files.ts';
import { type AppendOutcome, createSampleBatch, type HistogramEntry, REFUSED } from '../storage/append.ts';
import { clearColumn } from '../storage/merge-columns.ts';
import { createSampleColumn, type Queryable, type TimeRange } from '../storage/query.ts';
import { shardQuerier } from '../storage/shard-querier.ts';
import { type Log, silentLog } from '../telemetry/log.ts';
import type { DatabaseOptions } from './options.ts';
import { type Database as OpenDatabase, openDatabase as openDataDirectory } from './tsdb.ts';

// What the package shows as `narthex/tsdb`: the database without a server.
export type { CounterResetHint, FloatHistogram, Histogram, IntegerHistogram, Span } from '../model/histogram.ts';
export type { LabelShard } from '../model/label-shard.ts';
export { Labels, labelsFromObject } from '../model/labels.ts';
export type { Matcher } from '../model/matcher.ts';
export { FileSystemError } from '../std/file-system.ts';
export type { Querier, Queryable, SampleColumn, SeriesSet, TimeRange } from '../storage/query.ts';
export type { MaintenanceSettings } from './maintenance/parts.ts';
export type { MaintenanceOptions } from './options.ts';

export type LabelSet = Labels | Readonly<Record<string, string>>;

/** One sample of a series: a float, or a native histogram. */
export type Sample = {
  readonly labels: LabelSet;
  /** Milliseconds since the epoch, an integer. */
  readonly time: number;
} & ({ readonly value: number } | { readonly histogram: Histogram });

export type RefusalReason = keyof typeof REFUSED;

export interface AppendResult {
  /** Samples that are stored, those that were there already included. */
  readonly appended: number;
  /** The others, by their place in what was given. */
  readonly refused: readonly { readonly index: number; readonly reason: RefusalReason }[];
}

export interface SelectOptions extends TimeRange {
  /** All must hold. None selects every series. */
  readonly matchers: readonly Matcher[];
  /** At most so many series; 0, the default: all. */
  readonly limit?: number;
  /** Only series of this shard. */
  readonly shard?: LabelShard;
}

/** A series with its samples in a range, oldest first, in arrays of its own. */
export interface SelectedSeries {
  readonly labels: Labels;
  /** Milliseconds since the epoch. */
  readonly times: Float64Array;
  /** Of a histogram, its sum. */
  readonly values: Float64Array;
  /** Parallel; a histogram stands where there is one. null: there are floats only. */
  readonly histograms: readonly (FloatHistogram | undefined)[] | null;
}

export interface OpenOptions
  extends Partial<
    Pick<
      DatabaseOptions,
      | 'chunkRangeMs'
      | 'lock'
      | 'maintenance'
      | 'outOfOrderMs'
      | 'walCompression'
      | 'walSegmentSize'
      | 'walSyncIntervalMs'
    >
  > {
  /** Where damage and the like is told; nowhere by default. */
  readonly log?: Log;
}

/** Settings that a `DatabaseOptions` takes as well, by name. */
type Passed = Omit<OpenOptions, 'log'>;

/**
 * Opens a data directory, Prometheus' or its own, and takes its lock; makes it where it is missing. Rejects with a
 * `FileSystemError`: code `ELOCKED` where another process has it.
 */
export async function openDatabase(
  directory: string,
  { log = silentLog, ...passed }: OpenOptions = {},
): Promise<Database> {
  const settings: Passed = passed;
  return new Database(
    directory,
    await openDataDirectory({
      directory,
      fileSystem: nodeFiles,
      clock: systemClock,
      log,
      exemplarsMax: 0,
      ...settings,
    }),
  );
}

/** An open database. Only `close` gives the directory free. */
export class Database implements Queryable {
  readonly #directory: string;
  readonly #database: OpenDatabase;

  /** Made by `openDatabase`. */
  constructor(directory: string, database: OpenDatabase) {
    this.#directory = directory;
    this.#database = database;
  }

  /**
   * Stores samples in one transaction: queries see all of them at once. When it returns, a killed process loses none;
   * `sync` says when a power cut does not either. A sample that can not be stored (before the newest one of its series,
   * say) is refused and does not keep the others back. Throws a `FileSystemError`, with nothing stored, where the log can
   * not be written.
   */
  append(samples: Iterable<Sample>): AppendResult {
    const list = Array.isArray(samples) ? (samples as readonly Sample[]) : [...samples];
    const appender = this.#database.appender();
    const batch = createSampleBatch(list.length);
    const histograms: HistogramEntry[] = [];
    const floatsAt: number[] = [];
    const histogramsAt: number[] = [];
    let outcome: AppendOutcome;
    try {
      for (const [i, sample] of list.entries()) {
        const labels = sample.labels instanceof Labels ? sample.labels : labelsFromObject(sample.labels);
        const ref = appender.resolve(labels);
        if ('histogram' in sample) {
          histograms.push({ ref, time: sample.time, startTime: 0, histogram: sample.histogram });
          histogramsAt.push(i);
          continue;
        }
        batch.refs[batch.length] = ref;
        batch.times[batch.length] = sample.time;
        batch.values[batch.length++] = sample.value;
        floatsAt.push(i);
      }
      batch.histograms = histograms;
      outcome = appender.append(batch);
    } catch (error) {
      appender.rollback();
      throw error;
    }
    const places = [...floatsAt, ...histogramsAt];
    const refused = Array.from({ length: outcome.refusedCount }, (_, i) => ({
      index: places[outcome.refused[i]!]!,
      reason: REASON_NAMES[outcome.reasons[i]!]!,
    }));
    appender.commit();
    return { appended: outcome.appended, refused: refused.sort((a, b) => a.index - b.index) };
  }

  /** Series that meet the matchers and have samples in the range, in the order of their labels, one at a time. */
  async *select({ limit = 0, matchers, maxTime, minTime, shard }: SelectOptions): AsyncGenerator<SelectedSeries, void> {
    const range = { minTime, maxTime };
    const querier = this.querier(range, shard);
    try {
      const set = await querier.select({ matchers, range, sorted: true, limit });
      const column = createSampleColumn(256);
      for (let row = 0; row < set.length; row++) {
        clearColumn(column);
        set.read(row, column);
        const { histograms, length, times, values } = column;
        yield {
          labels: set.labels(row),
          times: times.slice(0, length),
          values: values.slice(0, length),
          histograms: histograms?.slice(0, length) ?? null,
        };
      }
    } finally {
      querier.close();
    }
  }

  /** Deletes what the series that meet the matchers have now from one time to another, both included. */
  async delete({ matchers, maxTime, minTime }: Omit<SelectOptions, 'limit' | 'shard'>): Promise<void> {
    await this.#database.delete([matchers], { minTime, maxTime });
  }

  /**
   * Moves what the memory has beyond one and a half chunk ranges to blocks, merges blocks, and deletes what is beyond the
   * retention. Happens by itself every minute, unless `maintenance` is null.
   */
  async compact(): Promise<void> {
    await this.#database.compact();
  }

  /**
   * Copies the database as it stands into a directory that can be opened; resolves to its path, once it is on the disk.
   */
  async snapshot(): Promise<string> {
    return `${this.#directory}/snapshots/${await this.#database.snapshot({ skipsHead: false })}`;
  }

  /**
   * For columns without copies, and for PromQL: `evaluate(engine, database, ...)` of `narthex/promql`. With a shard, its selects give
   * the series of that shard alone; throws a `RangeError` where there is no such shard.
   */
  querier(range: TimeRange, shard?: LabelShard): ReturnType<Queryable['querier']> {
    const querier = this.#database.querier(range);
    return shard === undefined ? querier : shardQuerier(querier, shard);
  }

  /** Resolves when everything that was appended is on the disk. */
  sync(): Promise<void> {
    return this.#database.sync();
  }

  /** Syncs, closes the files and gives the directory free. */
  close(): Promise<void> {
    return this.#database.close();
  }
}

/** By the numbers of `REFUSED`. */
const REASON_NAMES: RefusalReason[] = [];
for (const [name, number] of Object.entries(REFUSED)) REASON_NAMES[number] = name as RefusalReason;
