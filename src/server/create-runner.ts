import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Engine } from '../promql/engine.ts';
import { functionImplementations } from '../promql/functions/registry.ts';
import type { ParserOptions } from '../promql/syntax/options.ts';
import { HandedOn } from '../query/handed-on.ts';
import { LightRunner } from '../query/light-runner.ts';
import { type ListRunner, ThreadLists } from '../query/lists/list-runner.ts';
import type { ParsedForm } from '../query/parsed-text.ts';
import type { QuerySettings } from '../query/pool/messages.ts';
import { PoolRunner } from '../query/pool/pool-runner.ts';
import { type OpenRead, threadedQueryable } from '../query/pool/threaded-queryable.ts';
import type { QueryReply, QueryRunner } from '../query/runner.ts';
import type { Clock } from '../std/clock.ts';
import { memoryBytes } from '../std/memory-bytes.ts';
import type { Queryable } from '../storage/query.ts';
import type { Log } from '../telemetry/log.ts';
import type { Registry } from '../telemetry/registry.ts';
import type { ActiveQueries } from '../tsdb/active-queries.ts';
import type { DatabaseSlot } from './database-slot.ts';
import { createQueryObserver } from './engine-metrics.ts';
import type { ServerOptions } from './flags/options.ts';
import { queryMemory } from './query-memory.ts';

/** What all query threads together keep of decoded samples; half as much again where their times are not evenly spaced. */
const DECODED_BYTES_MAX = 40 * 2 ** 20;
/** A query pauses every 20 ms; one that does not for so long never will. */
const GRACE_MS = 5000;

export interface RunnerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly database: DatabaseSlot;
  readonly parser: ParserOptions;
  readonly evaluationIntervalMs: () => number;
  readonly activeQueries: ActiveQueries;
}

export interface ServerRunner {
  readonly runner: QueryRunner;
  /** Parses a text in a thread. */
  parse(text: string, form: ParsedForm, signal: AbortSignal): Promise<QueryReply>;
  /** Reads that are no queries. */
  queryable(signal: AbortSignal): Queryable;
  /** Writes the lists that are too long for the queryable. */
  readonly lists: ListRunner;
  /** Ends all threads; queries that run fail. */
  close(): Promise<void>;
}

/**
 * Runs small queries on the main thread, and all others in as many threads as there are cores beside the one for the main
 * thread.
 */
export function createRunner({ query, features }: ServerOptions, parts: RunnerParts): ServerRunner {
  const { activeQueries, clock, database, evaluationIntervalMs, log, parser, registry } = parts;
  const { bytesMax, concurrencyMax, samplesMax } = query;
  const threadsMax = Math.max(1, availableParallelism() - 1);
  const { heapMegabytesMax, memoryBytesMax } = queryMemory(bytesMax, threadsMax, memoryBytes());
  const settings: QuerySettings = {
    samplesMax,
    bytesMax,
    parser,
    features: {
      delayedNameRemoval: features.includes('promql-delayed-name-removal'),
      useStartTimestamps: features.includes('use-start-timestamps'),
      typeAndUnitLabels: features.includes('type-and-unit-labels'),
    },
    perStepStats: features.includes('promql-per-step-stats'),
    memoryBytesMax,
    decodedBytesMax: Math.floor(DECODED_BYTES_MAX / threadsMax),
  };
  const observer = createQueryObserver(registry, concurrencyMax);
  const pool = new PoolRunner({
    settings,
    subqueryStepMs: evaluationIntervalMs,
    reads: () => database.require().threadReads(),
    clock,
    log: log.with({ component: 'query engine' }),
    concurrencyMax,
    threadsMax,
    heapMegabytesMax,
    graceMs: GRACE_MS,
    begin: (text) => activeQueries.begin(text, Math.floor(clock.now() / 1000)),
    observer,
  });
  const runner = new LightRunner({
    engine: new Engine({
      ...settings,
      defaultSubqueryStepMs: evaluationIntervalMs,
      functions: functionImplementations,
      clock,
    }),
    residentQuerier: (range, seriesMax) => database.residentQuerier(range, seriesMax),
    clock,
    perStepStats: settings.perStepStats,
    pause: () => setImmediate(),
    observer,
    heavy: pool,
  });
  const close = async (): Promise<void> => {
    await pool.close();
    activeQueries.close();
  };
  const listsHandedOn = new HandedOn();
  const openRead: OpenRead = (work, signal) => pool.openRead(work, signal);
  return {
    runner,
    parse: (text, form, signal) => pool.parse(text, form, signal),
    queryable: (signal) => threadedQueryable(database, openRead, signal, listsHandedOn, clock),
    lists: new ThreadLists(database, (list, signal) => pool.list(list, signal), clock),
    close,
  };
}
