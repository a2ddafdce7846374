import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { writeStale } from '../../src/model/stale.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import { BlockChunkSource } from '../../src/tsdb/compact/block-chunk-source.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { RecordDecompressor } from '../../src/tsdb/wal/compression.ts';
import { createSampleColumns, decodeSamplesV2 } from '../../src/tsdb/wal/decode-samples.ts';
import { RECORD } from '../../src/tsdb/wal/record-types.ts';
import { SegmentReader } from '../../src/tsdb/wal/segment-reader.ts';
import { samplesV2Record } from '../../src/tsdb/wal/start-time-records.ts';
import { answers, startUp } from '../proof/both-servers.ts';
import { BIN, Workbench } from '../server/narthex-process.ts';
import { ALL_TIMES, openBlock } from '../support/read-block.ts';
import { dumpLines } from './dump-lines.ts';
import { dumpWithPromtool, startTarget, versionOf } from './prometheus-process.ts';

const PROMETHEUS = findProgram('prometheus');
const PROMTOOL = findProgram('promtool');
const isMissing = PROMETHEUS === null || PROMTOOL === null || (versionOf(PROMETHEUS) ?? 3.14) < 3.14;

const FORMS = { xor2: true, histogramStartTimes: true, loggedStartTimes: true };
const FEATURES = 'st-storage,xor2-encoding,histograms-st-encoding,use-start-timestamps,promql-experimental-functions';
const STEP_MS = 30_000;
const HOUR_MS = 3_600_000;
const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const FROM = NOW - 4 * HOUR_MS;

describe.skipIf(isMissing)(`start times on disk${isMissing ? ' (skips without a Prometheus 3.14)' : ''}`, () => {
  const bench = new Workbench();
  afterEach(() => bench.cleanUp());

  const args = (data: string): string[] => [
    '--config.file=none.yml',
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=30d',
    `--enable-feature=${FEATURES}`,
  ];

  it('are in the same chunks as those that Prometheus makes of the same log', async () => {
    const directory = bench.directory({ 'none.yml': '' });
    const database = await open(`${directory}/ours`);
    fill(database, FROM, NOW);
    const snapshot = await database.snapshot({ skipsHead: false });
    const ours = chunksOf(`${directory}/ours/snapshots/${snapshot}`);
    await database.sync();
    mkdirSync(`${directory}/theirs`);
    cpSync(`${directory}/ours/wal`, `${directory}/theirs/wal`, { recursive: true });
    await database.close();
    const server = await startUp(bench, directory, PROMETHEUS!, [...args('theirs'), '--web.enable-admin-api']);
    const response = await fetch(`${server.url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
    const { data } = (await response.json()) as { data: { name: string } };
    await server.process.end();
    const theirs = chunksOf(`${directory}/theirs/snapshots/${data.name}`);
    // Chunks that are open are written anew by the reference, without what it knew of a counter reset.
    for (const [name, chunks] of Object.entries(ours)) clearReset(chunks.at(-1)!, theirs[name]!.at(-1)!);
    expect(ours).toEqual(theirs);
    const encodings = new Set(Object.values(ours).flatMap((chunks) => chunks.map(([encoding]) => encoding)));
    expect([...encodings].sort()).toEqual([
      ENCODING.xor2,
      ENCODING.histogramStartTimes,
      ENCODING.floatHistogramStartTimes,
    ]);
  });

  it('in blocks, logs and late samples are read by Prometheus and its tool', async () => {
    const directory = bench.directory({ 'none.yml': '' });
    const database = await open(`${directory}/ours`);
    fill(database, FROM - 2 * HOUR_MS, NOW);
    await database.compact();
    fillLate(database);
    await database.sync();
    const copyTo = (copy: string) =>
      cpSync(`${directory}/ours`, `${directory}/${copy}`, {
        recursive: true,
        filter: (name) => !/\/(?:lock|head_image)$/.test(name),
      });
    copyTo('dumped');
    // What follows blocks of late samples the tool does not read from the log.
    await database.compactOutOfOrder();
    fillLate(database, 7000);
    await database.sync();
    copyTo('killed');
    copyTo('theirs');
    await database.close();
    const lines = await dumpLines(`${directory}/dumped`);
    expect(dumpWithPromtool(PROMTOOL!, `${directory}/dumped`)).toEqual(lines);
    expect(lines.length).toBeGreaterThan(5000);
    expect(readdirSync(`${directory}/killed`).filter((name) => name.length === 26).length).toBeGreaterThan(2);

    const names = ['float', 'some', 'late', 'integer', 'floats', 'custom'];
    const queries = names.flatMap((name) => [
      `start_timestamp(${name})`,
      `${name}[10m]`,
      `rate(${name}[5m])`,
      `increase(${name}[3h])`,
      `resets(${name}[4h])`,
      `changes(${name}[1h])`,
    ]);
    const times = Array.from({ length: 25 }, (_, i) => NOW / 1000 - 900 * i - 7);
    const theirs = await startUp(bench, directory, PROMETHEUS!, args('theirs'));
    const expected = await answers(theirs.url, queries, times);
    const ours = await startUp(bench, directory, BIN, args('killed'));
    expect(await answers(ours.url, queries, times)).toEqual(expected);
    expect(JSON.stringify(expected['start_timestamp(float)'])).toContain(`${(FROM - HOUR_MS) / 1000}`.slice(0, 4));
    expect(theirs.process.stderr).not.toMatch(/corrupt|unsequential|Unknown series/i);
  });

  it('are logged in the same bytes as by Prometheus', async () => {
    const target = await startTarget();
    const directory = bench.directory({
      'none.yml': `global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [{job_name: t, static_configs: [{targets: ['${target.address}']}]}]\n`,
    });
    const server = await startUp(bench, directory, PROMETHEUS!, args('theirs'));
    await target.scraped(5);
    await server.process.end('SIGKILL');
    target.close();
    let count = 0;
    for (const record of recordsOf(`${directory}/theirs/wal`)) {
      if (record[0] !== RECORD.samplesV2) continue;
      const columns = createSampleColumns();
      expect(decodeSamplesV2(record, columns)).toBe(0);
      const { bits, length, refs, startTimes, times } = columns;
      const indexes = Uint32Array.from({ length }, (_, i) => i);
      expect(samplesV2Record(refs, times, startTimes, bits, indexes, length)).toEqual(record);
      count += length;
    }
    expect(count).toBeGreaterThan(200);
  });
});

function open(directory: string): Promise<Database> {
  return openDatabase({
    directory,
    fileSystem: nodeFiles,
    clock: systemClock,
    log: silentLog,
    forms: FORMS,
    outOfOrderMs: 24 * HOUR_MS,
    maintenance: null,
  });
}

/** Counters that begin again, with and without start times, stale markers, and histograms of all kinds. */
function fill(database: Database, from: number, to: number): void {
  for (let time = from, i = 0; time <= to; time += STEP_MS, i++) {
    const batch = createSampleBatch(8);
    batch.startTimes = new Float64Array(8);
    const appender = database.appender();
    const began = from - 12_345 + Math.floor(i / 97) * 97 * STEP_MS;
    const add = (name: string, value: number, start: number) => {
      batch.refs[batch.length] = appender.resolve(labelsFromObject({ __name__: name }));
      batch.times[batch.length] = time;
      batch.values[batch.length] = value;
      if (i % 131 === 130) writeStale(batch.bits, batch.length);
      batch.startTimes![batch.length++] = start;
    };
    add('float', i % 97, began);
    add('noise', Math.sin(i) * 10 ** (i % 17), began - (i % 5));
    add('some', i, i % 50 < 25 ? 0 : began);
    add('none', i, 0);
    if (i % 7 > 2) add('gaps', i, time - (i % 3));
    const kinds = [
      ['integer', histogramAt(i % 97)],
      ['floats', floatOf(histogramAt(i % 97))],
      ['custom', customAt(i % 97)],
    ] as const;
    batch.histograms = kinds.map(([name, histogram]) => {
      const ref = appender.resolve(labelsFromObject({ __name__: name }));
      return { ref, time, startTime: name === 'custom' && i % 30 < 10 ? 0 : began, histogram };
    });
    expect(appender.append(batch).refusedCount).toBe(0);
    appender.commit();
  }
}

/** Samples between those that are there, newest first. */
function fillLate(database: Database, offset = 5000): void {
  for (let i = 0; i < 200; i++) {
    const batch = createSampleBatch(2);
    batch.startTimes = Float64Array.of(FROM - 777, i % 2);
    const appender = database.appender();
    for (const [at, name] of ['late', 'float'].entries()) {
      batch.refs[at] = appender.resolve(labelsFromObject({ __name__: name }));
      batch.times[at] = NOW - 40_000 * i - offset;
      batch.values[at] = i;
    }
    batch.length = 2;
    appender.append(batch);
    appender.commit();
  }
}

function histogramAt(step: number): Histogram & { kind: 'integer' } {
  const spans =
    step > 40
      ? [
          { offset: 0, length: 2 },
          { offset: 1, length: 1 },
        ]
      : [{ offset: 0, length: 2 }];
  const deltas = step > 40 ? [step + 1, step + 1, -step] : [step + 1, step + 1];
  let at = 0;
  const count = deltas.reduce((sum, delta) => sum + (at += delta), step);
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: step,
    count,
    sum: step / 3,
    positiveSpans: spans,
    negativeSpans: [],
    positiveDeltas: deltas,
    negativeDeltas: [],
    customValues: [],
  };
}

function floatOf({ positiveDeltas, negativeDeltas, ...rest }: Histogram & { kind: 'integer' }): Histogram {
  let at = 0;
  return { ...rest, kind: 'float', positiveCounts: positiveDeltas.map((delta) => (at += delta)), negativeCounts: [] };
}

function customAt(step: number): Histogram {
  const shape = { schema: CUSTOM_BUCKETS_SCHEMA, zeroThreshold: 0, zeroCount: 0, customValues: [0.5, 1] };
  return { ...histogramAt(0), ...shape, count: 3 * step, sum: step, positiveDeltas: [step, step] };
}

/** Encoding, times of the first and last sample, and the bytes in hexadecimal. */
type ChunkText = [encoding: number, minTime: number, maxTime: number, bytes: string];

function clearReset(...chunks: ChunkText[]): void {
  for (const chunk of chunks) {
    if (chunk[0] === ENCODING.xor2) continue;
    const first = Number.parseInt(chunk[3].slice(0, 2), 16) & 0x3f;
    chunk[3] = first.toString(16).padStart(2, '0') + chunk[3].slice(2);
  }
}

/** All chunks by series. */
function chunksOf(directory: string): Record<string, ChunkText[]> {
  const found: Record<string, ChunkText[]> = {};
  for (const name of readdirSync(directory).filter((each) => each.length === 26)) {
    const block = openBlock(nodeFiles, `${directory}/${name}`);
    const source = new BlockChunkSource(block, ALL_TIMES.minTime, ALL_TIMES.maxTime);
    while (source.next()) {
      const chunks = source.chunks.map(({ bytes, encoding, maxTime, minTime }) => {
        return [encoding, minTime, maxTime, Buffer.from(bytes).toString('hex')] satisfies ChunkText;
      });
      (found[String(source.labels)] ??= []).push(...chunks);
    }
    block.close();
  }
  return found;
}

function* recordsOf(directory: string): Generator<Uint8Array> {
  const decompressor = new RecordDecompressor(2 ** 24);
  for (const name of readdirSync(directory)) {
    if (readFileSync(`${directory}/${name}`).length === 0) continue;
    const file = nodeFiles.openSync(`${directory}/${name}`, 'r');
    const reader = new SegmentReader(file, 2 ** 24);
    while (reader.next()) {
      const record = decompressor.decompress(reader.record, reader.recordSize, reader.recordFlags);
      if (typeof record !== 'string') yield record.slice();
    }
    file.closeSync();
  }
}
