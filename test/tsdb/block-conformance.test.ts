import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { Block } from '../../src/tsdb/block/block.ts';
import { readBlockMeta } from '../../src/tsdb/block/block-meta.ts';
import { IndexReader } from '../../src/tsdb/block/index-reader.ts';
import { PageCache } from '../../src/tsdb/block/paged-file.ts';

const FOLDER = `${import.meta.dirname}/../../../shared/conformance/tsdb`;
const missing = existsSync(FOLDER) ? '' : ': no ../shared/conformance/tsdb, skipped';
const ALL = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };

it.skipIf(missing !== '')(`a block with an index of version 1 is read${missing}`, () => {
  const cache = new PageCache(1);
  const block = Block.open(nodeFiles, `${FOLDER}/index_format_v1`, { index: cache, chunks: cache });
  expect(block.index.version).toBe(1);
  const querier = block.querier(ALL);
  const set = querier.select({ matchers: [], range: ALL, sorted: true, limit: 0 });
  expect(set.length).toBe(block.meta.stats.series);
  const column = createSampleColumn(0);
  let samples = 0;
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    samples += column.length;
  }
  expect(samples).toBe(block.meta.stats.samples);
  const one = querier.select({
    matchers: [{ type: '=', name: 'bar', value: '77' }],
    range: ALL,
    sorted: true,
    limit: 0,
  });
  expect([one.length, one.labels(0).toString()]).toEqual([1, '{bar="77"}']);
  expect(querier.labelNames([], 0)).toEqual(['bar', 'foo']);
  querier.close();
  block.close();
});

it.skipIf(missing !== '')(`an index that says the wrong version is read by what meta.json says${missing}`, () => {
  const directory = `${FOLDER}/repair_index_version/01BZJ9WJQPWHGNC2W4J9TA62KC`;
  expect(readBlockMeta(nodeFiles, `${directory}/meta.json`).version).toBe(2);
  const index = IndexReader.open(nodeFiles, `${directory}/index`, new PageCache(1), 2);
  const rows = index.postings(index.table.find('b', '1'), new Uint32Array(0));
  expect(Array.from(rows, (row) => index.series.labels(row).toString())).toEqual(['{a="1", b="1"}', '{a="2", b="1"}']);
  index.closeSync();
});
