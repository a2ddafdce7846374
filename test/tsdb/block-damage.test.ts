import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { FileSystemError } from '../../src/std/file-system.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { Block } from '../../src/tsdb/block/block.ts';
import { PageCache } from '../../src/tsdb/block/paged-file.ts';
import { DamagedFile } from '../../src/tsdb/damaged-file.ts';
import { type BlockSample, writeBlock } from './block-support.ts';

const ULID = '01M7Y2YCE48314TZWWY00MFCX0';
/** File and offset, and what is wrong. */
const MESSAGE = new RegExp(`^Cannot read /data/${ULID}/[^ ]+ at offset \\d+: .`);
const DIRECTORY = `/data/${ULID}`;
const ALL = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };

describe.each([1, 2, 3])('a damaged block with an index of version %i', (version) => {
  const whole = written(version);
  const lines = read(whole);

  it('is read whole where nothing is damaged', () => {
    expect(lines).toHaveLength(2 * 60 - 2);
  });

  it.each(['index', 'chunks/000001', 'tombstones', 'meta.json'])('tells of any byte flipped in %s', (name) => {
    const path = `${DIRECTORY}/${name}`;
    const bytes = whole.readFileSync(path);
    let told = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const found = outcome(version, path, (copy) => {
          copy[at]! ^= mask;
          return copy;
        });
        if (typeof found === 'string') {
          expect(found).toMatch(MESSAGE);
          told++;
        } else if (name !== 'meta.json') {
          // Bytes that no checksum covers (padding, parts that are not used) change nothing.
          expect(found).toEqual(lines);
        }
      }
    }
    // Of a file with a checksum over nearly everything few flips change nothing: padding, and parts that are not used.
    expect(told).toBeGreaterThan((name === 'meta.json' ? 1 : 2) * bytes.length);
  });

  it.each(['index', 'chunks/000001', 'tombstones'])('tells of %s cut short anywhere', (name) => {
    const path = `${DIRECTORY}/${name}`;
    const { length } = whole.readFileSync(path);
    for (let size = 0; size < length; size++) {
      expect(outcome(version, path, (copy) => copy.subarray(0, size))).toEqual(
        expect.stringMatching(/^Cannot read .* at offset \d+: ./),
      );
    }
  });
});

/** What a block with one changed file gives: its samples, or the message of the error. Nothing else may happen. */
function outcome(version: number, path: string, change: (bytes: Uint8Array) => Uint8Array): string[] | string {
  const files = written(version);
  const bytes = change(files.readFileSync(path).slice());
  const file = files.openSync(path, 'w');
  file.writeSync(bytes, 0, bytes.length, 0);
  file.closeSync();
  try {
    return read(files);
  } catch (error) {
    expect(error instanceof DamagedFile || error instanceof FileSystemError ? null : error).toBe(null);
    return (error as Error).message;
  }
}

function written(version: number): MemoryFiles {
  const files = new MemoryFiles();
  const samples = (from: number, count: number): BlockSample[] =>
    Array.from({ length: count }, (_, i) => [from + i * 15, Math.sqrt(from + i)]);
  writeBlock(files, '/data', {
    ulid: ULID,
    version,
    minTime: 0,
    maxTime: 1000,
    series: ['a', 'bé'].map((job) => ({
      labels: labelsFromObject({ __name__: 'up', job }),
      chunks: [samples(0, 30), samples(450, 30)],
    })),
    deleted: [[0, 15, 30]],
  });
  return files;
}

/** Every sample, found through the index in more than one way. */
function read(files: MemoryFiles): string[] {
  const block = Block.open(files, DIRECTORY, { index: new PageCache(1), chunks: new PageCache(1) });
  const querier = block.querier(ALL);
  const lines: string[] = [];
  const column = createSampleColumn(0);
  for (const job of querier.labelValues('job', [], 0)) {
    const matchers = [
      { type: '=', name: 'job', value: job },
      { type: '=~', name: '__name__', value: 'u.+' },
    ] as const;
    const set = querier.select({ matchers, range: ALL, sorted: true, limit: 0 });
    for (let row = 0; row < set.length; row++) {
      set.read(row, column);
      for (let i = 0; i < column.length; i++) lines.push(`${set.labels(row)} ${column.values[i]} ${column.times[i]}`);
    }
  }
  expect(querier.select({ matchers: [], range: ALL, sorted: true, limit: 0 }).length).toBe(2);
  querier.close();
  block.close();
  return lines;
}
