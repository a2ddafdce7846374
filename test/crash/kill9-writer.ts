import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { createSampleBatch, reserveSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import {
  type BatchSample,
  CHUNK_RANGE_MS,
  COMPACTION_BATCHES,
  IMAGE_BATCHES,
  samplesOf,
  WAL_SEGMENT_SIZE,
  WINDOW_MS,
} from './kill9-batches.ts';

/**
 * The process that is killed: commits numbered batches for ever and prints the number of each that was acknowledged, and when a compaction begins and ends, while
 * late samples and full ranges of the head are compacted, and images of the head written, again and again.
 */
const [directory, first] = process.argv.slice(2);
const database = await openDatabase({
  directory: directory!,
  fileSystem: nodeFiles,
  clock: systemClock,
  log: silentLog,
  walSegmentSize: WAL_SEGMENT_SIZE,
  walSyncIntervalMs: 20,
  chunkRangeMs: CHUNK_RANGE_MS,
  outOfOrderMs: WINDOW_MS,
});
/** Each step of a transaction is a turn of its own: what else goes on meets it in every state, and so does the kill. */
const turns = { now: () => performance.now(), pause: async () => void (await setImmediate()), pieceMs: 0 };
let isCompacting = false;
const batch = createSampleBatch(16);
for (let number = Number(first); ; number++) {
  const samples = samplesOf(number);
  reserveSampleBatch(batch, samples.length);
  batch.length = samples.length;
  for (const [i, { time, value }] of samples.entries()) {
    batch.times[i] = time;
    batch.values[i] = value;
  }
  await runInTurns(database.inSteps(transaction(samples)), turns);
  writeSync(1, `${number}\n`);
  if (number % COMPACTION_BATCHES === 0 && !isCompacting) {
    isCompacting = true;
    writeSync(1, 'compacting\n');
    const compacting = number % (2 * COMPACTION_BATCHES) === 0 ? database.compact() : database.compactOutOfOrder();
    void compacting.finally(() => {
      isCompacting = false;
      writeSync(1, 'compacted\n');
    });
  }
  if (number % IMAGE_BATCHES === 0) void database.writeHeadImage();
  if (number % 3 === 0) await setImmediate();
}

function* transaction(samples: readonly BatchSample[]): Generator<undefined, void> {
  const appender = database.appender();
  for (const [i, { labels }] of samples.entries()) batch.refs[i] = appender.resolve(labels);
  const { refusedCount } = yield* appender.appendInSteps(batch);
  if (refusedCount > 0) throw new Error(`${refusedCount} rows of a batch were refused`);
  yield* appender.commitInSteps();
}
