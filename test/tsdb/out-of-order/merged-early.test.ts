import { expect, it } from 'vitest';
import { labelsFromObject } from '../../../src/model/labels.ts';
import { ManualClock } from '../../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../../src/std/memory-files.ts';
import { createLog } from '../../../src/telemetry/line-log.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { ReadOnlyDatabase } from '../../../src/tsdb/read-only.ts';
import { type BlockSample, put, writeBlock } from '../block-support.ts';
import { openWriter, samplesOf, seriesOf } from '../wal-support.ts';
import { openLate, readSamples } from './late-support.ts';

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const PARENT = '01ARZ3NDEKTSV4RRFFQ69G5FAA';
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

const MERGED = { level: 2, parents: [{ ulid: PARENT, minTime: 2000, maxTime: 3000 }] };
const REWRITTEN = { level: 1, parents: [{ ulid: PARENT, minTime: 0, maxTime: 3000 }] };

it.for([MERGED, REWRITTEN])(
  'a sample of the log stays that a merged block seems to have and has not',
  async (origin) => {
    const files = directoryOf([LATE], origin);
    const expected = [...rise(0, 20), LATE, ...IN_ORDER].map(([time, value]) => [`a ${time}`, value]).sort();
    const readOnly = await ReadOnlyDatabase.open({ directory: 'data', fileSystem: files, log: silentLog });
    readOnly.close();
    let database = await openLate(files);
    expect([...(await readSamples(database))].sort()).toEqual(expected);
    // So it does when the head's range has become a block in its turn, and with the next start.
    await database.compact();
    expect([...(await readSamples(database))].sort()).toEqual(expected);
    await database.close();
    database = await openLate(files);
    expect([...(await readSamples(database))].sort()).toEqual(expected);
    await database.close();
  },
);

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

it('a block that was cut from the head says for sure what the log need not give', async () => {
  const files = directoryOf([], { level: 1, parents: [{ ulid: '0'.repeat(26), minTime: 0, maxTime: 0 }] });
  const database = await openLate(files);
  const newer = IN_ORDER.filter(([time]) => time >= 3000);
  expect([...(await readSamples(database)).keys()].sort()).toEqual(
    [...rise(0, 20), ...newer].map(([time]) => `a ${time}`).sort(),
  );
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
