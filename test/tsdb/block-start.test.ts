import { describe, expect, it } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { tombstonesRecord } from '../../src/tsdb/wal/records.ts';
import { WalWriter } from '../../src/tsdb/wal/writer.ts';
import { type BlockSample, type HeadChunkContent, headChunkFile, put, writeBlock } from './block-support.ts';
import { show } from './head-support.ts';
import { samplesOf, seriesOf } from './wal-support.ts';

const ROOT = '/data';
const ULID = '01M7Y2YCE48314TZWWY00MFCX0';

describe('openDatabase() on a directory with more than a log', () => {
  it('serves blocks and head as one, without what the block has from the log', async () => {
    const files = new MemoryFiles();
    const samples: BlockSample[] = [
      [0, 1],
      [100, 2],
      [200, 3],
    ];
    const series = [{ labels: labelsFromObject({ s: 'a' }), chunks: [samples] }];
    writeBlock(files, ROOT, { ulid: ULID, version: 2, minTime: 0, maxTime: 201, series, deleted: [[0, 100, 150]] });
    await log(files, 'wal', [
      seriesOf(1, { s: 'a' }),
      rows(1, [
        [0, 1],
        [100, 2],
        [200, 3],
        [300, 4],
      ]),
    ]);
    const database = await open(files);
    expect(show(database)).toEqual(['{s="a"} 0=1 200=3 300=4']);
    expect(database.headBounds).toEqual({ minTime: 201, maxTime: 300 });
    await database.close();
  });

  it('leaves out what the log deletes, and brings back a series that was deleted whole and came again', async () => {
    const files = new MemoryFiles();
    const all = { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER };
    await log(files, 'wal', [
      seriesOf(1, { s: 'a' }),
      seriesOf(2, { s: 'b' }),
      seriesOf(3, { s: 'c' }),
      rows(1, [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
        [5, 5],
      ]),
      rows(2, [
        [1, 1],
        [2, 2],
      ]),
      rows(3, [[1, 1]]),
      tombstonesRecord([
        { ref: 1, minTime: 2, maxTime: 2 },
        { ref: 1, minTime: 4, maxTime: 4 },
        { ref: 2, ...all },
        { ref: 3, minTime: 0, maxTime: 9 },
        { ref: 99, minTime: 0, maxTime: 9 },
      ]),
      seriesOf(4, { s: 'b' }),
      rows(4, [[7, 7]]),
    ]);
    const database = await open(files);
    expect(show(database)).toEqual(['{s="a"} 1=1 3=3 5=5', '{s="b"} 7=7']);
    await database.close();
    expect(show(await open(files))).toEqual(['{s="a"} 1=1 3=3 5=5', '{s="b"} 7=7']);
  });

  it('merges chunks of the head, late chunks and the log of late samples', async () => {
    const files = new MemoryFiles();
    await withHead(files, headChunkFile(CHUNKS));
    const database = await open(files);
    expect(show(database)).toEqual(['{s="a"} 100=1 110=50 120=60 150=70 200=2 300=3 400=4', '{s="b"} 5=5']);
    await database.close();
  });

  it('takes what lies before damage in the chunks of the head, and the rest from the log', async () => {
    const files = new MemoryFiles();
    const bytes = headChunkFile(CHUNKS);
    bytes[30]! ^= 1;
    await withHead(files, bytes);
    const database = await open(files);
    expect(show(database)).toEqual(['{s="a"} 100=1 150=70 200=2 300=3 400=4', '{s="b"} 5=5']);
    await database.close();
  });
});

const CHUNKS: HeadChunkContent[] = [
  {
    series: 1,
    isOutOfOrder: false,
    samples: [
      [100, 1],
      [200, 2],
    ],
  },
  {
    series: 1,
    isOutOfOrder: true,
    samples: [
      [110, 50],
      [120, 60],
    ],
  },
];

async function withHead(files: MemoryFiles, headChunks: Uint8Array): Promise<void> {
  await log(files, 'wal', [
    seriesOf(1, { s: 'a' }),
    seriesOf(2, { s: 'b' }),
    rows(1, [
      [100, 1],
      [200, 2],
      [300, 3],
      [400, 4],
    ]),
    rows(2, [[5, 5]]),
  ]);
  // The log of late samples names a series that nobody knows as well.
  await log(files, 'wbl', [rows(1, [[150, 70]]), rows(77, [[1, 1]])]);
  files.makeDirectorySync(`${ROOT}/chunks_head`);
  put(files, `${ROOT}/chunks_head/000001`, headChunks);
}

function rows(ref: number, samples: readonly (readonly [number, number])[]): Uint8Array {
  return samplesOf(samples.map(([time, value]) => [ref, time, value]));
}

async function log(files: MemoryFiles, name: string, records: readonly Uint8Array[]): Promise<void> {
  const writer = WalWriter.open({ fileSystem: files, clock: new ManualClock(0), directory: `${ROOT}/${name}` });
  writer.append([...records]);
  await writer.close();
}

function open(files: MemoryFiles): Promise<Database> {
  return openDatabase({ directory: ROOT, fileSystem: files, clock: new ManualClock(0), log: silentLog });
}
