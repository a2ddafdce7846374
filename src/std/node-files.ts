import * as fs from 'node:fs';
import * as fsPromises from 'node:fs/promises';
import { dirname } from 'node:path';
import { lockFile } from './file-lock.ts';
import {
  type DirectoryEntry,
  type FileHandle,
  type FileStat,
  type FileSystem,
  FileSystemError,
} from './file-system.ts';

/** The disk of this host. */
export const nodeFiles: FileSystem = {
  openSync: (path, mode) =>
    run('open', path, () => new NodeFile(path, fs.openSync(path, mode.startsWith('w') ? `${mode}+` : mode, 0o666))),
  readFileSync: (path) => run('read', path, () => fs.readFileSync(path)),
  readFile: (path) => runAsync('read', path, () => fsPromises.readFile(path)),
  readDirectorySync: (path) => run('list', path, () => entriesOf(fs.readdirSync(path, { withFileTypes: true }))),
  makeDirectorySync(path) {
    run('create directory', path, () => makeDirectories(path));
  },
  renameSync(from, to) {
    run('rename', `${from} to ${to}`, () => fs.renameSync(from, to));
  },
  linkSync(from, to) {
    run('link', `${from} to ${to}`, () => fs.linkSync(from, to));
  },
  removeSync(path) {
    run('remove', path, () => fs.rmSync(path, { recursive: true, force: true }));
  },
  remove: (path) => runAsync('remove', path, () => fsPromises.rm(path, { recursive: true, force: true })),
  statSync: (path) => run('inspect', path, () => statOrNull(path)),
  fileSystemBytes(path) {
    try {
      const { blocks, bsize } = fs.statfsSync(path);
      return blocks * bsize;
    } catch {
      return null;
    }
  },
  freeBytes(path) {
    try {
      const { bavail, bsize } = fs.statfsSync(path);
      return bavail * bsize;
    } catch {
      return null;
    }
  },
  syncDirectory: (path) =>
    runAsync('sync directory', path, async () => {
      const directory = await fsPromises.open(path, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    }),
  syncDirectorySync(path) {
    run('sync directory', path, () => {
      const descriptor = fs.openSync(path, 'r');
      try {
        fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  },
  lockSync: lockFile,
};

class NodeFile implements FileHandle {
  readonly path: string;
  readonly #descriptor: number;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  readSync(buffer: Uint8Array, offset: number, length: number, position: number): number {
    try {
      let done = 0;
      while (done < length) {
        const count = fs.readSync(this.#descriptor, buffer, offset + done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (error) {
      throw new FileSystemError('read', this.path, error);
    }
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    let done = 0;
    while (done < length) {
      const count = await this.#readOnce(buffer, offset + done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  #readOnce(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#descriptor, buffer, offset, length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(new FileSystemError('read', this.path, error));
      });
    });
  }

  writeSync(buffer: Uint8Array, offset: number, length: number, position: number): number {
    try {
      return fs.writeSync(this.#descriptor, buffer, offset, length, position);
    } catch (error) {
      throw new FileSystemError('write', this.path, error);
    }
  }

  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#descriptor, buffer, offset, length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(new FileSystemError('write', this.path, error));
      });
    });
  }

  truncateSync(size: number): void {
    run('truncate', this.path, () => fs.ftruncateSync(this.#descriptor, size));
  }

  sizeSync(): number {
    return run('inspect', this.path, () => fs.fstatSync(this.#descriptor).size);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => {
        if (error === null) resolve();
        else reject(new FileSystemError('sync', this.path, error));
      });
    });
  }

  syncSync(): void {
    run('sync', this.path, () => fs.fdatasyncSync(this.#descriptor));
  }

  closeSync(): void {
    run('close', this.path, () => fs.closeSync(this.#descriptor));
  }
}

function run<T>(action: string, path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof FileSystemError ? error : new FileSystemError(action, path, error);
  }
}

async function runAsync<T>(action: string, path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw new FileSystemError(action, path, error);
  }
}

function entriesOf(found: readonly fs.Dirent[]): DirectoryEntry[] {
  return found
    .map((entry): DirectoryEntry => ({ name: entry.name, kind: entry.isDirectory() ? 'directory' : 'file' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function statOrNull(path: string): FileStat | null {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  return { kind: stat.isDirectory() ? 'directory' : 'file', size: stat.size };
}

/** Makes a directory and its missing parents. Node's own recursive form never returns below some directories of /proc. */
function makeDirectories(path: string): void {
  try {
    fs.mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && fs.statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    makeDirectories(parent);
    fs.mkdirSync(path);
  }
}
