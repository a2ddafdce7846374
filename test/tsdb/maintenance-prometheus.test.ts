import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import type { IntegerHistogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';
import { dumpLines } from './dump-lines.ts';
import { dumpWithPromtool, startPrometheus, startTarget, versionOf } from './prometheus-process.ts';

const promtool = findProgram('promtool');
const prometheus = findProgram('prometheus');
const isMissing = promtool === null || prometheus === null;
/** 2.42 knows no histograms in its dump and none of their chunks as we write them. */
const isOld = isMissing || (versionOf(prometheus) ?? 3) < 3;
const HOUR_MS = 3_600_000;
const STEP_MS = 30_000;

const root = mkdtempSync(`${tmpdir()}/narthex-maintenance-`);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(isMissing)(
  `a directory after compactions and checkpoints${isMissing ? ' (skips without peers)' : ''}`,
  () => {
    for (const end of ['a clean stop', 'a kill'] as const) {
      it(`is read alike by the reference after ${end}, gone on with, and taken back`, async () => {
        const directory = `${root}/${end.replaceAll(' ', '-')}`;
        const database = await open(`${directory}-ours`);
        const now = Math.floor(Date.now() / STEP_MS) * STEP_MS;
        const count = await fill(database, now - 9 * HOUR_MS, now);
        if (end === 'a clean stop') await database.close();
        // As a kill leaves it: what was written, without what a stop does.
        cpSync(`${directory}-ours`, directory, { recursive: true, filter: (path) => !path.endsWith('/lock') });
        if (end === 'a kill') await database.close();
        expect(readdirSync(directory).filter((name) => name.length === 26).length).toBeGreaterThan(2);
        expect(readdirSync(`${directory}/wal`).some((name) => name.startsWith('checkpoint.'))).toBe(true);

        const ours = await dumpLines(directory);
        expect(ours).toHaveLength(count);
        expect(differences(ours, dumpWithPromtool(promtool!, directory))).toEqual({ missing: [], extra: [] });

        const target = await startTarget();
        const server = startPrometheus(prometheus!, directory, target.address, ['--storage.tsdb.retention.time=30d']);
        await target.scraped(5);
        server.child.kill(end === 'a kill' ? 'SIGKILL' : 'SIGTERM');
        await server.exited;
        target.close();
        expect(server.output()).not.toMatch(/corrupt|unsequential|error reading|Unknown series/i);

        const again = await open(directory);
        await again.compact();
        await again.close();
        const theirs = dumpWithPromtool(promtool!, directory);
        const after = await dumpLines(directory);
        expect(differences(after, theirs)).toEqual({ missing: [], extra: [] });
        const kept = new Set(after);
        expect(ours.filter((line) => !kept.has(line))).toEqual([]);
        expect(after.length).toBeGreaterThan(ours.length + 50);
      });
    }
  },
);

function open(directory: string): Promise<Database> {
  return openDatabase({
    directory,
    fileSystem: nodeFiles,
    clock: systemClock,
    log: silentLog,
    walSegmentSize: 4 * PAGE_SIZE,
    maintenance: null,
  });
}

/** Series that stay, others that live for an hour, gaps, histograms, a deletion; returns how many samples there are. */
async function fill(database: Database, from: number, to: number): Promise<number> {
  let count = 0;
  for (let time = from; time <= to; time += STEP_MS) {
    const hour = Math.floor((time - from) / HOUR_MS);
    const batch = createSampleBatch(16);
    const appender = database.appender();
    const add = (labels: Record<string, string>, value: number) => {
      batch.refs[batch.length] = appender.resolve(labelsFromObject(labels));
      batch.times[batch.length] = time;
      batch.values[batch.length] = value;
      batch.length++;
    };
    for (let i = 0; i < 6; i++) add({ __name__: 'stays', i: String(i) }, Math.sin(time + i));
    for (let i = 0; i < 4; i++) add({ __name__: 'goes', hour: String(hour), i: String(i) }, time / 7);
    if (hour % 3 !== 1) add({ __name__: 'gaps' }, hour);
    if (!isOld) {
      const ref = appender.resolve(labelsFromObject({ __name__: 'histogram' }));
      batch.histograms = [{ ref, time, startTime: 0, histogram: histogramAt((time - from) / STEP_MS) }];
      count++;
    }
    count += batch.length;
    const { refusedCount } = appender.append(batch);
    expect(refusedCount).toBe(0);
    appender.commit();
    if (time % HOUR_MS === 0) await database.compact();
  }
  return count;
}

function histogramAt(step: number): IntegerHistogram {
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: step,
    count: 4 * step + 3,
    sum: step,
    positiveSpans: [{ offset: 0, length: 2 }],
    negativeSpans: [],
    positiveDeltas: [step + 1, step + 1],
    negativeDeltas: [],
    customValues: [],
  };
}

function differences(ours: readonly string[], theirs: readonly string[]): { missing: string[]; extra: string[] } {
  const our = new Set(ours);
  const their = new Set(theirs);
  return {
    missing: theirs.filter((line) => !our.has(line)).slice(0, 10),
    extra: ours.filter((line) => !their.has(line)).slice(0, 10),
  };
}
