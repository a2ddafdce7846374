import type { FileSystem } from './file-system.ts';

/** Writes a new file and makes its content durable; its name is the caller's to sync. */
export function writeSyncedFileSync(fileSystem: FileSystem, path: string, bytes: Uint8Array): void {
  const file = fileSystem.openSync(path, 'w');
  try {
    for (let done = 0; done < bytes.length; ) done += file.writeSync(bytes, done, bytes.length - done, done);
    file.syncSync();
  } finally {
    file.closeSync();
  }
}

/** Replaces a file by a new one as a whole: whatever happens, either the old or the new content is there. */
export function replaceFileSync(fileSystem: FileSystem, path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  writeSyncedFileSync(fileSystem, temporary, bytes);
  fileSystem.renameSync(temporary, path);
  fileSystem.syncDirectorySync(path.slice(0, path.lastIndexOf('/')));
}

/** As `replaceFileSync`, with the syncs beside the event loop. One call at a time for each path. */
export async function replaceFile(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = fileSystem.openSync(temporary, 'w');
  try {
    for (let done = 0; done < bytes.length; ) done += file.writeSync(bytes, done, bytes.length - done, done);
    await file.sync();
  } catch (error) {
    fileSystem.removeSync(temporary);
    throw error;
  } finally {
    file.closeSync();
  }
  fileSystem.renameSync(temporary, path);
  await fileSystem.syncDirectory(path.slice(0, path.lastIndexOf('/')));
}
