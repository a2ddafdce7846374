import type { FileSystem } from '../../std/file-system.ts';
import { type BlockMeta, isUlid, readBlockMeta } from './block-meta.ts';
import { DamagedFile } from './damaged-file.ts';

/**
 * The metas of all blocks in a directory as they are on the disk now, in the order of their names; one that can not be
 * read is left out. Throws a `FileSystemError` where the directory can not be listed.
 */
export function readBlockMetas(fileSystem: FileSystem, directory: string): BlockMeta[] {
  const metas: BlockMeta[] = [];
  for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
    const path = `${directory}/${name}/meta.json`;
    if (kind !== 'directory' || !isUlid(name) || fileSystem.statSync(path) === null) continue;
    try {
      metas.push(readBlockMeta(fileSystem, path));
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
    }
  }
  return metas;
}
