import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/std/memory-faults.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { BlockList } from '../../src/tsdb/block/block-list.ts';
import { readBlockMetas } from '../../src/tsdb/block/read-block-metas.ts';
import { removeBlock } from '../../src/tsdb/block/remove-block.ts';
import { compactBlocks } from '../../src/tsdb/compact/compact-blocks.ts';
import { writeBlock } from '../../src/tsdb/compact/write-block.ts';
import { dataDirectory } from '../../src/tsdb/data-directory.ts';
import { removeTemporary } from '../../src/tsdb/start/remove-temporary.ts';
import { writeTombstones } from '../../src/tsdb/tombstones/write-tombstones.ts';
import { ArraySource, type TestSample, type TestSeries, testSeries } from '../support/chunk-source.ts';
import { openBlock, readBlock } from '../support/read-block.ts';

const DIRECTORY = './data';
const [OLDER, NEWER, EMPTY, MADE, AGAIN] = ['1', '2', '3', '4', '5'].map((digit) => digit.padStart(26, '0')) as [
  string,
  string,
  string,
  string,
  string,
];

function samples(from: number, to: number): TestSample[] {
  return Array.from({ length: (to - from) / 10 }, (_, i) => [from + 10 * i, from + i]);
}

/** Two blocks that overlap, one with deletions, and one of which everything is deleted; all on the disk. */
function preparedDisk(): MemoryFiles {
  const files = new MemoryFiles();
  files.makeDirectorySync(DIRECTORY);
  files.syncDirectorySync('.');
  const put = (ulid: string, minTime: number, maxTime: number, series: TestSeries[]): void => {
    const sources = [new ArraySource(series)];
    writeBlock(files, { directory: DIRECTORY, ulid, sources, minTime, maxTime, level: 1 });
  };
  put(OLDER, 0, 300, [
    testSeries({ s: 'a' }, [samples(0, 100), samples(100, 200)]),
    testSeries({ s: 'b' }, [samples(0, 300)]),
  ]);
  put(NEWER, 200, 400, [testSeries({ s: 'a' }, [samples(150, 400)]), testSeries({ s: 'c' }, [samples(200, 400)])]);
  put(EMPTY, 500, 600, [testSeries({ s: 'd' }, [samples(500, 600)])]);
  for (const [ulid, intervals] of [
    [OLDER, [0, 55]],
    [EMPTY, [0, 1000]],
  ] as const) {
    const block = openBlock(files, `${DIRECTORY}/${ulid}`);
    const row = block.rowIndex.allRows()[0]!;
    block.close();
    writeTombstones(files, `${DIRECTORY}/${ulid}`, new Map([[row, intervals]]));
  }
  return files;
}

/** Compacts the blocks, compacts the deleted one away, and removes what was replaced. */
async function workload(files: MemoryFiles): Promise<void> {
  compactBlocks(files, { directory: DIRECTORY, ulids: [OLDER, NEWER], ulid: MADE });
  compactBlocks(files, { directory: DIRECTORY, ulids: [EMPTY], ulid: AGAIN });
  for (const ulid of [OLDER, NEWER, EMPTY]) await removeBlock(files, DIRECTORY, ulid);
}

interface Outcome {
  readonly disk: MemoryFiles;
  readonly calls: number;
}

/** Runs the workload until it ends or a planned fault ends it. */
async function run(fault: { readonly call: number; readonly fault: Fault } | null): Promise<Outcome> {
  const disk = preparedDisk();
  const before = disk.operations.length;
  if (fault !== null) disk.failAt(before + fault.call, fault.fault);
  try {
    await workload(disk);
  } catch (error) {
    if (fault === null) throw error;
  }
  return { disk, calls: disk.operations.length - before };
}

/** What a server that starts on the disk would answer: every sample of every block, each time once. */
function startedOn(files: MemoryFiles): { readonly series: Map<string, string[]>; readonly damaged: number } {
  removeTemporary(files, dataDirectory(DIRECTORY), silentLog);
  const list = new BlockList({ fileSystem: files, directory: DIRECTORY, log: silentLog });
  const found = new Map<string, Map<number, string>>();
  for (const { directory } of list.blocks) {
    for (const [labels, read] of readBlock(files, directory)) {
      const times = found.get(labels) ?? new Map<number, string>();
      found.set(labels, times);
      for (const [time, value] of read) times.set(time, `${time} ${value}`);
    }
  }
  const damaged = list.damaged.length;
  list.close();
  const series = new Map<string, string[]>();
  for (const [labels, times] of found) {
    series.set(
      labels,
      [...times].sort(([a], [b]) => a - b).map(([, text]) => text),
    );
  }
  return { series, damaged };
}

function names(files: MemoryFiles): string[] {
  return files.readDirectorySync(DIRECTORY).map(({ name }) => name);
}

/** After whatever happened: nothing is lost or invented, no block is half there, and the work can be done. */
async function check(files: MemoryFiles, expected: ReadonlyMap<string, string[]>): Promise<void> {
  expect(startedOn(files)).toEqual({ series: expected, damaged: 0 });
  const replaced = new Set(readBlockMetas(files, DIRECTORY).flatMap(({ parents }) => parents.map(({ ulid }) => ulid)));
  const left = names(files).filter((name) => name !== EMPTY && !replaced.has(name));
  expect(left.length).toBeGreaterThan(0);
  compactBlocks(files, { directory: DIRECTORY, ulids: left, ulid: AGAIN.replace('5', '6') });
  for (const ulid of [...replaced, ...left]) await removeBlock(files, DIRECTORY, ulid);
  expect(startedOn(files)).toEqual({ series: expected, damaged: 0 });
}

const undisturbed = await run(null);
const expected = startedOn(undisturbed.disk).series;
const { operations } = undisturbed.disk;
const prepared = operations.length - undisturbed.calls;

describe('a compaction', () => {
  it('has all samples before and after', () => {
    expect(startedOn(preparedDisk())).toEqual({ series: expected, damaged: 0 });
    expect(expected.size).toBe(3);
    expect(expected.get('{s="a"}')).toHaveLength(34);
  });

  it('loses no block when the process dies at any call', async () => {
    for (let call = 1; call <= undisturbed.calls; call++) {
      const { name, size } = operations[prepared + call - 1]!;
      for (const written of name === 'write' ? [0, size >>> 1, size] : [0]) {
        const { disk } = await run({ call, fault: { kind: 'death', written } });
        await check(disk.afterProcessDeath(), expected);
      }
    }
  });

  it('loses no block when the power fails at any call', async () => {
    for (let call = 1; call <= undisturbed.calls; call++) {
      const { size } = operations[prepared + call - 1]!;
      const { disk } = await run({ call, fault: { kind: 'death', written: size } });
      for (let seed = 0; seed < 4; seed++) await check(disk.afterPowerCut(100 * call + seed), expected);
    }
  });

  it('loses no block when the disk fails or is full at any call', async () => {
    const faults: Fault[] = [
      { kind: 'error', code: 'EIO' },
      { kind: 'error', code: 'ENOSPC' },
      { kind: 'short', written: 5 },
    ];
    for (let call = 1; call <= undisturbed.calls; call++) {
      for (const fault of faults) {
        const { disk } = await run({ call, fault });
        await check(disk, expected);
      }
    }
  });
});
