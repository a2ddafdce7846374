import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IntegerHistogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import type { SelectRequest } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { hasFloatsOnly } from '../../src/tsdb/block/block-meta.ts';
import type { ThreadAnswer } from '../../src/tsdb/threads/thread-answer.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { batchOf } from './head-support.ts';

/**
 * `floatMatchers` are gone by exactly while there is no histogram: a query that reads less would else not tell of one that it
 * has left out.
 */

const HOUR = 3_600_000;
const ALL: Matcher = { type: '=', name: '__name__', value: 'x' };
const ONE: Matcher = { type: '=', name: 's', value: 'a' };
const HISTOGRAM: IntegerHistogram = {
  kind: 'integer',
  counterResetHint: 'unknown',
  schema: 0,
  count: 1,
  sum: 1,
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveDeltas: [1],
  negativeSpans: [],
  negativeDeltas: [],
  customValues: [],
};

let directory: string;
let database: Database;
const opened: Database[] = [];
const now = systemClock.now();

async function open(): Promise<void> {
  database = await openDatabase({ directory, fileSystem: nodeFiles, clock: systemClock, log: silentLog, lock: false });
  database.setOutOfOrderWindow(HOUR);
  opened.push(database);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'narthex-floats-'));
  await open();
  append('float', now - 10_000);
});

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  rmSync(directory, { recursive: true });
});

/** A sample of each of two series of floats, a histogram of a third one, or a float of one with a type. */
function append(kind: 'float' | 'histogram' | 'typed', time: number): void {
  const appender = database.appender();
  if (kind === 'float') {
    const refs = ['a', 'b'].map((s) => appender.resolve(labelsFromObject({ __name__: 'x', s })));
    appender.append(batchOf(refs.map((ref) => [ref, time, 1])));
  } else if (kind === 'typed') {
    const ref = appender.resolve(labelsFromObject({ __name__: 'other', __type__: 'gauge' }));
    appender.append(batchOf([[ref, time, 1]]));
  } else {
    const ref = appender.resolve(labelsFromObject({ __name__: 'other' }));
    appender.append({ ...batchOf([]), histograms: [{ ref, time, startTime: 0, histogram: HISTOGRAM }] });
  }
  appender.commit();
}

/** Series that threads, and the main thread for itself, are shown of those two. */
async function found(): Promise<number[]> {
  const range = { minTime: now - HOUR, maxTime: now };
  const request: SelectRequest = { matchers: [ALL], floatMatchers: [ALL, ONE], range, sorted: false, limit: 0 };
  const read = database.threadReads().open();
  const answers: ThreadAnswer[] = [];
  const limits = { bytesMax: 1e9, turnMs: 1000, now: () => 0, pause: () => Promise.resolve() };
  await read.answer({ range, requests: [request] }, limits, (answer) => answers.push(answer));
  read.close();
  const querier = database.residentQuerier(range, 100);
  const set = await querier.select(request);
  querier.close();
  const [{ isPlain, snapshots }] = answers as [ThreadAnswer];
  expect(isPlain).toBe(snapshots[0]!.rows.length === 1);
  return [snapshots[0]!.rows.length, set.length];
}

describe('series that only matter where there are histograms', () => {
  test('are left out while all samples are floats, also after a start', async () => {
    expect(await found()).toEqual([1, 1]);
    await open();
    expect(await found()).toEqual([1, 1]);
  });

  test('are there once a histogram was appended, after a crash and after an orderly end', async () => {
    append('histogram', now - 5000);
    expect(await found()).toEqual([2, 2]);
    await open();
    expect(await found()).toEqual([2, 2]);
    for (const each of opened.splice(0).reverse()) await each.close();
    await open();
    expect(await found()).toEqual([2, 2]);
  });

  test('are there once a series has a type, also after a start', async () => {
    append('typed', now - 5000);
    expect(await found()).toEqual([2, 2]);
    await open();
    expect(await found()).toEqual([2, 2]);
  });

  test('are there where the histograms lie in chunks that are full', async () => {
    for (let i = 0; i < 300; i++) append('histogram', now - 10 * 60_000 + i * 1000);
    await database.close();
    opened.length = 0;
    await open();
    expect(await found()).toEqual([2, 2]);
  });

  test('are there where a histogram came late', async () => {
    const appender = database.appender();
    appender.append(batchOf([[appender.resolve(labelsFromObject({ __name__: 'other' })), now, 1]]));
    appender.commit();
    append('histogram', now - 60_000);
    expect(database.stats().head.lateHistograms).toBe(1);
    expect(await found()).toEqual([2, 2]);
    await open();
    expect(await found()).toEqual([2, 2]);
  });
});

test('of a block it is told by its counts, where it has them', () => {
  const counts = { series: 1, chunks: 1, tombstones: 0 };
  const of = (samples: number, floatSamples: number, histogramSamples: number) =>
    hasFloatsOnly({ stats: { ...counts, samples, floatSamples, histogramSamples } });
  expect(of(5, 5, 0)).toBe(true);
  expect(of(5, 4, 1)).toBe(false);
  // Older writers count samples alone.
  expect(of(5, 0, 0)).toBe(false);
});
