import { expect, it } from 'vitest';
import { labelsFromObject } from '../../../src/model/labels.ts';
import { ManualClock } from '../../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../../src/std/memory-files.ts';
import { createSampleColumn } from '../../../src/storage/query.ts';
import { createLog } from '../../../src/telemetry/line-log.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { readBlockMeta } from '../../../src/tsdb/block/block-meta.ts';
import { ReadOnlyDatabase } from '../../../src/tsdb/read-only.ts';
import { type BlockSample, put, writeBlock } from '../block-support.ts';
import { ALL_TIME } from '../head-support.ts';
import { openWriter, samplesOf, seriesOf } from '../wal-support.ts';
import { openLate, readSamples } from './late-support.ts';

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const PARENT = '01ARZ3NDEKTSV4RRFFQ69G5FAA';
const OTHER_PARENT = '01ARZ3NDEKTSV4RRFFQ69G5FAB';
const rise = (from: number, count: number): BlockSample[] =>
  Array.from({ length: count }, (_, i) => [from + 100 * i, i]);
const IN_ORDER = rise(2000, 15);
const LATE: BlockSample = [2050, 7];

/**
 * A directory as Prometheus 3.14 leaves it: a block of two ranges (0 to 2000 ms) and one of late samples of the next one were merged
 * before that range of the head was compacted. The samples in order of 2000 ms and later are in the log.
 */
function directoryOf(merged: readonly BlockSample[], compaction: object): MemoryFiles {
  const files = new MemoryFiles();
  const series = [{ labels: labelsFromObject({ s: 'a' }), chunks: [[...rise(0, 20), ...merged]] }];
  writeBlock(files, 'data', { ulid: ULID, version: 2, minTime: 0, maxTime: 3000, series, deleted: [], compaction });
  const wal = openWriter(files, { directory: 'data/wal' });
  wal.append([seriesOf(1, { s: 'a' })]);
  for (const [time, value] of IN_ORDER) wal.append([samplesOf([[1, time, value]])]);
  return files;
}

const WHOLE_PARENT = { ulid: PARENT, minTime: 0, maxTime: 2000 };
const LATE_PARENT = { ulid: OTHER_PARENT, minTime: 2000, maxTime: 3000 };
const MERGED = { level: 2, parents: [WHOLE_PARENT, LATE_PARENT] };
const MERGED_AGAIN = { level: 3, parents: [{ ...WHOLE_PARENT, maxTime: 3000 }, LATE_PARENT] };
const REWRITTEN = { level: 1, parents: [{ ulid: PARENT, minTime: 0, maxTime: 3000 }] };

it.for([MERGED, MERGED_AGAIN, REWRITTEN])(
  'a sample of the log stays that a merged block seems to have and has not',
  async (origin) => {
    const files = directoryOf([LATE], origin);
    const expected = [...rise(0, 20), LATE, ...IN_ORDER].map(([time, value]) => [`a ${time}`, value]).sort();
    let database = await openLate(files);
    expect([...(await readSamples(database))].sort()).toEqual(expected);
    // Prometheus' own next start no longer passes over the log either.
    expect(readBlockMeta(files, `data/${ULID}/meta.json`).hints).toEqual(['from-out-of-order']);
    // So it does when the head's range has become a block in its turn, and with the next start.
    await database.compact();
    expect([...(await readSamples(database))].sort()).toEqual(expected);
    await database.close();
    database = await openLate(files);
    expect([...(await readSamples(database))].sort()).toEqual(expected);
    await database.close();
  },
);

it('a directory that is only looked at shows them too, and stays as it is', async () => {
  const files = directoryOf([LATE], MERGED);
  const before = files.readFileSync(`data/${ULID}/meta.json`);
  const database = await ReadOnlyDatabase.open({ directory: 'data', fileSystem: files, log: silentLog });
  const querier = database.querier(ALL_TIME);
  const series = await querier.select({ matchers: [], range: ALL_TIME, sorted: false, limit: 0 });
  const column = createSampleColumn(64);
  series.read(0, column);
  const times = [...rise(0, 20), LATE, ...IN_ORDER].map(([time]) => time).sort((a, b) => a - b);
  expect([...column.times.subarray(0, column.length)]).toEqual(times);
  querier.close();
  database.close();
  expect(files.readFileSync(`data/${ULID}/meta.json`)).toEqual(before);
});

it('a sample of the log that a merged block has is not shown by the head again', async () => {
  // Of the block, two samples were deleted since.
  const kept = IN_ORDER.filter(([time]) => time < 3000 && time !== 2300 && time !== 2400);
  const database = await openLate(
    directoryOf(
      [LATE, ...kept].sort(([a], [b]) => a - b),
      MERGED,
    ),
  );
  const newer = IN_ORDER.filter(([time]) => time >= 3000);
  const expected = [...rise(0, 20), LATE, ...kept, ...newer].map(([time, value]) => [`a ${time}`, value]).sort();
  expect([...(await readSamples(database))].sort()).toEqual(expected);
  await database.close();
});

it.for([
  ['cut from the head', { level: 1, parents: [{ ulid: '0'.repeat(26), minTime: 0, maxTime: 0 }] }],
  ['made of blocks as long as those', { level: 2, parents: [{ ulid: PARENT, minTime: 2000, maxTime: 3000 }] }],
] as const)('a block that was %s says for sure what the log need not give', async ([, origin]) => {
  const files = directoryOf([], origin);
  const database = await openLate(files);
  const newer = IN_ORDER.filter(([time]) => time >= 3000);
  expect([...(await readSamples(database)).keys()].sort()).toEqual(
    [...rise(0, 20), ...newer].map(([time]) => `a ${time}`).sort(),
  );
  await database.close();
});

it('what is deleted of a doubtful block and cleaned stays away, though the log had it', async () => {
  const late = IN_ORDER.filter(([time]) => time < 3000);
  const files = directoryOf(late, MERGED);
  let database = await openLate(files);
  await database.delete([[{ type: '=', name: 's', value: 'a' }]], { minTime: 2000, maxTime: 2999 });
  await database.cleanTombstones();
  await database.close();
  database = await openLate(files);
  const left = [...rise(0, 20), ...IN_ORDER.filter(([time]) => time >= 3000)];
  expect([...(await readSamples(database)).keys()].sort()).toEqual(left.map(([time]) => `a ${time}`).sort());
  await database.close();
});

it('a merged block that can not be read takes nothing from the log, and the server starts', async () => {
  const files = directoryOf([LATE, ...IN_ORDER.slice(1, 10)], MERGED);
  const path = `data/${ULID}/chunks/000001`;
  put(files, path, files.readFileSync(path).slice().fill(0xff, 8));
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  const database = await openLate(files, {
    log: createLog({ level: 'warn', format: 'logfmt', clock: new ManualClock(), write }),
  });
  expect(text).toContain('Samples of the log are kept that a block may have');
  expect(text).toContain(path);
  await database.close();
});
