import { type FileLock, type FileSystem, FileSystemError } from '../std/file-system.ts';
import type { Log } from '../telemetry/log.ts';
import type { DataDirectory } from './data-directory.ts';

/** `left`: whoever had it before did not give it back. */
export type FoundLock = 'free' | 'left';

/** Whether a lock file lies there before it is taken: whoever gives it back removes it, as Prometheus does. */
export function foundLock(fileSystem: FileSystem, { lock }: DataDirectory): FoundLock {
  return fileSystem.statSync(lock) === null ? 'free' : 'left';
}

/**
 * Makes this process the only one that uses the data directory, another server's (Prometheus' too) included. Throws a
 * `FileSystemError` with code `ELOCKED` and one sentence that says who holds it. The directory must exist.
 */
export function lockDataDirectory(fileSystem: FileSystem, directory: DataDirectory, log: Log): FileLock {
  let lock: FileLock;
  try {
    lock = fileSystem.lockSync(directory.lock);
  } catch (error) {
    if (!(error instanceof FileSystemError) || error.code !== 'ELOCKED') throw error;
    throw new FileSystemError('use data directory', directory.root, error.cause, 'ELOCKED');
  }
  if (lock.kind === 'pid-file') {
    log.warn(
      'This host has no flock command: the data directory is locked by a process id in its lock file, which other servers do not notice',
      { path: directory.lock },
    );
  }
  return lock;
}
