import type { FileSystem } from '../../std/file-system.ts';
import type { Block } from '../block/block.ts';
import { removeBlock } from '../block/remove-block.ts';
import { planRetention } from '../compact/plan-retention.ts';
import type { DataDirectory } from '../data-directory.ts';
import type { MaintenanceParts } from './parts.ts';
import { forgetBefore } from './truncate-log.ts';

/**
 * Takes in the blocks that appeared in the directory and removes those that were replaced, are empty or are beyond the
 * retention. Rejects with a `FileSystemError`; what could not be removed is tried again at the next call.
 */
export async function reloadBlocks(parts: MaintenanceParts): Promise<void> {
  parts.counts.reloads++;
  try {
    await parts.blocks.openAhead(parts.turns);
    parts.blocks.reload();
    await parts.turns.pause();
    await removeUnneeded(parts);
  } catch (error) {
    parts.counts.reloadsFailed++;
    throw error;
  }
}

/**
 * Takes in a block that was just written. Where that fails the block is removed again and this rejects: whoever wrote it
 * keeps what it was made of.
 */
export async function takeInBlock(parts: MaintenanceParts, ulid: string): Promise<void> {
  const { blocks, counts, directory, fileSystem, log } = parts;
  counts.reloads++;
  try {
    await blocks.openAhead(parts.turns);
    blocks.reload();
    const damaged = blocks.damaged.find((block) => block.directory === `${directory.root}/${ulid}`);
    if (damaged !== undefined) throw new Error(`Cannot use block ${ulid} that was just written: ${damaged.reason}`);
  } catch (error) {
    counts.reloadsFailed++;
    await removeBlock(fileSystem, directory.root, ulid);
    throw error;
  }
  try {
    await parts.turns.pause();
    await removeUnneeded(parts);
  } catch (error) {
    log.error('Cannot remove an obsolete block', { err: String(error) });
  }
}

async function removeUnneeded(parts: MaintenanceParts): Promise<void> {
  const { blocks, counts, directory, fileSystem, head, log, settings } = parts;
  const { retentionBytes, retentionMs, retentionPercent } = settings();
  const limits = {
    durationMs: retentionMs,
    bytes: retentionBytes,
    percentage: retentionPercent,
    fileSystemBytes: retentionPercent > 0 ? (fileSystem.fileSystemBytes(directory.root) ?? 0) : 0,
  };
  if (retentionPercent > 0 && limits.fileSystemBytes === 0) {
    log.warn('Cannot tell the size of the file system: the percentage of retention is not applied');
  }
  const held = blocks.blocks.map((block) => ({ ...block.meta, bytes: blockBytes(fileSystem, block) }));
  const plan = planRetention(held, limits, headBytes(fileSystem, directory));
  if (plan.byTime) counts.timeRetentions++;
  if (plan.bySize) counts.sizeRetentions++;
  const gone = [...blocks.obsolete, ...plan.remove];
  blocks.drop(new Set(plan.remove));
  // A start takes from the log what no block covers: what was deleted of these would come back.
  if (gone.length > 0 && blocks.lastingCoveredTime < head.minValidTime) await forgetBefore(parts, head.minValidTime);
  for (const ulid of gone) {
    await removeBlock(fileSystem, directory.root, ulid);
    log.info('Deleted an obsolete block', { block: ulid });
  }
}

/** Bytes of all blocks in use. */
export function allBlockBytes(fileSystem: FileSystem, blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + blockBytes(fileSystem, block), 0);
}

/** A published block does not change, apart from a few bytes of tombstones. */
const knownBytes = new WeakMap<Block, number>();

function blockBytes(fileSystem: FileSystem, block: Block): number {
  const known = knownBytes.get(block);
  if (known !== undefined) return known;
  const bytes = directoryBytes(fileSystem, block.directory);
  knownBytes.set(block, bytes);
  return bytes;
}

/** What the head has on the disk: the logs and the chunks that left memory. */
function headBytes(fileSystem: FileSystem, { wal, wbl, chunksHead }: DataDirectory): number {
  return [wal, wbl, chunksHead].reduce((sum, path) => sum + directoryBytes(fileSystem, path), 0);
}

function directoryBytes(fileSystem: FileSystem, path: string): number {
  if (fileSystem.statSync(path) === null) return 0;
  let bytes = 0;
  for (const { kind, name } of fileSystem.readDirectorySync(path)) {
    const inside = `${path}/${name}`;
    bytes += kind === 'directory' ? directoryBytes(fileSystem, inside) : (fileSystem.statSync(inside)?.size ?? 0);
  }
  return bytes;
}
