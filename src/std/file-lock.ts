import * as fs from 'node:fs';
import { type FileLock, FileSystemError } from './file-system.ts';

/**
 * Locks a file for this process, by `flock(2)` where the host has a `flock` command, by a process id in the file
 * elsewhere. Throws a `FileSystemError` with code `ELOCKED` that names the holder as far as the host tells.
 *
 * Node has no flock call. A child `flock -n 3` locks the open file description that it inherits as descriptor 3; the
 * lock stays with the description, so it lives until our own descriptor is closed, at the latest with this process.
 * (Node opens files close-on-exec: no other child inherits it.) The text of the file names our process id, because
 * the kernel's list of locks names the long gone child.
 */
export function lockFile(path: string): FileLock {
  for (;;) {
    let descriptor: number;
    try {
      descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666);
    } catch (error) {
      throw new FileSystemError('open', path, error);
    }
    try {
      const kind = lockDescriptor(path, descriptor);
      if (liesAt(path, descriptor)) return { kind, releaseSync: () => releaseDescriptor(path, descriptor) };
    } catch (error) {
      fs.closeSync(descriptor);
      throw error;
    }
    // Its owner gave it back, and removed it, between opening and locking.
    fs.closeSync(descriptor);
  }
}

function lockDescriptor(path: string, descriptor: number): FileLock['kind'] {
  // Loaded only here: threads that never lock anything have this module, too.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const child = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', descriptor] });
  if ((child.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return lockByProcessId(path, descriptor);
  if (child.error !== undefined) throw new FileSystemError('lock', path, child.error);
  if (child.status === FLOCK_CONFLICT) {
    const holder = describeHolder(descriptor, ownerInFile(descriptor));
    throw new FileSystemError('lock', path, `${holder} holds it`, 'ELOCKED');
  }
  if (child.status !== 0) {
    const reason = child.stderr.toString().trim() || `flock ended with status ${child.status}`;
    throw new FileSystemError('lock', path, reason, 'ENOLCK');
  }
  writeOwner(descriptor);
  return 'flock';
}

/** Exit status of `flock -n` where another process has the lock; others mean that it could not try. */
const FLOCK_CONFLICT = 1;

function lockByProcessId(path: string, descriptor: number): FileLock['kind'] {
  const owner = ownerInFile(descriptor);
  if (owner !== null && owner !== process.pid && isAlive(owner)) {
    throw new FileSystemError('lock', path, `${describeProcess(owner)} holds it`, 'ELOCKED');
  }
  writeOwner(descriptor);
  return 'pid-file';
}

/**
 * Removing the file tells whoever comes next that it was given back; its text goes in any case, and both come first: once the
 * descriptor is closed the file may be another's. Where neither is possible the lock is free all the same.
 */
function releaseDescriptor(path: string, descriptor: number): void {
  try {
    fs.ftruncateSync(descriptor, 0);
    if (liesAt(path, descriptor)) fs.unlinkSync(path);
  } catch {
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Whether the file of that name is the one that is open. */
function liesAt(path: string, descriptor: number): boolean {
  const [named, open] = [fs.statSync(path, { throwIfNoEntry: false }), fs.fstatSync(descriptor)];
  return named !== undefined && named.ino === open.ino && named.dev === open.dev;
}

/** The text only serves error messages (and the lock without flock), so a full disk does not fail a lock that holds. */
function writeOwner(descriptor: number): void {
  try {
    fs.ftruncateSync(descriptor, 0);
    fs.writeSync(descriptor, `${process.pid}\n`, 0);
  } catch {
    // Messages then lack the process id.
  }
}

function ownerInFile(descriptor: number): number | null {
  const bytes = new Uint8Array(16);
  const size = fs.readSync(descriptor, bytes, 0, bytes.length, 0);
  const text = String.fromCharCode(...bytes.subarray(0, size));
  const match = /^([1-9][0-9]{0,9})\n/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** The kernel's list of locks first: a process id in the text may be left over from before a kill. */
function describeHolder(descriptor: number, ownerInText: number | null): string {
  const owner = ownerInKernelList(fs.fstatSync(descriptor).ino) ?? ownerInText;
  if (owner === null || !isAlive(owner)) return 'another process';
  return describeProcess(owner);
}

/** Lines are `1: FLOCK  ADVISORY  WRITE 123 08:01:456 0 EOF`: process id, device and inode. Linux only. */
function ownerInKernelList(inode: number): number | null {
  let list: string;
  try {
    list = fs.readFileSync('/proc/locks', 'latin1');
  } catch {
    return null;
  }
  for (const line of list.split('\n')) {
    const fields = line.split(/\s+/);
    if (fields[1] !== 'FLOCK' || !fields[5]?.endsWith(`:${inode}`)) continue;
    const owner = Number(fields[4]);
    if (owner > 0 && isAlive(owner)) return owner;
  }
  return null;
}

function describeProcess(id: number): string {
  try {
    return `process ${id} (${fs.readFileSync(`/proc/${id}/comm`, 'utf8').trim()})`;
  } catch {
    return `process ${id}`;
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
