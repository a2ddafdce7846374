import type { DirectoryEntry, FileSystem } from '../../std/file-system.ts';
import type { Log } from '../../telemetry/log.ts';
import { isUlid } from '../block/block-meta.ts';
import type { DataDirectory } from '../data-directory.ts';

/** A name that a step gives to what it has not finished; the last part says what it was for. */
const UNFINISHED_DIRECTORY = /^(.*)\.tmp(-for-creation|-for-deletion)?$/;
const UNFINISHED_FILES: ReadonlySet<string> = new Set(['target_metadata.tmp', 'head_image.tmp']);
const UNFINISHED_SNAPSHOT = /^\d{8}T\d{6}Z-[0-9a-f]{16}\.tmp$/;
const UNFINISHED_SEGMENT = /^\d{6,}\.tmp$/;
const UNFINISHED_CHECKPOINT = /^checkpoint\.\d{8,}\.tmp$/;
const CHECKPOINT = /^checkpoint\.\d{8,}$/;

/**
 * Removes what an interrupted step has left: files and directories under names that nobody reads. Whatever else lies in
 * the directory is left alone. What can not be removed is logged.
 */
export function removeTemporary(fileSystem: FileSystem, directory: DataDirectory, log: Log): void {
  for (const path of temporaryPaths(fileSystem, directory)) {
    try {
      fileSystem.removeSync(path);
      log.info('Removed what an interrupted step has left', { path });
    } catch (error) {
      log.warn('Cannot remove what an interrupted step has left', { err: String(error) });
    }
  }
}

function temporaryPaths(fileSystem: FileSystem, directory: DataDirectory): string[] {
  const found: string[] = [];
  const visit = (path: string, isTemporary: (entry: DirectoryEntry) => boolean): DirectoryEntry[] => {
    if (fileSystem.statSync(path)?.kind !== 'directory') return [];
    const entries = fileSystem.readDirectorySync(path);
    for (const entry of entries) if (isTemporary(entry)) found.push(`${path}/${entry.name}`);
    return entries;
  };
  const { chunksHead, root, snapshots, wal, walDamaged, wbl, writeProbe } = directory;
  const segment = ({ kind, name }: DirectoryEntry): boolean => kind === 'file' && UNFINISHED_SEGMENT.test(name);

  const entries = visit(root, ({ kind, name }) => {
    if (kind === 'file') return UNFINISHED_FILES.has(name);
    const base = UNFINISHED_DIRECTORY.exec(name)?.[1];
    return base !== undefined && (isUlid(base) || base.startsWith('chunk_snapshot.'));
  });
  for (const { kind, name } of entries) {
    if (kind === 'directory' && isUlid(name)) {
      visit(`${root}/${name}`, (entry) => entry.kind === 'file' && /^(meta\.json|tombstones)\.tmp$/.test(entry.name));
    }
  }
  for (const path of [wal, wbl]) {
    const inside = visit(
      path,
      (entry) => segment(entry) || (entry.kind === 'directory' && UNFINISHED_CHECKPOINT.test(entry.name)),
    );
    for (const { kind, name } of inside) {
      if (kind === 'directory' && CHECKPOINT.test(name)) visit(`${path}/${name}`, segment);
    }
  }
  if (fileSystem.statSync(writeProbe) !== null) found.push(writeProbe);
  visit(chunksHead, segment);
  visit(walDamaged, ({ kind, name }) => kind === 'file' && name.endsWith('.tmp'));
  visit(snapshots, ({ kind, name }) => kind === 'directory' && UNFINISHED_SNAPSHOT.test(name));
  return found;
}
