import type { FileSystem } from '../../std/file-system.ts';

/** Files of a block beside its chunks; whoever writes one may leave out the last. */
const FILES = ['meta.json', 'index', 'tombstones'] as const;

/**
 * Gives the files of the block in `from` second names below `to`, which does not exist. That takes no room, and the copy
 * stays as it is whatever becomes of the block: none of its files is ever written in place. Rejects with a
 * `FileSystemError`.
 */
export async function linkBlock(fileSystem: FileSystem, from: string, to: string): Promise<void> {
  fileSystem.makeDirectorySync(`${to}/chunks`);
  for (const { kind, name } of fileSystem.readDirectorySync(`${from}/chunks`)) {
    if (kind === 'file') fileSystem.linkSync(`${from}/chunks/${name}`, `${to}/chunks/${name}`);
  }
  for (const name of FILES) {
    if (name === 'tombstones' && fileSystem.statSync(`${from}/${name}`) === null) continue;
    fileSystem.linkSync(`${from}/${name}`, `${to}/${name}`);
  }
  await fileSystem.syncDirectory(`${to}/chunks`);
  await fileSystem.syncDirectory(to);
}
