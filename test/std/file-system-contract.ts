import { beforeEach, describe, expect, it } from 'vitest';
import { type FileSystem, FileSystemError } from '../../src/std/file-system.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

/** What every file system must do. `fresh` gives one and an empty directory in it. */
export function fileSystemContract(name: string, fresh: () => { fileSystem: FileSystem; root: string }): void {
  describe(`${name} as a file system`, () => {
    let fileSystem: FileSystem;
    let root: string;
    beforeEach(() => {
      ({ fileSystem, root } = fresh());
    });

    function write(path: string, content: string): void {
      const file = fileSystem.openSync(path, 'w');
      expect(file.writeSync(bytes(content), 0, bytes(content).length, 0)).toBe(bytes(content).length);
      file.closeSync();
    }

    function codeOf(action: () => unknown): string {
      try {
        action();
      } catch (error) {
        expect(error).toBeInstanceOf(FileSystemError);
        expect((error as FileSystemError).message).toMatch(/^Cannot \w/);
        return (error as FileSystemError).code;
      }
      return 'no error';
    }

    it('reads what was written, at any position', async () => {
      const file = fileSystem.openSync(`${root}/a`, 'wx');
      file.writeSync(bytes('__hello__'), 2, 5, 0);
      file.writeSync(bytes('!'), 0, 1, 7);
      expect(file.sizeSync()).toBe(8);
      const buffer = new Uint8Array(6);
      expect(file.readSync(buffer, 1, 4, 1)).toBe(4);
      expect(text(buffer)).toBe('\0ello\0');
      expect(file.readSync(buffer, 0, 6, 6)).toBe(2);
      expect(file.readSync(buffer, 0, 6, 100)).toBe(0);
      await file.sync();
      file.syncSync();
      file.closeSync();
      expect(text(fileSystem.readFileSync(`${root}/a`))).toBe('hello\0\0!');
      expect(text(await fileSystem.readFile(`${root}/a`))).toBe('hello\0\0!');
    });

    it('reads beside the event loop', async () => {
      write(`${root}/a`, '__hello');
      const file = fileSystem.openSync(`${root}/a`, 'r');
      const buffer = new Uint8Array(6);
      expect(await file.read(buffer, 1, 4, 2)).toBe(4);
      expect(text(buffer)).toBe('\0hell\0');
      expect(await file.read(buffer, 0, 6, 5)).toBe(2);
      expect(await file.read(buffer, 0, 6, 50)).toBe(0);
      file.closeSync();
    });

    it('writes beside the event loop', async () => {
      const file = fileSystem.openSync(`${root}/a`, 'wx');
      expect(await file.write(bytes('__hello__'), 2, 5, 3)).toBe(5);
      file.closeSync();
      expect(text(fileSystem.readFileSync(`${root}/a`))).toBe('\0\0\0hello');
      const read = fileSystem.openSync(`${root}/a`, 'r');
      await expect(read.write(bytes('x'), 0, 1, 0)).rejects.toMatchObject({ code: 'EBADF' });
      read.closeSync();
    });

    it('opens in each mode as it says', () => {
      expect(codeOf(() => fileSystem.openSync(`${root}/a`, 'r'))).toBe('ENOENT');
      expect(codeOf(() => fileSystem.openSync(`${root}/a`, 'r+'))).toBe('ENOENT');
      write(`${root}/a`, 'old');
      expect(codeOf(() => fileSystem.openSync(`${root}/a`, 'wx'))).toBe('EEXIST');
      const updated = fileSystem.openSync(`${root}/a`, 'r+');
      updated.writeSync(bytes('X'), 0, 1, 1);
      updated.closeSync();
      expect(text(fileSystem.readFileSync(`${root}/a`))).toBe('oXd');
      fileSystem.openSync(`${root}/a`, 'w').closeSync();
      expect(fileSystem.statSync(`${root}/a`)).toEqual({ kind: 'file', size: 0 });
      const read = fileSystem.openSync(`${root}/a`, 'r');
      expect(codeOf(() => read.writeSync(bytes('x'), 0, 1, 0))).toBe('EBADF');
      read.closeSync();
      expect(codeOf(() => fileSystem.openSync(`${root}/none/a`, 'w'))).toBe('ENOENT');
    });

    it('truncates to less and to more', () => {
      write(`${root}/a`, 'hello');
      const file = fileSystem.openSync(`${root}/a`, 'r+');
      file.truncateSync(2);
      file.truncateSync(4);
      file.closeSync();
      expect(text(fileSystem.readFileSync(`${root}/a`))).toBe('he\0\0');
    });

    it('makes, lists and removes directories', async () => {
      fileSystem.makeDirectorySync(`${root}/x/y`);
      fileSystem.makeDirectorySync(`${root}/x/y`);
      write(`${root}/x/b`, '1');
      write(`${root}/x/a`, '22');
      expect(fileSystem.readDirectorySync(`${root}/x`)).toEqual([
        { name: 'a', kind: 'file' },
        { name: 'b', kind: 'file' },
        { name: 'y', kind: 'directory' },
      ]);
      expect(fileSystem.statSync(`${root}/x`)?.kind).toBe('directory');
      expect(codeOf(() => fileSystem.makeDirectorySync(`${root}/x/a`))).toBe('EEXIST');
      await fileSystem.syncDirectory(`${root}/x`);
      fileSystem.syncDirectorySync(`${root}/x`);
      fileSystem.removeSync(`${root}/x/a`);
      await fileSystem.remove(`${root}/x`);
      fileSystem.removeSync(`${root}/x`);
      expect(fileSystem.statSync(`${root}/x`)).toBeNull();
      expect(codeOf(() => fileSystem.readDirectorySync(`${root}/x`))).toBe('ENOENT');
      await expect(fileSystem.syncDirectory(`${root}/x`)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('renames files over files and directories with their content', () => {
      write(`${root}/a`, 'new');
      write(`${root}/b`, 'old');
      fileSystem.renameSync(`${root}/a`, `${root}/b`);
      expect(text(fileSystem.readFileSync(`${root}/b`))).toBe('new');
      fileSystem.makeDirectorySync(`${root}/d`);
      write(`${root}/d/f`, 'in');
      fileSystem.renameSync(`${root}/d`, `${root}/e`);
      expect(text(fileSystem.readFileSync(`${root}/e/f`))).toBe('in');
      expect(fileSystem.statSync(`${root}/d`)).toBeNull();
      expect(codeOf(() => fileSystem.renameSync(`${root}/d`, `${root}/c`))).toBe('ENOENT');
      expect(codeOf(() => fileSystem.renameSync(`${root}/b`, `${root}/e`))).toBe('EISDIR');
      fileSystem.makeDirectorySync(`${root}/g`);
      expect(codeOf(() => fileSystem.renameSync(`${root}/g`, `${root}/e`))).toBe('ENOTEMPTY');
    });

    it('gives a file a second name that outlives the first', () => {
      write(`${root}/a`, 'one');
      fileSystem.makeDirectorySync(`${root}/d`);
      fileSystem.linkSync(`${root}/a`, `${root}/d/b`);
      const file = fileSystem.openSync(`${root}/a`, 'r+');
      file.writeSync(bytes('O'), 0, 1, 0);
      file.closeSync();
      expect(text(fileSystem.readFileSync(`${root}/d/b`))).toBe('One');
      // Replacing the first name leaves the second with the old content.
      write(`${root}/c`, 'two');
      fileSystem.renameSync(`${root}/c`, `${root}/a`);
      expect(text(fileSystem.readFileSync(`${root}/d/b`))).toBe('One');
      fileSystem.removeSync(`${root}/a`);
      expect(text(fileSystem.readFileSync(`${root}/d/b`))).toBe('One');
      write(`${root}/a`, 'new');
      expect(codeOf(() => fileSystem.linkSync(`${root}/a`, `${root}/d/b`))).toBe('EEXIST');
      expect(codeOf(() => fileSystem.linkSync(`${root}/none`, `${root}/x`))).toBe('ENOENT');
      expect(codeOf(() => fileSystem.linkSync(`${root}/d`, `${root}/x`))).toBe('EPERM');
    });

    it('locks a file once', () => {
      const lock = fileSystem.lockSync(`${root}/lock`);
      expect(codeOf(() => fileSystem.lockSync(`${root}/lock`))).toBe('ELOCKED');
      expect(fileSystem.statSync(`${root}/lock`)?.kind).toBe('file');
      lock.releaseSync();
      expect(fileSystem.statSync(`${root}/lock`)).toBeNull();
      fileSystem.lockSync(`${root}/lock`).releaseSync();
    });
  });
}
