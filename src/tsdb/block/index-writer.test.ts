import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SymbolTable } from '../../memory/symbol-table.ts';
import { TextColumn } from '../../memory/text-column.ts';
import { compareLabels, type Labels, labelsFromObject } from '../../model/labels.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import { MemoryFiles } from '../../std/memory-files.ts';
import type { SourceChunk } from '../chunk/chunk-source.ts';
import { IndexReader } from './index-reader.ts';
import { IndexWriter } from './index-writer.ts';
import { PageCache } from './paged-file.ts';
import { createChunkMetas } from './series-entries.ts';

interface Series {
  readonly labels: Labels;
  /** First times, last times and places. */
  readonly chunks: readonly (readonly [minTime: number, maxTime: number, ref: number])[];
}

const text = fc.oneof(
  fc.constantFrom('a', 'b', 'job', 'é', '\u{10000}', '\uffee', ''),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
);
const labelSets = fc
  .uniqueArray(
    fc
      .dictionary(
        text.filter((name) => name !== ''),
        text.filter((value) => value !== ''),
        { minKeys: 1, maxKeys: 6 },
      )
      .map(labelsFromObject),
    { selector: ({ key }) => key, maxLength: 40 },
  )
  .map((list) => list.sort(compareLabels));

/** Chunks that follow each other, near and far, with places that rise. */
const chunks = fc
  .array(fc.tuple(fc.oneof(fc.nat(1000), fc.nat(2 ** 44)), fc.oneof(fc.nat(1000), fc.nat(2 ** 40))), { maxLength: 6 })
  .map((steps) => {
    let time = -(2 ** 45);
    let ref = 8;
    return steps.map(([gap, length]): [number, number, number] => {
      const minTime = time + 1 + gap;
      time = minTime + length;
      ref += 1 + (gap % 2 ** 31);
      return [minTime, time, ref];
    });
  });

function write(series: readonly Series[], passPostings: number): MemoryFiles {
  const files = new MemoryFiles();
  const symbols = new SymbolTable();
  const writer = new IndexWriter(files, './index', symbols, passPostings);
  for (const { chunks: places, labels } of series) {
    const words = Uint32Array.from(labels.pairs, (symbol) => symbols.add(symbol));
    const list = places.map(
      ([minTime, maxTime]): SourceChunk => ({ encoding: 1, minTime, maxTime, bytes: new Uint8Array(0) }),
    );
    writer.add(
      words,
      list,
      Float64Array.from(places, ([, , ref]) => ref),
    );
  }
  writer.finish(() => {});
  return files;
}

function appended(index: IndexReader, name: string, limit: number): string[] {
  const column = new TextColumn();
  for (const _ of index.table.appendValues(name, limit, column));
  return Array.from({ length: column.length }, (_, place) => column.text(place));
}

function check(series: readonly Series[], passPostings: number): void {
  const files = write(series, passPostings);
  expect(files.readDirectorySync('.').map(({ name }) => name)).toEqual(['index']);
  const index = IndexReader.open(files, './index', new PageCache(2 ** 20));
  const rowsOf = (name: string, value: string): number[] => {
    const offset = index.table.find(name, value);
    return offset < 0 ? [] : Array.from(index.postings(offset, new Uint32Array(0)));
  };
  const rows = rowsOf('', '');
  expect(rows.map((row) => String(index.series.labels(row)))).toEqual(series.map(({ labels }) => String(labels)));
  const metas = createChunkMetas();
  const pairs = new Map<string, Map<string, number[]>>();
  for (const [i, { chunks: places, labels }] of series.entries()) {
    index.series.chunks(rows[i]!, metas);
    const read = Array.from({ length: metas.count }, (_, k) => [metas.minTimes[k], metas.maxTimes[k], metas.refs[k]]);
    expect(read).toEqual(places);
    for (let k = 0; k < labels.pairs.length; k += 2) {
      const values = pairs.get(labels.pairs[k]!) ?? new Map<string, number[]>();
      pairs.set(labels.pairs[k]!, values);
      values.set(labels.pairs[k + 1]!, [...(values.get(labels.pairs[k + 1]!) ?? []), rows[i]!]);
    }
  }
  expect(index.table.names()).toEqual([...pairs.keys()].sort(compareUtf8));
  for (const [name, values] of pairs) {
    const found: string[] = [];
    index.table.visitValues(name, (value) => found.push(value) > 0);
    expect(found).toEqual([...values.keys()].sort(compareUtf8));
    expect(appended(index, name, 0)).toEqual(found);
    expect(appended(index, name, 3)).toEqual(found.slice(0, 3));
    for (const [value, wanted] of values) expect(rowsOf(name, value)).toEqual(wanted);
  }
  const symbols = new Set(['', ...series.flatMap(({ labels }) => labels.pairs)]);
  const texts = Array.from({ length: index.symbols.count }, (_, id) => index.symbols.text(id));
  expect(texts).toEqual([...symbols].sort(compareUtf8));
  index.closeSync();
}

describe('IndexWriter', () => {
  it('writes what the reader finds', () => {
    const series = labelSets.chain((labels) =>
      fc.tuple(...labels.map((set) => chunks.map((places): Series => ({ labels: set, chunks: places })))),
    );
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 50 }), (list, passPostings) => check(list, passPostings)),
      { numRuns: 200 },
    );
  });

  it('writes values of all lengths over several pages', () => {
    const labels = Array.from({ length: 3000 }, (_, i) => {
      const value = `${String(i).padStart(5, '0')}${i % 7 === 0 ? 'é' : ''}${'x'.repeat(i % 500 === 3 ? 9000 : i % 150)}`;
      return labelsFromObject({ [`name ${'n'.repeat(i % 2 === 0 ? 3 : 200)}`]: value, z: `${i % 3}` });
    });
    check(
      labels.sort(compareLabels).map((set): Series => ({ labels: set, chunks: [] })),
      5000,
    );
  });

  it('takes times that are as far apart as they can be', () => {
    const far = Number.MAX_SAFE_INTEGER;
    check([{ labels: labelsFromObject({ a: 'b' }), chunks: [[-far, far, 2 ** 40]] }], 10);
    check(
      [
        {
          labels: labelsFromObject({ a: 'b' }),
          chunks: [
            [-far, 1 - far, 8],
            [far - 1, far, 2 ** 45],
          ],
        },
      ],
      10,
    );
  });
});
