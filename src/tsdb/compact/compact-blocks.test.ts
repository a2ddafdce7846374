import { describe, expect, it } from 'vitest';
import { ArraySource, type TestSample, type TestSeries, testSeries } from '../../../test/support/chunk-source.ts';
import { openBlock, readBlock } from '../../../test/support/read-block.ts';
import { hasCode } from '../../std/file-system.ts';
import { MemoryFiles } from '../../std/memory-files.ts';
import { type BlockMeta, readBlockMeta } from '../block/block-meta.ts';
import { readBlockMetas } from '../block/read-block-metas.ts';
import { removeBlock } from '../block/remove-block.ts';
import { writeTombstones } from '../tombstones/write-tombstones.ts';
import { compactBlocks, rewriteBlock } from './compact-blocks.ts';
import { writeBlock } from './write-block.ts';

function ulid(number: number): string {
  return String(number).padStart(26, '0');
}

const A = ulid(1);
const B = ulid(2);
const MADE = ulid(9);

function samples(from: number, to: number): TestSample[] {
  return Array.from({ length: (to - from) / 10 }, (_, i) => [from + 10 * i, i]);
}

function put(files: MemoryFiles, name: string, range: [number, number], series: readonly TestSeries[]): BlockMeta {
  const [minTime, maxTime] = range;
  const sources = [new ArraySource(series)];
  return writeBlock(files, { directory: '.', ulid: name, sources, minTime, maxTime, level: 1 })!;
}

function twoBlocks(): MemoryFiles {
  const files = new MemoryFiles();
  put(files, A, [0, 200], [testSeries({ s: 'a' }, [samples(0, 200)]), testSeries({ s: 'b' }, [samples(0, 100)])]);
  put(files, B, [200, 400], [testSeries({ s: 'b' }, [samples(200, 300)]), testSeries({ s: 'c' }, [samples(200, 300)])]);
  return files;
}

describe('compactBlocks()', () => {
  it('makes one block that names the others its parents', () => {
    const files = twoBlocks();
    const meta = compactBlocks(files, { directory: '.', ulids: [A, B], ulid: MADE });
    expect(readBlock(files, `./${MADE}`)).toEqual([
      ['{s="a"}', samples(0, 200)],
      ['{s="b"}', [...samples(0, 100), ...samples(200, 300)]],
      ['{s="c"}', samples(200, 300)],
    ]);
    expect(meta).toMatchObject({
      minTime: 0,
      maxTime: 400,
      level: 2,
      sources: [A, B],
      parents: [
        { ulid: A, minTime: 0, maxTime: 200 },
        { ulid: B, minTime: 200, maxTime: 400 },
      ],
      hints: [],
    });
  });

  it('copies the chunks that do not overlap', () => {
    const files = twoBlocks();
    compactBlocks(files, { directory: '.', ulids: [A, B], ulid: MADE });
    const sizeOf = (name: string): number => files.statSync(`./${name}/chunks/000001`)!.size;
    expect(sizeOf(MADE) - 8).toBe(sizeOf(A) - 8 + sizeOf(B) - 8);
  });

  it('leaves out what is deleted', () => {
    const files = twoBlocks();
    const [first] = readBlock(files, `./${A}`);
    expect(first![0]).toBe('{s="a"}');
    const row = firstRow(files);
    writeTombstones(files, `./${A}`, new Map([[row, [0, 95]]]));
    compactBlocks(files, { directory: '.', ulids: [A], ulid: MADE });
    expect(readBlock(files, `./${MADE}`)[0]).toEqual(['{s="a"}', samples(0, 200).slice(10)]);
  });

  it('marks blocks deletable of which nothing is left', () => {
    const files = new MemoryFiles();
    put(files, A, [0, 200], [testSeries({ s: 'a' }, [samples(0, 200)])]);
    writeTombstones(files, `./${A}`, new Map([[firstRow(files), [0, 500]]]));
    expect(compactBlocks(files, { directory: '.', ulids: [A], ulid: MADE })).toBeNull();
    expect(readBlockMetas(files, '.').map(({ ulid, deletable }) => [ulid, deletable])).toEqual([[A, true]]);
  });

  it('marks blocks as failed that can not be read, and leaves no trace', () => {
    const files = twoBlocks();
    const segment = files.openSync(`./${B}/chunks/000001`, 'r+');
    segment.writeSync(Uint8Array.of(0xff, 0xff), 0, 2, 20);
    segment.closeSync();
    expect(() => compactBlocks(files, { directory: '.', ulids: [A, B], ulid: MADE })).toThrow('checksum');
    expect(readBlockMetas(files, '.').map(({ failed }) => failed)).toEqual([true, true]);
    expect(files.readDirectorySync('.').map(({ name }) => name)).toEqual([A, B]);
  });

  it('leaves blocks as they are where the disk is full', () => {
    const files = twoBlocks();
    files.capacity = usedBytes(files) + 300;
    const compact = (): unknown => compactBlocks(files, { directory: '.', ulids: [A, B], ulid: MADE });
    expect(compact).toThrow(expect.toSatisfy((error) => hasCode(error, 'ENOSPC')));
    expect(readBlockMetas(files, '.').map(({ failed }) => failed)).toEqual([false, false]);
    expect(files.readDirectorySync('.').map(({ name }) => name)).toEqual([A, B]);
    files.capacity = Number.POSITIVE_INFINITY;
    expect(compact()).not.toBeNull();
  });
});

describe('rewriteBlock()', () => {
  it('makes a block of the first level, and keeps hints', () => {
    const files = twoBlocks();
    writeTombstones(files, `./${A}`, new Map([[firstRow(files), [0, 500]]]));
    const meta = rewriteBlock(files, { directory: '.', ulids: [A], ulid: MADE });
    expect(readBlock(files, `./${MADE}`)).toEqual([['{s="b"}', samples(0, 100)]]);
    expect(meta).toMatchObject({ level: 1, sources: [MADE], parents: [{ ulid: A, minTime: 0, maxTime: 200 }] });
    expect(readBlockMeta(files, `./${MADE}/meta.json`)).toEqual({ ...meta, chunks: undefined });
  });
});

describe('removeBlock()', () => {
  it('removes a block, and is content where there is none', async () => {
    const files = twoBlocks();
    await removeBlock(files, '.', A);
    await removeBlock(files, '.', A);
    expect(files.readDirectorySync('.').map(({ name }) => name)).toEqual([B]);
  });
});

/** The number of the first series of block A. */
function firstRow(files: MemoryFiles): number {
  const block = openBlock(files, `./${A}`);
  try {
    return block.rowIndex.allRows()[0]!;
  } finally {
    block.close();
  }
}

function usedBytes(files: MemoryFiles): number {
  const paths = [A, B].flatMap((name) =>
    ['index', 'meta.json', 'tombstones', 'chunks/000001'].map((file) => `./${name}/${file}`),
  );
  return paths.reduce((sum, path) => sum + files.statSync(path)!.size, 0);
}
