import { makeDurableDirectorySync } from '../std/durable-directory.ts';
import { runInTurns, turnsOf } from '../std/turns.ts';
import { BlockList } from './block/block-list.ts';
import { dataDirectory } from './data-directory.ts';
import type { Database } from './database.ts';
import { CHUNK_RANGE_MS_DEFAULT } from './defaults.ts';
import type { Head } from './head/head.ts';
import { foundLock, lockDataDirectory } from './lock.ts';
import { logSyncObserver } from './log-metrics.ts';
import { ExpiringRefs } from './maintenance/expiring-refs.ts';
import { outOfOrderObserver, registerDatabaseMetrics } from './metrics.ts';
import { OpenDatabase, SELECT_PIECE_MS } from './open-database.ts';
import type { DatabaseOptions } from './options.ts';
import { LateLogWriter } from './out-of-order/late-log-writer.ts';
import { hideCovered } from './start/covered-by-blocks.ts';
import { noteForeignFiles } from './start/note-foreign-files.ts';
import { removeTemporary } from './start/remove-temporary.ts';
import { replayLogs } from './start/replay-logs.ts';
import { WalWriter } from './wal/writer.ts';
import { WriteGate } from './write-gate.ts';

export type { Database } from './database.ts';

/**
 * Opens a data directory: takes its lock, opens its blocks, reads its logs, and serves. Nothing is appended before.
 * Rejects with a `FileSystemError`: `ELOCKED` where another process has the directory, `EACCES` and the like where it
 * can not be used. Damage in blocks and logs is logged, set aside and counted, not fatal.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const directory = dataDirectory(options.directory);
  makeDurableDirectorySync(options.fileSystem, options.directory);
  const found = options.lock === false ? null : foundLock(options.fileSystem, directory);
  const lock = options.lock === false ? null : lockDataDirectory(options.fileSystem, directory, options.log);
  let blocks: BlockList | null = null;
  try {
    const { fileSystem, log } = options;
    removeTemporary(fileSystem, directory, log);
    noteForeignFiles(fileSystem, options.directory, log);
    const blockOptions = { fileSystem, directory: options.directory, log };
    blocks = new BlockList(blockOptions);
    const chunkRangeMs = options.chunkRangeMs ?? CHUNK_RANGE_MS_DEFAULT;
    const certain = blocks.certainTime(chunkRangeMs);
    const turns = turnsOf(options.clock, SELECT_PIECE_MS);
    const { loaded, replay } = await replayLogs(options, directory, certain, turns);
    if (await hideCovered(loaded.head, blocks, { ...blockOptions, chunkRangeMs, repairs: true })) {
      blocks.close();
      blocks = new BlockList(blockOptions);
    }
    const gate = new WriteGate({
      fileSystem,
      clock: options.clock,
      log,
      probePath: directory.writeProbe,
      ...(options.onAppendsStopped === undefined ? {} : { onChange: options.onAppendsStopped }),
    });
    const logOptions = {
      fileSystem,
      clock: options.clock,
      log,
      onSyncFailed: (error: unknown) => gate.report(error),
      ...(options.walSegmentSize === undefined ? {} : { segmentSize: options.walSegmentSize }),
      ...(options.walCompression === undefined ? {} : { compression: options.walCompression }),
      ...(options.walSyncIntervalMs === undefined ? {} : { syncIntervalMs: options.walSyncIntervalMs }),
    };
    const { registry } = options;
    const onSync = (of: 'wal' | 'wbl') => (registry === undefined ? {} : { onSync: logSyncObserver(registry, of) });
    const wal = WalWriter.open({ ...logOptions, ...onSync('wal'), directory: directory.wal });
    const wbl = new LateLogWriter({ ...logOptions, ...onSync('wbl'), directory: directory.wbl });
    loaded.head.logTo(gate.guard(wal), gate.guardLate(wbl));
    loaded.head.chunkStore?.onFailedWrite((error) => gate.report(error));
    const expiring = await removeEmptySeries(options, loaded.head, blocks.coveredTime);
    const database = new OpenDatabase(options, {
      loaded,
      blocks,
      wal,
      wbl,
      gate,
      lock,
      foundLock: found,
      replay,
      expiring,
    });
    if (options.registry !== undefined) {
      registerDatabaseMetrics(options.registry, database, options.walCompression ?? 'snappy');
      loaded.head.onLate(outOfOrderObserver(options.registry));
    }
    if (options.maintenance !== null) database.startMaintenance();
    return database;
  } catch (error) {
    blocks?.close();
    lock?.releaseSync();
    throw error;
  }
}

/** The refs that the log has and the head no longer knows. */
async function removeEmptySeries({ clock }: DatabaseOptions, head: Head, coveredTime: number): Promise<ExpiringRefs> {
  const removed: number[] = [];
  await runInTurns(
    head.removeEmpty((refs) => removed.push(...refs)),
    turnsOf(clock, SELECT_PIECE_MS),
  );
  const expiring = new ExpiringRefs();
  expiring.add(removed, coveredTime);
  return expiring;
}
