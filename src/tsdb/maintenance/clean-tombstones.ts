import type { MaintenanceParts } from './parts.ts';
import { reloadBlocks, takeInBlock } from './reload-blocks.ts';

/**
 * Writes the first block of which anything is deleted again without that, in the maintenance thread. False where there
 * is no such block. Rejects with what the task failed of, and then all blocks are as they were.
 */
export async function cleanNextBlock(parts: MaintenanceParts): Promise<boolean> {
  const { blocks, chunkRangeMs, counts, directory, log, newUlid, runner, segmentBytesMax } = parts;
  const block = blocks.blocks.find(({ tombstones }) => tombstones.size > 0);
  if (block === undefined) return false;
  const { ulid } = block.meta;
  counts.isWritingBlock = true;
  try {
    const meta = await runner.run({
      kind: 'rewrite-block',
      directory: directory.root,
      ulids: [ulid],
      ulid: newUlid(),
      known: blocks.knownRange(chunkRangeMs, [ulid]),
      segmentBytesMax,
    });
    log.info('Wrote a block without what is deleted of it', { block: ulid, ulid: meta?.ulid ?? null });
    if (meta !== null) {
      counts.compactions++;
      await takeInBlock(parts, meta.ulid);
    } else {
      // It was marked as deletable on the disk, where reloading looks at blocks that it does not hold.
      blocks.drop(new Set([ulid]));
      await reloadBlocks(parts);
    }
  } finally {
    counts.isWritingBlock = false;
  }
  return true;
}
