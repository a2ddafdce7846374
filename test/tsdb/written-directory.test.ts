import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleBatch, type ExemplarEntry, type HistogramEntry } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { until } from '../support/ask.ts';
import { dumpLines } from './dump-lines.ts';
import { startReceiver } from './out-of-order/receiving-prometheus.ts';
import { dumpWithPromtool, versionOf } from './prometheus-process.ts';

const promtool = findProgram('promtool');
const prometheus = findProgram('prometheus');
const isMissing = promtool === null || prometheus === null;
/** 2.42 takes no histograms out of order, and an end of a block of late samples for that of all. */
const isOld = isMissing || (versionOf(prometheus) ?? 3) < 3;
const HOUR_MS = 3_600_000;
const WINDOW_MS = 24 * HOUR_MS;
const STEP_MS = 60_000;
// Blocks begin at even hours: from an odd one on the log would have no checkpoint yet.
const NEWEST = Math.floor(Date.now() / (2 * HOUR_MS)) * 2 * HOUR_MS;
const STARTED = NEWEST - 7 * HOUR_MS;

const root = mkdtempSync(`${tmpdir()}/narthex-written-`);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(isOld)(
  `a directory with everything in it${isOld ? ' (no Prometheus and promtool of 3.x: skipped)' : ''}`,
  () => {
    for (const end of ['a clean stop', 'a kill'] as const) {
      it(`goes to Prometheus, back, and there again, after ${end}`, async () => {
        const directory = `${root}/${end.replaceAll(' ', '-')}`;
        const database = await open(`${directory}-ours`);
        await fill(database);
        if (end === 'a clean stop') await database.close();
        cpSync(`${directory}-ours`, directory, { recursive: true, filter: (path) => !path.endsWith('/lock') });
        if (end === 'a kill') await database.close();
        // There is something of every kind.
        const blocks = readdirSync(directory).filter((name) => name.length === 26);
        expect(blocks.length).toBeGreaterThan(2);
        const metas = blocks.map((name) => readFileSync(`${directory}/${name}/meta.json`, 'utf8'));
        expect(metas.some((meta) => /"numTombstones": *[1-9]/.test(meta))).toBe(true);
        expect(readdirSync(`${directory}/wal`).some((name) => name.startsWith('checkpoint.'))).toBe(true);
        expect(readdirSync(`${directory}/wbl`)).not.toEqual([]);
        expect(readdirSync(`${directory}/chunks_head`).length).toBeGreaterThan(1);

        const ours = await dumpLines(directory);
        expect(ours.filter((line) => line.includes('deleted')).length).toBeGreaterThan(50);
        expect(ours.some((line) => line.includes('__name__="custom"'))).toBe(true);
        cpSync(directory, `${directory}-tool`, { recursive: true });
        expect(dumpWithPromtool(promtool!, `${directory}-tool`)).toEqual(ours);
        const tool = (...args: string[]): string =>
          execFileSync(promtool!, ['tsdb', ...args, `${directory}-tool`], { stdio: 'pipe' }).toString();
        for (const ulid of blocks) expect(tool('list')).toContain(ulid);
        expect(tool('analyze')).toMatch(/Block ID: \w{26}/);

        const sent = await continueThere(directory, ours, 'SIGKILL');
        const after = await dumpLines(directory);
        expect(after).toEqual([...ours, ...sent].sort());

        const again = await open(directory);
        await again.compact();
        await again.compactOutOfOrder();
        await again.close();
        expect(await dumpLines(directory)).toEqual(after);
        await continueThere(directory, after, 'SIGTERM');
        expect(existsSync(`${directory}/wal-damaged`)).toBe(false);
      });
    }
  },
);

/** A Prometheus answers what is expected, takes samples in and out of order, and ends. Returns what it took. */
async function continueThere(
  directory: string,
  expected: readonly string[],
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<string[]> {
  const flags = [
    '--enable-feature=exemplar-storage',
    '--storage.tsdb.min-block-duration=2h',
    '--storage.tsdb.max-block-duration=2h',
  ];
  const server = await startReceiver(prometheus!, directory, WINDOW_MS, flags);
  const sent: string[] = [];
  try {
    const answered = await server.samples('{__name__=~".+"}', STARTED - HOUR_MS, NEWEST + HOUR_MS);
    expect(answered).toEqual(expected.map(withoutBuckets).sort());
    expect(await server.exemplars('{__name__=~".+"}', STARTED, NEWEST)).toEqual(
      signal === 'SIGKILL' ? EXEMPLARS.map((k) => `trace${k} ${k} ${NEWEST - k * STEP_MS}`) : expect.any(Array),
    );
    const base = signal === 'SIGKILL' ? 1 : 500_000;
    for (let i = 0; i < 40; i++) {
      for (const time of [NEWEST + base + i * 1000, NEWEST - base - i * 77_000]) {
        await server.send([{ s: String(i % 3), time, value: i }]);
        sent.push(`{__name__="theirs", s="${i % 3}"} ${i} ${time}`);
      }
    }
  } finally {
    await server.kill(signal);
  }
  expect(server.output()).not.toMatch(/corrupt|unsequential|error reading|Unknown series/i);
  return sent;
}

function withoutBuckets(line: string): string {
  return line.replace(/ \{count:([^,]+), .*\} (\d+)$/, ' count $1 $2');
}

function open(directory: string): Promise<Database> {
  return openDatabase({
    directory,
    fileSystem: nodeFiles,
    clock: systemClock,
    log: silentLog,
    walSegmentSize: 4 * 32 * 1024,
    outOfOrderMs: WINDOW_MS,
    maintenance: null,
  });
}

/** Exemplars are at so many steps before the newest sample. */
const EXEMPLARS = [5, 3, 1];

/**
 * Floats, histograms of all kinds and exemplars of seven hours, compacted as they come; late samples that are in blocks,
 * and others that are in the log and in chunks; deletions in blocks, in the head and among late samples.
 */
async function fill(database: Database): Promise<void> {
  let compacted = 0;
  for (let time = STARTED; time <= NEWEST; time += STEP_MS) {
    const step = (time - STARTED) / STEP_MS;
    const late = time < NEWEST - HOUR_MS ? time - 90 * STEP_MS - 1 : time - 180 * STEP_MS - 2;
    append(database, time, step);
    if (step > 200) append(database, late, step, 'late');
    if (step % 60 === 59) await database.compact();
    if (step === 400) compacted = (await database.compactOutOfOrder()).length;
  }
  expect(compacted).toBeGreaterThan(0);
  const named = (value: string) => [[{ type: '=' as const, name: '__name__', value }]];
  await database.delete(named('deleted'), { minTime: STARTED + 10 * STEP_MS, maxTime: STARTED + 30 * STEP_MS });
  await database.delete(named('deleted'), { minTime: NEWEST - 20 * STEP_MS, maxTime: NEWEST - 10 * STEP_MS });
  await database.delete(named('late_deleted'), { minTime: STARTED, maxTime: NEWEST - 200 * STEP_MS });
  const inFiles = database.stats().chunkFiles.chunksWritten;
  // The deletion has moved all late samples to blocks: these come after it.
  for (let step = 0; step < 80; step++) append(database, NEWEST - 100 * STEP_MS - step * 777 - 3, step, 'late');
  await until(() => database.stats().chunkFiles.chunksWritten > inFiles);
  for (let step = 80; step < 90; step++) append(database, NEWEST - 100 * STEP_MS - step * 777 - 3, step, 'late');
}

function append(database: Database, time: number, step: number, kind = ''): void {
  const prefix = kind === '' ? '' : `${kind}_`;
  const appender = database.appender();
  const ref = (name: string) => appender.resolve(labelsFromObject({ __name__: `${prefix}${name}`, utf8: 'ü' }));
  const batch = createSampleBatch(4);
  for (const [i, name] of ['counter', 'deleted', 'gauge'].entries()) {
    batch.refs[i] = ref(name);
    batch.times[i] = time;
    batch.values[i] = [step * 3, step, ((step * 37) % 101) / 8][i]!;
  }
  batch.length = 3;
  batch.histograms = (['integer', 'float', 'custom'] as const).map((form): HistogramEntry => {
    return { ref: ref(form), time, startTime: 0, histogram: histogramAt(step, form) };
  });
  const age = (NEWEST - time) / STEP_MS;
  const exemplar = (): ExemplarEntry => {
    return { ref: batch.refs[0]!, labels: labelsFromObject({ id: `trace${age}` }), value: age, time };
  };
  if (kind === '' && EXEMPLARS.includes(age)) batch.exemplars = [exemplar()];
  expect(appender.append(batch).refusedCount).toBe(0);
  appender.commit();
}

function histogramAt(step: number, form: 'integer' | 'float' | 'custom'): Histogram {
  const shared = { counterResetHint: 'unknown', sum: step, negativeSpans: [] } as const;
  if (form === 'integer') {
    return {
      ...shared,
      kind: 'integer',
      schema: 0,
      zeroThreshold: 0.001,
      zeroCount: step,
      count: 4 * step + 3,
      positiveSpans: [{ offset: 0, length: 2 }],
      positiveDeltas: [step + 1, step + 1],
      negativeDeltas: [],
      customValues: [],
    };
  }
  const isCustom = form === 'custom';
  return {
    ...shared,
    kind: 'float',
    schema: isCustom ? -53 : 2,
    zeroThreshold: isCustom ? 0 : 0.001,
    zeroCount: isCustom ? 0 : step / 2,
    count: (isCustom ? 0 : step / 2) + 2 * step + 0.5,
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveCounts: [step, step + 0.5],
    negativeCounts: [],
    customValues: isCustom ? [1, 2.5] : [],
  };
}
