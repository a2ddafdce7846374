import type { FileSystem } from '../../std/file-system.ts';
import { chunkSnapshots } from './find-chunk-snapshot.ts';

/**
 * Removes the snapshots whose place in the log a checkpoint up to `segment` has. No start of ours reads them any more,
 * and a Prometheus that takes the directory over would: it then misses samples of series that left the head since, which
 * the log has. Rejects with a `FileSystemError`.
 */
export async function removeOutdatedSnapshots(fileSystem: FileSystem, root: string, segment: number): Promise<void> {
  for (const { path, place } of chunkSnapshots(fileSystem, root)) {
    if (place.segment > segment) continue;
    const temporary = `${path}.tmp`;
    await fileSystem.remove(temporary);
    fileSystem.renameSync(path, temporary);
    await fileSystem.syncDirectory(root);
    await fileSystem.remove(temporary);
  }
}
