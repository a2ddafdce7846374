import { describe, expect, it } from 'vitest';
import { ProcessDied } from './memory-faults.ts';
import { MemoryFiles } from './memory-files.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

function disk() {
  const files = new MemoryFiles();
  files.makeDirectorySync('d');
  files.syncDirectorySync('.');
  return files;
}

function write(files: MemoryFiles, path: string, content: string, position = 0) {
  const file = files.openSync(path, position === 0 ? 'w' : 'r+');
  file.writeSync(bytes(content), 0, content.length, position);
  return file;
}

describe('MemoryFiles', () => {
  it('keeps what a killed process has written', () => {
    const files = disk();
    write(files, 'd/a', 'unsynced');
    files.failAt(files.operations.length + 2, { kind: 'death', written: 3 });
    const file = files.openSync('d/a', 'r+');
    expect(() => file.writeSync(bytes('XXXXX'), 0, 5, 0)).toThrow(ProcessDied);
    expect(() => files.readFileSync('d/a')).toThrow(ProcessDied);
    expect(text(files.afterProcessDeath().readFileSync('d/a'))).toBe('XXXynced');
  });

  it('keeps what was synced through a power cut and no name that was not', () => {
    const files = disk();
    write(files, 'd/a', 'synced').syncSync();
    files.syncDirectorySync('d');
    write(files, 'd/a', '+later', 6);
    write(files, 'd/b', 'new').syncSync();
    const found = SEEDS.map((seed) => files.afterPowerCut(seed));
    for (const left of found) expect(text(left.readFileSync('d/a'))).toMatch(/^synced/);
    expect(new Set(found.map((left) => text(left.readFileSync('d/a')))).size).toBeGreaterThan(3);
    expect(new Set(found.map((left) => left.statSync('d/b') === null))).toEqual(new Set([true, false]));
  });

  it('brings a renamed file back under its old name when the directory was not synced', () => {
    const files = disk();
    write(files, 'd/new.tmp', 'whole').syncSync();
    files.syncDirectorySync('d');
    files.renameSync('d/new.tmp', 'd/new');
    const names = new Set(SEEDS.map((seed) => files.afterPowerCut(seed).readDirectorySync('d')[0]?.name));
    expect(names).toEqual(new Set(['new', 'new.tmp']));
    files.syncDirectorySync('d');
    for (const seed of SEEDS) expect(text(files.afterPowerCut(seed).readFileSync('d/new'))).toBe('whole');
  });

  it('loses what lies in a renamed directory where that was not synced before', () => {
    const files = disk();
    files.makeDirectorySync('d/new.tmp');
    write(files, 'd/new.tmp/synced', 'whole').syncSync();
    files.syncDirectorySync('d/new.tmp');
    write(files, 'd/new.tmp/later', 'whole').syncSync();
    files.renameSync('d/new.tmp', 'd/new');
    files.syncDirectorySync('d');
    const found = SEEDS.map((seed) =>
      files
        .afterPowerCut(seed)
        .readDirectorySync('d/new')
        .map(({ name }) => name),
    );
    expect(new Set(found.map(String))).toEqual(new Set(['synced', 'later,synced']));
    files.syncDirectorySync('d/new');
    for (const seed of SEEDS) expect(files.afterPowerCut(seed).readDirectorySync('d/new')).toHaveLength(2);
  });

  it('loses what lies in a new directory where the one above was not synced', () => {
    const files = disk();
    files.makeDirectorySync('d/new');
    write(files, 'd/new/a', 'whole').syncSync();
    files.syncDirectorySync('d/new');
    const found = SEEDS.map((seed) => files.afterPowerCut(seed));
    expect(new Set(found.map((left) => left.statSync('d/new/a') === null))).toEqual(new Set([true, false]));
    for (const left of found) expect(left.statSync('d/new/a') === null).toBe(left.statSync('d/new') === null);
  });

  it('tears and reorders unsynced writes sector by sector', () => {
    const files = disk();
    const file = write(files, 'd/a', 'x');
    file.syncSync();
    files.syncDirectorySync('d');
    file.writeSync(new Uint8Array(2048).fill(7), 0, 2048, 1);
    const shapes = new Set(
      SEEDS.map((seed) => {
        const content = files.afterPowerCut(seed).readFileSync('d/a');
        return [1, 600, 1200, 2000].map((at) => content[at] ?? '-').join('');
      }),
    );
    expect(shapes.has('7777')).toBe(true);
    expect([...shapes].some((shape) => /[-0].*7/.test(shape))).toBe(true);
    expect([...shapes].some((shape) => /7.*-/.test(shape))).toBe(true);
  });

  it('covers with a sync only what was written before it began', async () => {
    const files = disk();
    const file = write(files, 'd/a', 'one');
    files.syncDirectorySync('d');
    const synced = file.sync();
    file.writeSync(bytes('two'), 0, 3, 3);
    await synced;
    const left = new Set(SEEDS.map((seed) => text(files.afterPowerCut(seed).readFileSync('d/a')).slice(0, 4)));
    expect([...left].every((content) => content.startsWith('one'))).toBe(true);
    expect(left.has('one')).toBe(true);
  });

  it('fails the planned call, once', () => {
    const files = disk();
    const file = write(files, 'd/a', 'abc');
    const next = files.operations.length + 1;
    files.failAt(next, { kind: 'error', code: 'EIO' });
    files.failAt(next + 1, { kind: 'short', written: 1 });
    expect(() => file.truncateSync(0)).toThrow('Cannot truncate d/a: input/output error');
    expect(file.writeSync(bytes('XYZ'), 0, 3, 0)).toBe(1);
    expect(text(files.readFileSync('d/a'))).toBe('Xbc');
    expect(files.operations.at(-1)).toMatchObject({ name: 'read', path: 'd/a', size: 3 });
  });

  it('is full at its capacity and takes writes again when there is room', () => {
    const files = disk();
    const file = write(files, 'd/a', '12345');
    files.capacity = 7;
    expect(file.writeSync(bytes('abc'), 0, 3, 5)).toBe(2);
    expect(() => file.writeSync(bytes('abc'), 0, 3, 7)).toThrow('no space left on the device');
    files.capacity = 10;
    expect(file.writeSync(bytes('abc'), 0, 3, 7)).toBe(3);
  });
});
