import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleBatch, reserveSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { labelsOf, rowsOf, sampleOf, timeOf, WAL_SEGMENT_SIZE } from './kill9-batches.ts';

/** The process that is killed: commits numbered batches for ever and prints the number of each that was acknowledged. */
const [directory, first] = process.argv.slice(2);
const database = await openDatabase({
  directory: directory!,
  fileSystem: nodeFiles,
  clock: systemClock,
  log: silentLog,
  walSegmentSize: WAL_SEGMENT_SIZE,
  walSyncIntervalMs: 20,
});
const batch = createSampleBatch(16);
for (let number = Number(first); ; number++) {
  const appender = database.appender();
  const rows = rowsOf(number);
  reserveSampleBatch(batch, rows);
  batch.length = rows;
  for (let row = 0; row < rows; row++) {
    batch.refs[row] = appender.resolve(labelsOf(number, row));
    batch.times[row] = timeOf(number);
    batch.values[row] = sampleOf(number, row);
  }
  const { refusedCount } = appender.append(batch);
  if (refusedCount > 0) throw new Error(`${refusedCount} rows of batch ${number} were refused`);
  appender.commit();
  writeSync(1, `${number}\n`);
  if (number % 3 === 0) await setImmediate();
}
