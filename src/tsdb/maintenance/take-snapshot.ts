import { randomHex63 } from '../../std/random-hex.ts';
import { linkBlock } from '../block/link-block.ts';
import { writeHeadBlock } from './head-block.ts';
import type { MaintenanceParts } from './parts.ts';

export interface SnapshotOptions {
  /** True leaves out what is in no block yet. */
  readonly skipsHead: boolean;
}

/**
 * Copies the database as it stands to a directory below `snapshots/` that a server can be started on: blocks by second
 * names of their files, what is in no block yet as blocks of its own. Resolves to the directory's name,
 * `<UTC time>-<16 hexadecimal digits>`, once all of it is on the disk. Rejects with what failed, and then nothing is left
 * of it.
 */
export async function takeSnapshot(parts: MaintenanceParts, { skipsHead }: SnapshotOptions): Promise<string> {
  const { blocks, clock, directory, fileSystem, head, lateSamples, log } = parts;
  const name = `${compactTime(clock.now())}-${randomHex63()}`;
  const path = `${directory.snapshots}/${name}`;
  const unfinished = `${path}.tmp`;
  let made = unfinished;
  try {
    fileSystem.makeDirectorySync(unfinished);
    for (const block of blocks.blocks) {
      await linkBlock(fileSystem, block.directory, `${unfinished}/${block.meta.ulid}`);
    }
    if (!skipsHead) {
      const { maxTime, minTime } = head.bounds;
      const inSnapshot = { ...parts, directory: { ...directory, root: unfinished } };
      // The end of a block's range is exclusive.
      if (minTime <= maxTime) await writeHeadBlock(inSnapshot, { minTime, maxTime: maxTime + 1 });
      await lateSamples?.copyTo(unfinished);
    }
    await fileSystem.syncDirectory(unfinished);
    fileSystem.renameSync(unfinished, path);
    made = path;
    await fileSystem.syncDirectory(directory.snapshots);
    await fileSystem.syncDirectory(directory.root);
  } catch (error) {
    await fileSystem.remove(made).catch((cause: unknown) => {
      log.warn('Cannot remove a snapshot that failed; the next start does', { err: String(cause) });
    });
    throw error;
  }
  log.info('Took a snapshot', { path, blocks: blocks.blocks.length, skipsHead });
  return name;
}

/** `20261121T032827Z`. */
function compactTime(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '');
}
