/**
 * Files as a dependency: everything below the server that touches a disk goes through this interface, so that
 * `memory-files.ts` can stand in for the disk and fail, die or lose power at any call.
 */

/** `r` read · `r+` read and write · `w` create or empty · `wx` create, fail where it exists. All may read, all but `r` write. */
export type OpenMode = 'r' | 'r+' | 'w' | 'wx';

export interface FileStat {
  readonly kind: 'file' | 'directory';
  /** Bytes; of a directory, nothing useful. */
  readonly size: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
}

/**
 * An open file. Calls that end in `Sync` block the thread; they may be used on the main thread where the page cache
 * answers (reads at start, log writes), never for syncing.
 */
export interface FileHandle {
  readonly path: string;
  /** Reads up to `length` bytes at `position`; returns how many, fewer only at the end of the file. */
  readSync(buffer: Uint8Array, offset: number, length: number, position: number): number;
  /** As `readSync`, beside the event loop. The buffer is the file's until the promise is settled. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** One write at `position`; returns how many bytes were taken, which may be fewer than asked for. */
  writeSync(buffer: Uint8Array, offset: number, length: number, position: number): number;
  /** As `writeSync`, beside the event loop. The bytes stay as they are until the promise is settled. */
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  truncateSync(size: number): void;
  sizeSync(): number;
  /** Resolves when everything that was written before the call is on the disk. Runs beside the event loop. */
  sync(): Promise<void>;
  syncSync(): void;
  closeSync(): void;
}

/** A lock on a file that other processes see; the operating system drops it when this process ends. */
export interface FileLock {
  /** `flock`: the kernel's lock, which Prometheus sees. `pid-file`: a process id in the file, which it does not see. */
  readonly kind: 'flock' | 'pid-file';
  releaseSync(): void;
}

/** All failures are `FileSystemError`s. Paths are joined with `/`. */
export interface FileSystem {
  openSync(path: string, mode: OpenMode): FileHandle;
  readFileSync(path: string): Uint8Array;
  readFile(path: string): Promise<Uint8Array>;
  /** Entries in name order (by code unit). */
  readDirectorySync(path: string): DirectoryEntry[];
  /** Makes the directory and its parents; one that exists is fine. */
  makeDirectorySync(path: string): void;
  /** Replaces `to` where it is a file or an empty directory. */
  renameSync(from: string, to: string): void;
  /** Gives a file a second name on the same file system; code `EEXIST` where something has that name. */
  linkSync(from: string, to: string): void;
  /** Removes a file, or a directory with all it contains; what does not exist is fine. */
  removeSync(path: string): void;
  remove(path: string): Promise<void>;
  /** null where nothing is. */
  statSync(path: string): FileStat | null;
  /** Bytes of the whole file system that a path is on; null where that can not be told. */
  fileSystemBytes(path: string): number | null;
  /** Bytes of it that are free for this process; null where that can not be told. */
  freeBytes(path: string): number | null;
  /** Makes names that were created, renamed or removed in this directory durable. */
  syncDirectory(path: string): Promise<void>;
  syncDirectorySync(path: string): void;
  /** Creates the file where needed and locks it without waiting; code `ELOCKED` where another holder has it. */
  lockSync(path: string): FileLock;
}

/** A fault of the environment: what was tried, on what, and why it failed. `code` is the system's (`ENOSPC`, `EIO`). */
export class FileSystemError extends Error {
  override readonly name = 'FileSystemError';
  readonly code: string;
  readonly action: string;
  readonly path: string;

  constructor(action: string, path: string, cause: unknown, code = codeOf(cause)) {
    super(`Cannot ${action} ${path}: ${reasonOf(cause, code)}`, { cause });
    this.code = code;
    this.action = action;
    this.path = path;
  }
}

/** True for a `FileSystemError` of that code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof FileSystemError && error.code === code;
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'EUNKNOWN';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EEXIST: 'it exists already',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'input/output error',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  ENOTDIR: 'not a directory',
  EISDIR: 'it is a directory',
  ENOTEMPTY: 'the directory is not empty',
};

/** Node's own messages repeat the call and the path; the plain reason is enough here. */
function reasonOf(cause: unknown, code: string): string {
  return REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
}
