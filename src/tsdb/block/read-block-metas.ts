import { type FileSystem, hasCode } from '../../std/file-system.ts';
import { DamagedFile } from '../damaged-file.ts';
import { type BlockMeta, isUlid, readBlockMeta } from './block-meta.ts';

/**
 * The metas of all blocks in a directory as they are on the disk now, in the order of their names; one that can not be
 * read is left out. Throws a `FileSystemError` where the directory can not be listed.
 */
export function readBlockMetas(fileSystem: FileSystem, directory: string): BlockMeta[] {
  const metas: BlockMeta[] = [];
  for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
    if (kind !== 'directory' || !isUlid(name)) continue;
    try {
      metas.push(readBlockMeta(fileSystem, `${directory}/${name}/meta.json`));
    } catch (error) {
      // Whoever else uses the directory may be moving a block in or out.
      if (!(error instanceof DamagedFile || hasCode(error, 'ENOENT'))) throw error;
    }
  }
  return metas;
}
