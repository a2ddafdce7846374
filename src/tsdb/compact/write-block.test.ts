import { describe, expect, it } from 'vitest';
import { ArraySource, type TestSample, type TestSeries, testSeries } from '../../../test/support/chunk-source.ts';
import { openBlock, readBlock } from '../../../test/support/read-block.ts';
import { MemoryFiles } from '../../std/memory-files.ts';
import { blockMetaFromBytes } from '../block/block-meta.ts';
import { writeBlock } from './write-block.ts';

const ULID = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
const BLOCK = `./${ULID}`;
const OTHER = '01HYYYYYYYYYYYYYYYYYYYYYYY';

function write(files: MemoryFiles, series: readonly TestSeries[], range: [number, number] = [0, 10_000]) {
  return writeBlock(files, {
    directory: '.',
    ulid: ULID,
    sources: [new ArraySource(series)],
    minTime: range[0],
    maxTime: range[1],
    level: 1,
  });
}

function samples(from: number, to: number, step = 10): TestSample[] {
  const list: TestSample[] = [];
  for (let time = from; time < to; time += step) list.push([time, time / 3]);
  return list;
}

describe('writeBlock()', () => {
  it('writes what the readers find', () => {
    const files = new MemoryFiles();
    const series = [
      testSeries({ __name__: 'up', job: 'a' }, [samples(0, 500), samples(500, 900)]),
      testSeries({ __name__: 'up', job: 'b', é: '\u{10000}' }, [samples(10, 50)]),
      testSeries({ __name__: 'down' }, [samples(20, 30)]),
    ];
    const meta = write(files, series);
    expect(readBlock(files, BLOCK)).toEqual([
      ['{__name__="down"}', samples(20, 30)],
      ['{__name__="up", job="a"}', samples(0, 900)],
      ['{__name__="up", job="b", "é"="\u{10000}"}', samples(10, 50)],
    ]);
    expect(meta?.stats).toEqual({
      samples: 95,
      floatSamples: 95,
      histogramSamples: 0,
      series: 3,
      chunks: 4,
      tombstones: 0,
    });
    expect(blockMetaFromBytes(files.readFileSync(`${BLOCK}/meta.json`), '')).toEqual({ ...meta, chunks: undefined });
    const { bytes, samples: counts, spanMs } = meta!.chunks;
    expect([bytes, counts, spanMs].map((all) => all.counts.reduce((sum, count) => sum + count))).toEqual([4, 4, 4]);
    expect([counts.sum, spanMs.sum]).toEqual([95, 490 + 390 + 30]);
    expect(files.readDirectorySync(BLOCK).map(({ name }) => name)).toEqual([
      'chunks',
      'index',
      'meta.json',
      'tombstones',
    ]);
  });

  it('gives every label pair its series', () => {
    const files = new MemoryFiles();
    const series: TestSeries[] = [];
    for (let i = 0; i < 300; i++) {
      series.push(testSeries({ __name__: `m${i % 7}`, i: String(i), even: String(i % 2 === 0) }, [samples(0, 10)]));
    }
    write(files, series);
    const block = openBlock(files, BLOCK);
    const all = block.rowIndex.allRows();
    expect(all).toHaveLength(300);
    for (let i = 0; i < 300; i++) expect(block.rowIndex.rowsOf('i', String(i))).toHaveLength(1);
    expect(block.rowIndex.rowsOf('even', 'true')).toHaveLength(150);
    const rows = Array.from(block.rowIndex.rowsOf('__name__', 'm3'));
    expect(rows.map((row) => block.index.series.labels(row).get('__name__'))).toEqual(rows.map(() => 'm3'));
    expect(rows).toHaveLength(43);
    block.close();
  });

  it('leaves out what is out of range or deleted, and series of which nothing is left', () => {
    const files = new MemoryFiles();
    const meta = write(
      files,
      [
        testSeries({ a: 'cut' }, [samples(0, 500), samples(500, 900)]),
        testSeries({ a: 'deleted' }, [samples(100, 300)], [50, 1000]),
        testSeries({ a: 'holes' }, [samples(100, 300), samples(300, 400)], [120, 145, 290, 305]),
        testSeries({ a: 'outside' }, [samples(0, 100), samples(800, 900)]),
      ],
      [100, 700],
    );
    const holes = samples(100, 400).filter(([time]) => !(time >= 120 && time <= 145) && !(time >= 290 && time <= 305));
    expect(readBlock(files, BLOCK)).toEqual([
      ['{a="cut"}', samples(100, 700)],
      ['{a="holes"}', holes],
    ]);
    expect(meta?.stats).toMatchObject({ samples: 60 + holes.length, series: 2, chunks: 4 });
  });

  it('writes no block where nothing is left', () => {
    const files = new MemoryFiles();
    const source = new ArraySource([testSeries({ a: 'b' }, [samples(0, 100)])]);
    const range = { minTime: 500, maxTime: 600 };
    expect(writeBlock(files, { directory: '.', ulid: ULID, sources: [source], level: 1, ...range })).toBeNull();
    expect(files.readDirectorySync('.')).toEqual([]);
    expect(source.isClosed).toBe(true);
  });

  it('puts the series of several sources together', () => {
    const files = new MemoryFiles();
    const parents = [{ ulid: OTHER, minTime: 0, maxTime: 1000 }];
    const meta = writeBlock(files, {
      directory: '.',
      ulid: ULID,
      sources: [
        new ArraySource([testSeries({ a: '1' }, [samples(0, 100)]), testSeries({ a: '3' }, [samples(0, 100)])]),
        new ArraySource([
          testSeries({ a: '1' }, [samples(105, 200)]),
          testSeries({ a: '2' }, [samples(0, 100)]),
          testSeries({ a: '3' }, [samples(55, 200)]),
        ]),
      ],
      minTime: 0,
      maxTime: 1000,
      level: 2,
      sourceUlids: [OTHER],
      parents,
      hints: ['from-out-of-order'],
    });
    expect(readBlock(files, BLOCK)).toEqual([
      ['{a="1"}', [...samples(0, 100), ...samples(105, 200)]],
      ['{a="2"}', samples(0, 100)],
      ['{a="3"}', [...samples(0, 100), ...samples(55, 200)].sort((a, b) => a[0] - b[0])],
    ]);
    expect(meta).toMatchObject({ level: 2, sources: [OTHER], parents, hints: ['from-out-of-order'] });
  });

  it('begins new chunk segments', () => {
    const files = new MemoryFiles();
    const series = Array.from({ length: 50 }, (_, i) => testSeries({ i: String(i) }, [samples(0, 500)]));
    writeBlock(files, {
      directory: '.',
      ulid: ULID,
      sources: [new ArraySource(series)],
      minTime: 0,
      maxTime: 500,
      level: 1,
      segmentBytesMax: 2000,
    });
    const segments = files.readDirectorySync(`${BLOCK}/chunks`);
    expect(segments.length).toBeGreaterThan(5);
    expect(segments[1]!.name).toBe('000002');
    for (const { name } of segments) {
      expect(files.statSync(`${BLOCK}/chunks/${name}`)!.size).toBeLessThanOrEqual(2000);
    }
    expect(readBlock(files, BLOCK).every(([, read]) => read.length === 50)).toBe(true);
  });

  it('removes what it wrote when it is told to end', () => {
    const files = new MemoryFiles();
    const series = Array.from({ length: 300 }, (_, i) => testSeries({ i: String(i) }, [samples(0, 100)]));
    const source = new ArraySource(series);
    const progress = () => {
      throw new Error('enough');
    };
    const options = { directory: '.', ulid: ULID, sources: [source], minTime: 0, maxTime: 100, level: 1, progress };
    expect(() => writeBlock(files, options)).toThrow('enough');
    expect(files.readDirectorySync('.')).toEqual([]);
    expect(source.isClosed).toBe(true);
  });

  it('refuses series that are not in order', () => {
    const files = new MemoryFiles();
    const broken = new ArraySource([]);
    const labels = [testSeries({ a: '2' }, [samples(0, 10)]), testSeries({ a: '1' }, [samples(0, 10)])];
    let at = -1;
    broken.next = () => ++at < 2;
    Object.defineProperty(broken, 'labels', { get: () => labels[at]!.labels });
    Object.defineProperty(broken, 'chunks', { get: () => labels[at]!.chunks });
    Object.defineProperty(broken, 'deleted', { get: () => [] });
    const options = { directory: '.', ulid: ULID, sources: [broken], minTime: 0, maxTime: 100, level: 1 };
    expect(() => writeBlock(files, options)).toThrow('the series {a="1"} comes after {a="2"}');
  });
});
