import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../../bench/peers/find-program.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import { labelsFromObject } from '../../../src/model/labels.ts';
import { writeNormalNaN, writeStale } from '../../../src/model/stale.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { nodeFiles } from '../../../src/std/node-files.ts';
import { createRandom } from '../../../src/std/random.ts';
import { createSampleBatch, type HistogramEntry } from '../../../src/storage/append.ts';
import { listHeadChunks } from '../../../src/tsdb/chunks-head/list-head-chunks.ts';
import type { Database } from '../../../src/tsdb/tsdb.ts';
import { replayWal } from '../../../src/tsdb/wal/replay.ts';
import { until } from '../../support/ask.ts';
import { dumpLines } from '../dump-lines.ts';
import { histogramFrom, plainHistograms } from '../histogram-support.ts';
import { dumpWithPromtool, versionOf } from '../prometheus-process.ts';
import { openLate } from './late-support.ts';
import { startReceiver } from './receiving-prometheus.ts';

const promtool = findProgram('promtool');
const prometheus = findProgram('prometheus');
const missing = 'no promtool and prometheus in NARTHEX_PEERS or on PATH: skipped';
const tool = promtool === null ? missing : promtool;
/** 2.x takes the end of a block of late samples for that of all samples. */
const isNew = prometheus !== null && (versionOf(prometheus) ?? 3) >= 3;
const server = prometheus === null ? missing : isNew ? prometheus : 'a Prometheus of 2.x: skipped';
/** 2.x takes no histograms out of order. */
const takesHistograms = promtool !== null && (versionOf(promtool) ?? 3) >= 3;

const root = mkdtempSync(`${tmpdir()}/narthex-late-`);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const TWO_HOURS = 2 * 60 * 60 * 1000;
const NEWEST = Math.floor(Date.now() / TWO_HOURS) * TWO_HOURS - 60_000;

function openReal(directory: string): Promise<Database> {
  return openLate(nodeFiles, {
    directory,
    clock: systemClock,
    chunkRangeMs: TWO_HOURS,
    outOfOrderMs: 5 * TWO_HOURS,
    walSegmentSize: 4 * 32 * 1024,
  });
}

/** Samples of 20 series at different times each, the first of them the newest, the others in any order. */
function addMany(database: Database, seed: number, batches: number): void {
  const random = createRandom(seed);
  const histograms = fc.sample(plainHistograms, { numRuns: 40, seed }).map(histogramFrom);
  for (let i = 0; i < batches; i++) {
    const batch = createSampleBatch(20);
    batch.length = 20;
    const appender = database.appender();
    const entries: HistogramEntry[] = [];
    for (let s = 0; s < 20; s++) {
      const ref = appender.resolve(labelsFromObject({ __name__: 'late', s: String(s), utf8: 'ü' }));
      const time = i === 0 ? NEWEST : NEWEST - 1 - random.below(2 * TWO_HOURS) * 2 - (seed % 2);
      batch.refs[s] = ref;
      batch.times[s] = time;
      batch.values[s] = random.below(5) === 0 ? s : random.next() * 100;
      if (s === 3 && i % 5 === 4) writeStale(batch.bits, s);
      if (s === 4 && i % 7 === 6) writeNormalNaN(batch.bits, s);
      if (!takesHistograms || s < 15) continue;
      // These are of a series of histograms, a float among them now and then.
      const histogram: Histogram = histograms[random.below(histograms.length)]!;
      const own = appender.resolve(labelsFromObject({ __name__: 'late_histogram', s: String(s) }));
      if (i % 11 !== 10) entries.push({ ref: own, time, startTime: 0, histogram });
    }
    batch.histograms = entries;
    appender.append(batch);
    appender.commit();
  }
}

/** What a real server answers for a copy of a directory, as it would be found after a kill, is what is in it. */
async function compareAnswers(directory: string, name: string): Promise<void> {
  cpSync(directory, `${directory}-${name}`, { recursive: true });
  const lines = await dumpLines(`${directory}-${name}`);
  const receiver = await startReceiver(prometheus!, `${directory}-${name}`, 5 * TWO_HOURS);
  try {
    const theirs = await receiver.samples('{__name__=~".+"}', NEWEST - 20 * TWO_HOURS, NEWEST);
    // The API leaves stale markers out.
    const ours = lines.filter((line) => !line.includes('} NaN ')).map(withoutBuckets);
    expect(ours.sort()).toEqual(theirs);
  } finally {
    await receiver.kill();
  }
}

/** A line of a dump with the count of a histogram alone, as the API's answer is written here. */
function withoutBuckets(line: string): string {
  return line.replace(/ \{count:([^,]+), .*\} (\d+)$/, ' count $1 $2');
}

/** Samples of 20 series, late but for the first; after a multiple of 32 of them their chunks are full. */
function addSteps(database: Database, first: number, steps: number): void {
  for (let i = first; i < first + steps; i++) {
    const appender = database.appender();
    const batch = createSampleBatch(20);
    batch.length = 20;
    for (let s = 0; s < 20; s++) {
      batch.refs[s] = appender.resolve(labelsFromObject({ __name__: 'steps', s: String(s) }));
      batch.times[s] = i === 0 ? NEWEST : NEWEST - TWO_HOURS - ((i * 7919) % 701) * 10_000 - s;
      batch.values[s] = i + s / 100;
    }
    appender.append(batch);
    appender.commit();
  }
}

/** How many late chunks lie in `chunks_head/`, and how many markers in `wbl/`. */
function chunksAndMarkers(directory: string): { chunks: number; markers: number } {
  const found = { chunks: 0, markers: 0 };
  for (const name of readdirSync(`${directory}/chunks_head`)) {
    const file = nodeFiles.openSync(`${directory}/chunks_head/${name}`, 'r');
    const steps = listHeadChunks(file, 1, ({ isOutOfOrder }) => {
      if (isOutOfOrder) found.chunks++;
    });
    while (steps.next().done !== true);
    file.closeSync();
  }
  const none = () => {};
  const visitor = { series: none, samples: none, histograms: none, exemplars: none, tombstones: none, metadata: none };
  replayWal(nodeFiles, `${directory}/wbl`, {
    ...visitor,
    markers: (entries) => {
      found.markers += entries.length;
    },
  });
  return found;
}

/** What both tools say of copies of a directory. */
async function compareDumps(directory: string): Promise<string[]> {
  cpSync(directory, `${directory}-theirs`, { recursive: true });
  const ours = await dumpLines(directory);
  expect(ours).toEqual(dumpWithPromtool(promtool!, `${directory}-theirs`));
  rmSync(`${directory}-theirs`, { recursive: true });
  return ours;
}

describe.skipIf(promtool === null)(`promtool on a directory with samples out of order (${tool})`, () => {
  it.each([1, 2])('sees what we logged, killed and stopped (%d)', async (seed) => {
    const directory = `${root}/logged-${seed}`;
    const database = await openReal(directory);
    addMany(database, seed, 150);
    cpSync(directory, `${directory}-killed`, { recursive: true });
    await database.close();
    const stopped = await compareDumps(directory);
    expect(stopped.length).toBeGreaterThan(2900);
    expect(await compareDumps(`${directory}-killed`)).toEqual(stopped);
  });
});

describe.skipIf(!isNew)(`Prometheus with samples out of order (${server})`, () => {
  it('answers from what we compacted, and from what came after', async () => {
    const directory = `${root}/compacted`;
    const database = await openReal(directory);
    addMany(database, 3, 100);
    expect((await database.compactOutOfOrder()).length).toBeGreaterThan(3);
    await compareAnswers(directory, 'at-once');
    addMany(database, 4, 50);
    await compareAnswers(directory, 'later');
    await database.close();
    await compareAnswers(directory, 'stopped');
  });

  it('takes the chunks and markers that we left, killed and stopped, and we take what it left', async () => {
    const directory = `${root}/markers`;
    let database = await openReal(directory);
    // Chunks count as written before the disk has them, and get their markers after that: nothing may come in between.
    addSteps(database, 0, 33);
    await until(() => chunksAndMarkers(directory).markers === 20);
    addSteps(database, 33, 32);
    await until(() => chunksAndMarkers(directory).markers === 40);
    // These get no markers: what came later was logged before they were written.
    addSteps(database, 65, 50);
    await until(() => database.stats().chunkFiles.chunksWritten === 60);
    addMany(database, 7, 60);
    await until(() => chunksAndMarkers(directory).markers >= 40);
    expect(chunksAndMarkers(directory).chunks).toBeGreaterThanOrEqual(60);
    cpSync(directory, `${directory}-killed`, { recursive: true });
    await compareDumps(`${directory}-killed`);
    await compareAnswers(`${directory}-killed`, 'at-once');
    await database.close();
    await compareAnswers(directory, 'stopped');
    const before = await dumpLines(directory);
    const receiver = await startReceiver(prometheus!, directory, 5 * TWO_HOURS);
    const sent: string[] = [];
    try {
      for (let i = 0; i < 70; i++) {
        const time = NEWEST - 1 - ((i * 7919) % 600) * 40_000;
        await receiver.send([{ s: 'theirs', time, value: i }]);
        sent.push(`{__name__="theirs", s="theirs"} ${i} ${time}`);
      }
    } finally {
      await receiver.kill();
    }
    expect((await dumpLines(directory)).sort()).toEqual([...before, ...sent].sort());
    database = await openReal(directory);
    addMany(database, 8, 40);
    const all = await dumpLines(directory);
    await database.compactOutOfOrder();
    await database.close();
    expect(chunksAndMarkers(directory)).toEqual({ chunks: 0, markers: 0 });
    expect((await dumpLines(directory)).sort()).toEqual(all.sort());
    await compareAnswers(directory, 'compacted');
  });

  it('goes on with what we left, killed, and we with what it left', async () => {
    const directory = `${root}/both`;
    let database = await openReal(directory);
    addMany(database, 5, 60);
    // Killed: nothing is closed.
    cpSync(directory, `${directory}-killed`, { recursive: true });
    const killed = await dumpLines(`${directory}-killed`);
    await database.close();
    const receiver = await startReceiver(prometheus!, `${directory}-killed`, 5 * TWO_HOURS);
    const sent: string[] = [];
    try {
      for (let i = 0; i < 40; i++) {
        const time = NEWEST - 1 - ((i * 7919) % 600) * 40_000;
        const rows = Array.from({ length: 10 }, (_, s) => ({ s: `their ${s}`, time, value: i + s / 10 }));
        await receiver.send(rows);
        for (const { s, value } of rows) sent.push(`{__name__="theirs", s="${s}"} ${value} ${time}`);
      }
    } finally {
      await receiver.kill();
    }
    // Its own next start would lose some: a marker makes it drop what was in a buffer when it was killed.
    const after = await dumpLines(`${directory}-killed`);
    for (const line of [...killed, ...sent]) expect(after).toContain(line);
    expect(after).toHaveLength(killed.length + sent.length);
    database = await openReal(`${directory}-killed`);
    addMany(database, 6, 60);
    await database.compactOutOfOrder();
    await database.close();
    await compareAnswers(`${directory}-killed`, 'again');
    const last = await dumpLines(`${directory}-killed`);
    for (const line of after) expect(last).toContain(line);
  });
});
