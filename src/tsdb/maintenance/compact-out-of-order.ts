import type { FileSystem } from '../../std/file-system.ts';
import { runInTurns, type Turns } from '../../std/turns.ts';
import { newUlid } from '../../std/ulid.ts';
import type { Log } from '../../telemetry/log.ts';
import type { BlockMeta } from '../block/block-meta.ts';
import type { MaintenanceRunner } from '../compact/maintenance-runner.ts';
import type { Head } from '../head/head.ts';
import type { LateLogWriter } from '../out-of-order/late-log-writer.ts';

export interface CompactOutOfOrderParts {
  readonly head: Head;
  readonly lateLog: LateLogWriter;
  readonly runner: MaintenanceRunner;
  readonly fileSystem: FileSystem;
  /** Where blocks are made: the data directory, where they replace the samples. */
  readonly directory: string;
  /** Where the chunks are that are not in memory. */
  readonly chunksHead: string;
  readonly chunkRangeMs: number;
  /** As `WriteBlockOptions.segmentBytesMax`. */
  readonly segmentBytesMax: number | undefined;
  readonly turns: Turns;
  /** Milliseconds since the epoch, for the names of blocks. */
  readonly now: () => number;
  readonly log: Log;
  /** Makes every querier from now on see these blocks; throws where it can not. */
  readonly takeIn: (made: readonly BlockMeta[]) => void | Promise<void>;
}

/**
 * Makes blocks of all out-of-order samples there are, one for each aligned range, then lets go of the samples and of
 * their log. No deletion may run meanwhile. Returns the metas of the blocks.
 *
 * The order is what keeps every sample: blocks are on the disk under their names before queriers see them, queriers see
 * them before the samples leave memory, and only then the log goes. Whatever ends it in the middle leaves samples twice
 * at most, which readers show once. Rejects with what the runner, the file system or `takeIn` throws; then all samples are
 * still there.
 */
export async function compactOutOfOrder(parts: CompactOutOfOrderParts): Promise<readonly BlockMeta[]> {
  const { head, lateLog, log, takeIn, turns } = parts;
  const { chunkStore, outOfOrder } = head;
  const resume = await chunkStore?.holdLate();
  const unpin = head.pin();
  try {
    // What was logged before is among the samples.
    head.transactions.end();
    const segments = lateLog.cut();
    const frozen = await runInTurns(outOfOrder.freeze(), turns);
    let made: readonly BlockMeta[];
    try {
      made = await writeBlocks(parts, frozen);
      await takeIn(made);
    } catch (error) {
      outOfOrder.unfreeze(frozen);
      throw error;
    }
    await runInTurns(outOfOrder.release(frozen), turns);
    chunkStore?.retireLate();
    try {
      await lateLog.remove(segments);
    } catch (error) {
      log.warn('Cannot remove the log of samples that are in blocks; it goes with the next compaction', {
        err: String(error),
      });
    }
    return made;
  } finally {
    unpin();
    resume?.();
  }
}

export type CopyOutOfOrderParts = Omit<CompactOutOfOrderParts, 'lateLog' | 'takeIn'>;

/**
 * Makes blocks of all out-of-order samples there are in `directory`, one for each aligned range; the samples stay where
 * they are. Rejects with what the runner or the file system throws.
 */
export async function copyOutOfOrder(parts: CopyOutOfOrderParts): Promise<readonly BlockMeta[]> {
  const { head, turns } = parts;
  const unpin = head.pin();
  try {
    const frozen = await runInTurns(head.outOfOrder.freeze(), turns);
    try {
      return await writeBlocks(parts, frozen);
    } finally {
      head.outOfOrder.unfreeze(frozen);
    }
  } finally {
    unpin();
  }
}

/** Where one can not be written, those that were are removed again. */
async function writeBlocks(
  { chunkRangeMs, chunksHead, directory, fileSystem, head, log, now, runner, segmentBytesMax }: CopyOutOfOrderParts,
  frozen: Parameters<Head['outOfOrder']['unfreeze']>[0],
): Promise<readonly BlockMeta[]> {
  const made: BlockMeta[] = [];
  const slabs = head.newSlabs([]);
  const { chunks, ranges, rows, starts } = frozen;
  try {
    for (const range of ranges) {
      const minTime = range * chunkRangeMs;
      const { forms } = head.outOfOrder;
      const late = { frozen: { chunks, rows, starts }, minTime, maxTime: minTime + chunkRangeMs, forms };
      const task = { slabs, late, directory, chunksHead, ulid: newUlid(now()), segmentBytesMax };
      const meta = await runner.run({ kind: 'write-late-block', ...task });
      if (meta !== null) made.push(meta);
    }
    return made;
  } catch (error) {
    for (const { ulid } of made) {
      try {
        await fileSystem.remove(`${directory}/${ulid}`);
      } catch (cause) {
        log.warn('Cannot remove a block of a compaction that failed', { block: ulid, err: String(cause) });
      }
    }
    throw error;
  }
}
