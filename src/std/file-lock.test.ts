import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile } from './file-lock.ts';

describe('lockFile()', () => {
  let root = '';
  const path = process.env['PATH'];
  beforeEach(() => {
    root = mkdtempSync(`${tmpdir()}/narthex-lock-`);
  });
  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(root, { recursive: true, force: true });
  });

  it('names the process that holds the lock', () => {
    const lock = lockFile(`${root}/lock`);
    expect(readFileSync(`${root}/lock`, 'utf8')).toBe(`${process.pid}\n`);
    expect(() => lockFile(`${root}/lock`)).toThrow(
      new RegExp(`^Cannot lock ${root}/lock: process ${process.pid} \\(.+\\) holds it$`),
    );
    lock.releaseSync();
    lockFile(`${root}/lock`).releaseSync();
    expect(existsSync(`${root}/lock`)).toBe(false);
  });

  it('leaves the file alone that another put in its place', () => {
    const lock = lockFile(`${root}/lock`);
    writeFileSync(`${root}/other`, 'x');
    renameSync(`${root}/other`, `${root}/lock`);
    lock.releaseSync();
    expect(readFileSync(`${root}/lock`, 'utf8')).toBe('x');
  });

  it('is dropped by a process that was killed', () => {
    const program = `
      import { lockFile } from '${import.meta.dirname}/file-lock.ts';
      lockFile('${root}/lock');
      process.kill(process.pid, 'SIGKILL');`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' })).toThrow();
    expect(readFileSync(`${root}/lock`, 'utf8')).toMatch(/^\d+\n$/);
    expect(lockFile(`${root}/lock`).kind).toBe('flock');
  });

  it('falls back to a process id where the host has no flock', () => {
    process.env['PATH'] = root;
    const lock = lockFile(`${root}/lock`);
    expect(lock.kind).toBe('pid-file');
    lock.releaseSync();
    // The parent of this process is alive and not us.
    writeFileSync(`${root}/lock`, `${process.ppid}\n`);
    expect(() => lockFile(`${root}/lock`)).toThrow(`process ${process.ppid}`);
    writeFileSync(`${root}/lock`, '999999999\n');
    expect(lockFile(`${root}/lock`).kind).toBe('pid-file');
  });
});
