import {
  type DirectoryEntry,
  type FileHandle,
  type FileLock,
  type FileStat,
  type FileSystem,
  FileSystemError,
  type OpenMode,
} from './file-system.ts';
import { type Fault, FaultPlan, failure, type Operation, type OperationName } from './memory-faults.ts';
import {
  changeFile,
  cloneFile,
  contentAfterPowerCut,
  emptyFile,
  type FileNode,
  makeDurable,
} from './memory-file-node.ts';
import { afterRename, applyChange, type NameChange, type Names, type Node } from './memory-names.ts';
import { createRandom } from './random.ts';

/**
 * A disk in memory, for tests. It keeps apart what the process has written and what is durable, so that a test can go on
 * with `afterProcessDeath()` (everything written is there) or `afterPowerCut(seed)` (what was synced is there; of the
 * rest any part, torn or in any order). Only the root, the empty path and `.`, exists at first.
 */
export class MemoryFiles implements FileSystem {
  /** All files together hold at most so many bytes: writes beyond are short, then fail with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  readonly #plan = new FaultPlan();
  #names: Names = new Map([['.', 'directory']]);
  #durableNames: Names = new Map([['.', 'directory']]);
  #nameChanges: NameChange[] = [];
  readonly #locks = new Set<string>();

  /** Every call so far. */
  get operations(): readonly Operation[] {
    return this.#plan.operations;
  }

  /** The `call`-th operation from the start (the first is 1) meets this fault. */
  failAt(call: number, fault: Fault): void {
    this.#plan.failAt(call, fault);
  }

  /** The disk as the next process finds it when this one was killed. */
  afterProcessDeath(): MemoryFiles {
    const next = new MemoryFiles();
    const copies = new Map<Node, Node>();
    const copyOf = (node: Node): Node => {
      if (node === 'directory') return node;
      const copy = copies.get(node) ?? cloneFile(node);
      copies.set(node, copy);
      return copy;
    };
    const copyNames = (names: Names): Names => new Map([...names].map(([path, node]) => [path, copyOf(node)]));
    next.#names = copyNames(this.#names);
    next.#durableNames = copyNames(this.#durableNames);
    next.#nameChanges = this.#nameChanges.map((change) => ({
      ...change,
      edits: change.edits.map(([path, node]) => [path, node === null ? null : copyOf(node)] as const),
    }));
    next.capacity = this.capacity;
    return next;
  }

  /** The disk after a power cut; the seed decides what became of everything that was not synced. */
  afterPowerCut(seed: number): MemoryFiles {
    const random = createRandom(seed);
    const names: Names = new Map(this.#durableNames);
    // Journals keep the order of names: some first ones of the changes made it.
    const survived = random.below(this.#nameChanges.length + 1);
    for (const change of this.#nameChanges.slice(0, survived)) applyChange(names, change);
    const next = new MemoryFiles();
    const copies = new Map<FileNode, FileNode>();
    for (const [path, node] of names) {
      if (!isReachable(names, path)) continue;
      if (node === 'directory') {
        next.#names.set(path, node);
        continue;
      }
      let copy = copies.get(node);
      if (copy === undefined) {
        const content = contentAfterPowerCut(node, random);
        copy = { content, durable: content.slice(), changes: [] };
        copies.set(node, copy);
      }
      next.#names.set(path, copy);
    }
    next.#durableNames = new Map(next.#names);
    next.capacity = this.capacity;
    return next;
  }

  openSync(path: string, mode: OpenMode): FileHandle {
    this.#plan.step('open', path);
    const node = this.#names.get(path);
    if (node === 'directory') throw failure('open', path, 'EISDIR');
    if (node !== undefined && mode === 'wx') throw failure('open', path, 'EEXIST');
    if (node === undefined && (mode === 'r' || mode === 'r+')) throw failure('open', path, 'ENOENT');
    if (node !== undefined && mode === 'w') changeFile(node, { kind: 'truncate', size: 0 });
    return new MemoryFile(this.#plan, path, mode, node ?? this.#createFile(path), () => this.#free());
  }

  readFileSync(path: string): Uint8Array {
    const file = this.openSync(path, 'r');
    const bytes = new Uint8Array(file.sizeSync());
    file.readSync(bytes, 0, bytes.length, 0);
    return bytes;
  }

  async readFile(path: string): Promise<Uint8Array> {
    return this.readFileSync(path);
  }

  readDirectorySync(path: string): DirectoryEntry[] {
    this.#stepInDirectory('list', path, path);
    const entries: DirectoryEntry[] = [];
    for (const [name, node] of this.#names) {
      if (name === '.' || parentOf(name) !== path) continue;
      entries.push({ name: baseOf(name), kind: node === 'directory' ? 'directory' : 'file' });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  makeDirectorySync(path: string): void {
    this.#plan.step('create directory', path);
    const missing: string[] = [];
    for (let at = path; this.#names.get(at) !== 'directory'; at = parentOf(at)) {
      if (this.#names.has(at)) throw failure('create directory', path, at === path ? 'EEXIST' : 'ENOTDIR');
      missing.unshift(at);
    }
    for (const made of missing) this.#changeNames([parentOf(made)], [[made, 'directory']]);
  }

  renameSync(from: string, to: string): void {
    const both = `${from} to ${to}`;
    this.#stepInDirectory('rename', both, parentOf(to));
    const node = this.#names.get(from);
    if (node === undefined) throw failure('rename', both, 'ENOENT');
    const target = this.#names.get(to);
    if (target === 'directory' && node !== 'directory') throw failure('rename', both, 'EISDIR');
    if (target !== undefined && target !== 'directory' && node === 'directory')
      throw failure('rename', both, 'ENOTDIR');
    if (target === 'directory' && this.#below(to).length > 1) throw failure('rename', both, 'ENOTEMPTY');
    const edits = [[from, null] as const, [to, node] as const];
    this.#changeNames([parentOf(from), parentOf(to)], edits, { from, to });
  }

  linkSync(from: string, to: string): void {
    const both = `${from} to ${to}`;
    this.#stepInDirectory('link', both, parentOf(to));
    const node = this.#names.get(from);
    if (node === undefined) throw failure('link', both, 'ENOENT');
    if (node === 'directory') throw failure('link', both, 'EPERM');
    if (this.#names.has(to)) throw failure('link', both, 'EEXIST');
    this.#changeNames([parentOf(to)], [[to, node]]);
  }

  removeSync(path: string): void {
    this.#plan.step('remove', path);
    const removed = this.#below(path).map((name) => [name, null] as const);
    if (removed.length > 0) this.#changeNames([parentOf(path)], removed);
  }

  async remove(path: string): Promise<void> {
    this.removeSync(path);
  }

  fileSystemBytes(): number | null {
    return Number.isFinite(this.capacity) ? this.capacity : null;
  }

  freeBytes(): number | null {
    return Number.isFinite(this.capacity) ? this.#free() : null;
  }

  statSync(path: string): FileStat | null {
    this.#plan.step('inspect', path);
    const node = this.#names.get(path);
    if (node === undefined) return null;
    return node === 'directory' ? { kind: 'directory', size: 0 } : { kind: 'file', size: node.content.length };
  }

  syncDirectorySync(path: string): void {
    this.#stepInDirectory('sync directory', path, path);
    this.#makeNamesDurable(path, this.#nameChanges.length);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#stepInDirectory('sync directory', path, path);
    const last = this.#nameChanges.at(-1);
    await Promise.resolve();
    this.#plan.throwIfDead();
    if (last !== undefined) this.#makeNamesDurable(path, this.#nameChanges.indexOf(last) + 1);
  }

  lockSync(path: string): FileLock {
    this.#stepInDirectory('lock', path, parentOf(path));
    if (this.#locks.has(path)) throw new FileSystemError('lock', path, 'another process holds it', 'ELOCKED');
    if (!this.#names.has(path)) this.#createFile(path);
    this.#locks.add(path);
    const releaseSync = () => {
      if (this.#locks.delete(path) && this.#names.has(path)) this.#changeNames([parentOf(path)], [[path, null]]);
    };
    return { kind: 'flock', releaseSync };
  }

  #createFile(path: string): FileNode {
    if (this.#names.get(parentOf(path)) !== 'directory') throw failure('open', path, 'ENOENT');
    const file = emptyFile();
    this.#changeNames([parentOf(path)], [[path, file]]);
    return file;
  }

  #stepInDirectory(name: OperationName, subject: string, directory: string): void {
    this.#plan.step(name, subject);
    const node = this.#names.get(directory);
    if (node === undefined) throw failure(name, subject, 'ENOENT');
    if (node !== 'directory') throw failure(name, subject, 'ENOTDIR');
  }

  #changeNames(
    directories: readonly string[],
    edits: NameChange['edits'],
    renamed: NameChange['renamed'] = null,
  ): void {
    const change = { directories, edits, renamed };
    applyChange(this.#names, change);
    this.#nameChanges.push(change);
  }

  /** The first `count` changes that concern the directory become durable. */
  #makeNamesDurable(directory: string, count: number): void {
    let later: NameChange[] = [];
    for (const [index, change] of this.#nameChanges.entries()) {
      if (index >= count || !change.directories.includes(directory)) {
        later.push(change);
        continue;
      }
      applyChange(this.#durableNames, change);
      const { renamed } = change;
      if (renamed !== null) later = later.map((older) => afterRename(older, renamed));
    }
    this.#nameChanges = later;
  }

  /** The path itself and everything below it. */
  #below(path: string): string[] {
    return [...this.#names.keys()].filter((name) => name === path || name.startsWith(`${path}/`));
  }

  #free(): number {
    let used = 0;
    for (const node of new Set(this.#names.values())) if (node !== 'directory') used += node.content.length;
    return Math.max(0, this.capacity - used);
  }
}

class MemoryFile implements FileHandle {
  readonly path: string;
  readonly #plan: FaultPlan;
  readonly #mode: OpenMode;
  readonly #node: FileNode;
  readonly #free: () => number;
  #closed = false;

  constructor(plan: FaultPlan, path: string, mode: OpenMode, node: FileNode, free: () => number) {
    this.path = path;
    this.#plan = plan;
    this.#mode = mode;
    this.#node = node;
    this.#free = free;
  }

  readSync(buffer: Uint8Array, offset: number, length: number, position: number): number {
    this.#plan.step('read', this.path, length);
    this.#check('read');
    const bytes = this.#node.content.subarray(position, position + length);
    buffer.set(bytes, offset);
    return bytes.length;
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    const count = this.readSync(buffer, offset, length, position);
    await Promise.resolve();
    this.#plan.throwIfDead();
    return count;
  }

  writeSync(buffer: Uint8Array, offset: number, length: number, position: number): number {
    this.#check('write');
    const room = this.#node.content.length - position + this.#free();
    if (room <= 0 && length > 0) {
      this.#plan.step('write', this.path, length);
      throw failure('write', this.path, 'ENOSPC');
    }
    const wanted = Math.min(length, room);
    return this.#plan.write(this.path, wanted, (count) => {
      const bytes = buffer.slice(offset, offset + count);
      if (count > 0) changeFile(this.#node, { kind: 'write', position, bytes });
    });
  }

  async write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    const count = this.writeSync(buffer, offset, length, position);
    await Promise.resolve();
    this.#plan.throwIfDead();
    return count;
  }

  truncateSync(size: number): void {
    this.#plan.step('truncate', this.path, size);
    this.#check('truncate');
    changeFile(this.#node, { kind: 'truncate', size });
  }

  sizeSync(): number {
    this.#plan.step('inspect', this.path);
    this.#check('inspect');
    return this.#node.content.length;
  }

  syncSync(): void {
    this.#plan.step('sync', this.path);
    this.#check('sync');
    makeDurable(this.#node, this.#node.changes.at(-1) ?? null);
  }

  async sync(): Promise<void> {
    this.#plan.step('sync', this.path);
    this.#check('sync');
    const last = this.#node.changes.at(-1) ?? null;
    await Promise.resolve();
    this.#plan.throwIfDead();
    makeDurable(this.#node, last);
  }

  closeSync(): void {
    this.#check('close');
    this.#closed = true;
  }

  /** As the kernel answers for a descriptor that is closed or was opened for reading. */
  #check(action: string): void {
    const mayNot = (action === 'write' || action === 'truncate') && this.#mode === 'r';
    if (this.#closed || mayNot) throw failure(action, this.path, 'EBADF');
  }
}

/** Whether every directory above a path is there. */
function isReachable(names: Names, path: string): boolean {
  let above = path;
  while (above !== '.' && names.has(above)) above = parentOf(above);
  return above === '.';
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash > 0) return path.slice(0, slash);
  return '.';
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
