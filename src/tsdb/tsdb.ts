import { setImmediate } from 'node:timers/promises';
import type { FileLock } from '../std/file-system.ts';
import type { Appendable, Appender } from '../storage/append.ts';
import type { Querier, Queryable, TimeRange } from '../storage/query.ts';
import { type DataDirectory, dataDirectory } from './data-directory.ts';
import { Head, type HeadBounds } from './head/head.ts';
import type { HeadReplayCounts, HeadStats } from './head/head-stats.ts';
import { lockDataDirectory } from './lock.ts';
import { registerDatabaseMetrics, walSyncObserver } from './metrics.ts';
import { CHUNK_RANGE_MS_DEFAULT, type DatabaseOptions } from './options.ts';
import { type ReplayReport, replayWalInSteps } from './wal/replay.ts';
import { type WalCounters, WalWriter } from './wal/writer.ts';

/** What the start found in the log. */
export interface DatabaseReplay extends HeadReplayCounts {
  readonly wal: ReplayReport;
  readonly seconds: number;
}

export interface DatabaseStats {
  readonly head: HeadStats;
  readonly wal: Readonly<WalCounters>;
  readonly walSegment: number;
  readonly replay: DatabaseReplay;
}

/** An open data directory. */
export interface Database extends Appendable, Queryable {
  readonly headBounds: HeadBounds;
  stats(): DatabaseStats;
  /** Resolves when everything that was appended is on the disk. */
  sync(): Promise<void>;
  /** Syncs and closes the log, then gives the directory free. Rejects where the sync fails, closed all the same. */
  close(): Promise<void>;
}

/**
 * Opens a data directory: takes its lock, reads its log, and serves. Nothing is appended before.
 * Rejects with a `FileSystemError`: `ELOCKED` where another process has the directory, `EACCES` and the like where it
 * can not be used. Damage in the log is logged, set aside and counted, not fatal.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const directory = dataDirectory(options.directory);
  options.fileSystem.makeDirectorySync(options.directory);
  const lock = options.lock === false ? null : lockDataDirectory(options.fileSystem, directory, options.log);
  try {
    const head = new Head({
      chunkRangeMs: options.chunkRangeMs ?? CHUNK_RANGE_MS_DEFAULT,
      minValidTime: Number.NEGATIVE_INFINITY,
    });
    const replay = await replayLog(options, directory, head);
    const wal = WalWriter.open({
      fileSystem: options.fileSystem,
      clock: options.clock,
      directory: directory.wal,
      log: options.log,
      ...(options.walSegmentSize === undefined ? {} : { segmentSize: options.walSegmentSize }),
      ...(options.walCompression === undefined ? {} : { compression: options.walCompression }),
      ...(options.walSyncIntervalMs === undefined ? {} : { syncIntervalMs: options.walSyncIntervalMs }),
      ...(options.registry === undefined ? {} : { onSync: walSyncObserver(options.registry) }),
    });
    head.logTo(wal);
    const database = new OpenDatabase(head, wal, lock, replay);
    if (options.registry !== undefined) registerDatabaseMetrics(options.registry, () => database.stats());
    return database;
  } catch (error) {
    lock?.releaseSync();
    throw error;
  }
}

async function replayLog(options: DatabaseOptions, directory: DataDirectory, head: Head): Promise<DatabaseReplay> {
  const { clock, fileSystem, log, onReplayProgress } = options;
  const started = clock.monotonic();
  const visitor = head.replay();
  const steps = replayWalInSteps(fileSystem, directory.wal, visitor, { damagedDirectory: directory.walDamaged, log });
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      const replay = { ...visitor.counts, wal: step.value, seconds: (clock.monotonic() - started) / 1000 };
      log.info('write-ahead log replayed', {
        series: replay.series,
        samples: replay.samples,
        unknownRefs: replay.unknownRefs,
        seconds: replay.seconds,
      });
      return replay;
    }
    onReplayProgress?.(step.value);
    await setImmediate();
  }
}

class OpenDatabase implements Database {
  readonly #head: Head;
  readonly #wal: WalWriter;
  readonly #lock: FileLock | null;
  readonly #replay: DatabaseReplay;
  #closing: Promise<void> | null = null;

  constructor(head: Head, wal: WalWriter, lock: FileLock | null, replay: DatabaseReplay) {
    this.#head = head;
    this.#wal = wal;
    this.#lock = lock;
    this.#replay = replay;
  }

  get headBounds(): HeadBounds {
    return this.#head.bounds;
  }

  appender(): Appender {
    if (this.#closing !== null) throw new Error('Cannot append: the database is closed');
    return this.#head.appender();
  }

  querier(range: TimeRange): Querier {
    return this.#head.querier(range);
  }

  stats(): DatabaseStats {
    return {
      head: this.#head.stats(),
      wal: this.#wal.counters,
      walSegment: this.#wal.segment,
      replay: this.#replay,
    };
  }

  sync(): Promise<void> {
    return this.#wal.sync();
  }

  close(): Promise<void> {
    this.#closing ??= this.#wal.close().finally(() => this.#lock?.releaseSync());
    return this.#closing;
  }
}
