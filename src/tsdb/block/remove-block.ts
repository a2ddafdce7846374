import type { FileSystem } from '../../std/file-system.ts';

/**
 * Removes the block in `<directory>/<ulid>`: takes its name first, so that a removal that is interrupted leaves rubbish
 * and never half a block. A block that does not exist is fine. Rejects with a `FileSystemError`.
 */
export async function removeBlock(fileSystem: FileSystem, directory: string, ulid: string): Promise<void> {
  const path = `${directory}/${ulid}`;
  if (fileSystem.statSync(path) === null) return;
  const temporary = `${path}.tmp-for-deletion`;
  await fileSystem.remove(temporary);
  fileSystem.renameSync(path, temporary);
  await fileSystem.syncDirectory(directory);
  await fileSystem.remove(temporary);
}
