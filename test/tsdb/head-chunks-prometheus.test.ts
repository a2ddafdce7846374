import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import type { IntegerHistogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { until } from '../support/ask.ts';
import { ALL_TIME, batchOf } from './head-support.ts';
import { dumpWithPromtool, startPrometheus, startTarget, versionOf } from './prometheus-process.ts';

const promtool = findProgram('promtool');
const prometheus = findProgram('prometheus');
const isMissing = promtool === null || prometheus === null;
const made: string[] = [];

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

describe.skipIf(isMissing)(`our chunks_head in a real Prometheus${isMissing ? ': not on PATH, skipped' : ''}`, () => {
  for (const end of ['a clean stop', 'a kill'] as const) {
    it.concurrent(`is taken as it is after ${end}, gone on with, and taken back`, async () => {
      const root = mkdtempSync(`${tmpdir()}/narthex-chunks-`);
      made.push(root);
      const ours = await openDatabaseIn(`${root}/ours`);
      const newest = Math.floor(Date.now() / 1000) * 1000;
      fill(ours, newest - 60_000 * 100, newest);
      await until(() => ours.stats().chunkFiles.chunksWritten >= 100);
      const directory = `${root}/data`;
      if (end === 'a clean stop') await ours.close();
      // As a kill leaves it: what was written, without what a stop does.
      cpSync(`${root}/ours`, directory, { recursive: true, filter: (path) => !path.endsWith('/lock') });
      if (end === 'a kill') await ours.close();
      const before = await dumpOurs(directory);
      expect(dumpWithPromtool(promtool!, directory).length).toBe(before);

      const target = await startTarget();
      const server = startPrometheus(prometheus!, directory, target.address);
      await target.scraped(4);
      server.child.kill('SIGTERM');
      await server.exited;
      target.close();
      expect(server.output()).not.toMatch(/corrupt|Loading on-disk chunks failed|unsequential/i);
      expect(server.output()).toMatch(/memory mappable chunks/);
      const names = readdirSync(`${directory}/chunks_head`);
      expect(names.length).toBeGreaterThan(0);
      const after = await dumpOurs(directory);
      expect(after).toBeGreaterThan(before);
      expect(after).toBe(dumpWithPromtool(promtool!, directory).length);
    });
  }
});

function openDatabaseIn(directory: string): Promise<Database> {
  return openDatabase({ directory, fileSystem: nodeFiles, clock: systemClock, log: silentLog });
}

/** How many samples we find in a directory, of which the second reading takes chunks from files. */
async function dumpOurs(directory: string): Promise<number> {
  const database = await openDatabaseIn(directory);
  const querier = database.querier(ALL_TIME);
  const set = await querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 });
  const column = createSampleColumn(1024);
  let count = 0;
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    count += column.length;
  }
  querier.close();
  await database.close();
  return count;
}

/** 50 series of floats and, where the tools know them, 10 of histograms, a sample each 15 s. */
function fill(database: Database, from: number, to: number): void {
  const withHistograms = (versionOf(promtool!) ?? 3) > 2.42;
  const refs: number[] = [];
  for (let time = from; time <= to; time += 15_000) {
    const appender = database.appender();
    if (refs.length === 0) {
      for (let i = 0; i < 60; i++) refs.push(appender.resolve(labelsFromObject({ __name__: 'ours', row: String(i) })));
    }
    const step = (time - from) / 15_000;
    appender.append({
      ...batchOf(refs.slice(0, 50).map((ref, i) => [ref, time, Math.round(Math.sin(step * i) * 100)])),
      histograms: withHistograms
        ? refs.slice(50).map((ref, i) => ({ ref, time, startTime: 0, histogram: histogramAt(step, i) }))
        : [],
    });
    appender.commit();
  }
}

function histogramAt(step: number, series: number): IntegerHistogram {
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: step,
    count: 4 * step + series + 3,
    sum: step * 1.5,
    positiveSpans: [{ offset: 0, length: 2 }],
    negativeSpans: [],
    positiveDeltas: [step + 1, step + series + 1],
    negativeDeltas: [],
    customValues: [],
  };
}
