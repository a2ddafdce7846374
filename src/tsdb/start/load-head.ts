import type { FileSystem } from '../../std/file-system.ts';
import type { Turns } from '../../std/turns.ts';
import type { Log } from '../../telemetry/log.ts';
import { HeadChunkFiles } from '../chunks-head/head-chunk-files.ts';
import type { DataDirectory } from '../data-directory.ts';
import { Head } from '../head/head.ts';
import type { HeadReplayCounts } from '../head/head-stats.ts';
import { type ReplayProgress, type ReplayReport, replayWal, replayWalInSteps } from '../wal/replay.ts';
import { OutOfOrderSamples } from './out-of-order-samples.ts';
import { StartVisitor } from './start-visitor.ts';

export interface LoadHeadOptions {
  readonly fileSystem: FileSystem;
  readonly directory: DataDirectory;
  readonly log: Log;
  readonly chunkRangeMs: number;
  /** Where the newest block ends: older samples of the log are in blocks. -Infinity where there is none. */
  readonly minValidTime: number;
  /** Exemplars that the head keeps. */
  readonly exemplarsMax: number;
  /** How long a select of the head may hold the thread; without it, as long as it takes. */
  readonly turns?: Turns;
  /** True changes the log where that is needed to go on with it; false only reads. */
  readonly repairs: boolean;
}

/** The newest samples, as the files of a directory have them. */
export interface LoadedHead {
  readonly head: Head;
  /** Samples that came late, in a head of their own; null where there are none. */
  readonly outOfOrder: Head | null;
  readonly counts: HeadReplayCounts;
  readonly wal: ReplayReport;
}

/** Reads `chunks_head/`, `wal/` and `wbl/` in steps between which the caller may let the event loop run. */
export function* loadHead(options: LoadHeadOptions): Generator<ReplayProgress, LoadedHead> {
  const { chunkRangeMs, directory, exemplarsMax, fileSystem, log, minValidTime } = options;
  const head = new Head({ chunkRangeMs, minValidTime, exemplarsMax, ...turnsOf(options) });
  const headChunks = HeadChunkFiles.open(fileSystem, directory.chunksHead);
  try {
    if (headChunks.damage !== null) {
      log.warn('Chunks of the head behind damaged bytes were left out; the log has their samples', {
        err: headChunks.damage.message,
      });
    }
    const inner = head.replay();
    const visitor = new StartVisitor({ head, inner, minValidTime, headChunks, log });
    const wal = yield* replayWalInSteps(fileSystem, directory.wal, visitor, {
      ...(options.repairs ? { damagedDirectory: directory.walDamaged } : {}),
      log,
    });
    return { head, outOfOrder: loadOutOfOrder(options, head, headChunks), counts: inner.counts, wal };
  } finally {
    headChunks.closeSync();
  }
}

function loadOutOfOrder(options: LoadHeadOptions, head: Head, headChunks: HeadChunkFiles): Head | null {
  const { chunkRangeMs, directory, fileSystem, log } = options;
  const late = new OutOfOrderSamples((ref) => head.labels(ref));
  late.collectChunks(headChunks, log);
  if (fileSystem.statSync(directory.wbl) !== null) replayWal(fileSystem, directory.wbl, late, { log });
  if (late.unknownRefs > 0)
    log.warn('Out-of-order samples of unknown series were left out', { count: late.unknownRefs });
  if (late.isEmpty) return null;
  const outOfOrder = new Head({ chunkRangeMs, minValidTime: Number.NEGATIVE_INFINITY, ...turnsOf(options) });
  late.giveTo(outOfOrder.replay());
  return outOfOrder;
}

function turnsOf({ turns }: LoadHeadOptions): { turns?: Turns } {
  return turns === undefined ? {} : { turns };
}
