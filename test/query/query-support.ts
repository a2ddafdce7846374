import { setImmediate } from 'node:timers/promises';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Engine } from '../../src/promql/engine.ts';
import { ALL_PARSER_OPTIONS } from '../../src/promql/syntax/options.ts';
import { InlineRunner } from '../../src/query/inline-runner.ts';
import { LightRunner } from '../../src/query/light-runner.ts';
import { PoolRunner, type PoolRunnerOptions } from '../../src/query/pool/pool-runner.ts';
import type { QueryObserver, QueryReply, QueryRequest, QueryRunner } from '../../src/query/runner.ts';
import { systemClock } from '../../src/std/clock.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { testEngine } from '../support/test-engine.ts';

export const REQUEST: QueryRequest = {
  text: 'm',
  kind: 'instant',
  start: 60_000,
  end: 60_000,
  step: 0,
  lookbackMs: 300_000,
  timeoutMs: 150_000,
  limit: 0,
  stats: null,
  priority: 'interactive',
  form: 'json',
};

export const SETTINGS = {
  samplesMax: 50_000_000,
  bytesMax: 2 ** 30,
  parser: ALL_PARSER_OPTIONS,
  features: { delayedNameRemoval: false, useStartTimestamps: false, typeAndUnitLabels: false },
  perStepStats: true,
  memoryBytesMax: 2 ** 30,
  decodedBytesMax: 4 * 2 ** 20,
};

/** A database in memory. */
export function openMemoryDatabase(): Promise<Database> {
  return openDatabase({
    directory: '/d',
    fileSystem: new MemoryFiles(),
    clock: new ManualClock(0),
    log: silentLog,
    lock: false,
  });
}

/** Appends one sample to each series in one transaction. */
export function appendSamples(
  database: Database,
  samples: readonly (readonly [labels: Record<string, string>, time: number, value: number])[],
): void {
  const appender = database.appender();
  const batch = createSampleBatch(samples.length);
  batch.length = samples.length;
  for (const [i, [labels, time, value]] of samples.entries()) {
    batch.refs[i] = appender.resolve(labelsFromObject(labels));
    batch.times[i] = time;
    batch.values[i] = value;
  }
  appender.append(batch);
  appender.commit();
}

function createEngine(): Engine {
  const { samplesMax, bytesMax, parser, features } = SETTINGS;
  return testEngine({
    samplesMax,
    bytesMax,
    parser,
    features,
  });
}

export function createLightRunner(database: Database, heavy: QueryRunner, observer: QueryObserver | null): LightRunner {
  return new LightRunner({
    engine: createEngine(),
    residentQuerier: (range, seriesMax) => database.residentQuerier(range, seriesMax),
    clock: systemClock,
    perStepStats: SETTINGS.perStepStats,
    pause: () => setImmediate(),
    observer,
    heavy,
  });
}

export function createInlineRunner(database: Database, options: { observer?: PoolRunnerOptions['observer'] } = {}) {
  return new InlineRunner({
    engine: createEngine(),
    queryable: database,
    clock: systemClock,
    concurrencyMax: 4,
    perStepStats: SETTINGS.perStepStats,
    pause: () => setImmediate(),
    observer: options.observer ?? null,
  });
}

export function createPoolRunner(database: Database, options: Partial<PoolRunnerOptions> = {}): PoolRunner {
  return new PoolRunner({
    settings: SETTINGS,
    subqueryStepMs: () => 60_000,
    reads: () => database.threadReads(),
    clock: systemClock,
    log: silentLog,
    concurrencyMax: 4,
    threadsMax: 2,
    heapMegabytesMax: 256,
    graceMs: 2_000,
    observer: null,
    ...options,
  });
}

/** A reply with its body as parsed JSON. */
export function readable(reply: QueryReply): unknown {
  if (!reply.ok || reply.form !== 'json') return reply;
  return JSON.parse(Buffer.from(reply.body).toString());
}
