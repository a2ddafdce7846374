import { goDuration } from '../../model/go-duration.ts';
import { readBlockMetas } from '../block/read-block-metas.ts';
import { planCompaction } from '../compact/plan-compaction.ts';
import type { MaintenanceParts } from './parts.ts';
import { reloadBlocks, takeInBlock } from './reload-blocks.ts';

/**
 * Makes one block of several as the planner wants it, in the maintenance thread. False where there is nothing to do.
 * Rejects with what the task failed of.
 */
export async function compactNextBlocks(parts: MaintenanceParts): Promise<boolean> {
  const { clock, counts, directory, fileSystem, head, log, newUlid, observer, runner } = parts;
  // From the disk: marks are set there, by this process or by others.
  const inUse = new Set(parts.blocks.blocks.map(({ meta }) => meta.ulid));
  const metas = readBlockMetas(fileSystem, directory.root).filter(({ ulid }) => inUse.has(ulid));
  const plan = planCompaction(metas, parts.blockRangesMs, parts);
  if (plan.length === 0) return false;
  const ulids = plan.map(({ ulid }) => ulid);
  const started = clock.monotonic();
  counts.isWritingBlock = true;
  try {
    const { forms } = head;
    const { chunkRangeMs, segmentBytesMax } = parts;
    const known = parts.blocks.knownRange(chunkRangeMs, ulids);
    const task = { directory: directory.root, ulids, ulid: newUlid(), known, forms, segmentBytesMax };
    const meta = await runner.run({ kind: 'compact-blocks', ...task });
    counts.compactions++;
    if (plan.some(({ maxTime }, i) => plan.some(({ minTime }, j) => j > i && minTime < maxTime))) {
      counts.verticalCompactions++;
    }
    const seconds = (clock.monotonic() - started) / 1000;
    observer.compaction(seconds);
    log.info('Compacted blocks', {
      count: ulids.length,
      ulid: meta?.ulid ?? null,
      duration: goDuration(1000 * seconds),
    });
    if (meta !== null) {
      await takeInBlock(parts, meta.ulid);
    } else {
      // They were marked as deletable on the disk, where reloading looks at blocks that it does not hold.
      parts.blocks.drop(new Set(ulids));
      await reloadBlocks(parts);
    }
  } finally {
    counts.isWritingBlock = false;
  }
  return true;
}
