import type { Engine } from '../promql/engine.ts';
import type { Clock } from '../std/clock.ts';
import type { Queryable } from '../storage/query.ts';
import { answerBlocks } from './answer-buffers.ts';
import {
  createQueryCost,
  executeQuery,
  explainQuery,
  failedReply,
  prepareQuery,
  type QueryExecutor,
} from './execute-query.ts';
import { QueryGate } from './query-gate.ts';
import type { QueryObserver, QueryReply, QueryRequest, QueryRunner } from './runner.ts';

export interface InlineRunnerOptions {
  readonly engine: Engine;
  readonly queryable: Queryable;
  readonly clock: Clock;
  /** Queries that run at once; others wait their turn. */
  readonly concurrencyMax: number;
  /** `promql-per-step-stats`: `stats=all` then lists every step. */
  readonly perStepStats: boolean;
  /** Lets the event loop run once. */
  readonly pause: () => Promise<void>;
  readonly observer: QueryObserver | null;
}

/** Runs queries on the calling thread, slice by slice. */
export class InlineRunner implements QueryRunner {
  readonly #options: InlineRunnerOptions;
  readonly #executor: QueryExecutor;
  readonly #gate: QueryGate;

  constructor(options: InlineRunnerOptions) {
    const { engine, clock, perStepStats, concurrencyMax } = options;
    this.#options = options;
    this.#executor = { engine, clock, perStepStats, blocks: answerBlocks(clock) };
    this.#gate = new QueryGate(concurrencyMax, clock);
  }

  async run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    const { engine, clock, observer, queryable, pause } = this.#options;
    const query = prepareQuery(engine, request);
    if ('ok' in query) return query;
    if (request.form === 'explain') return explainQuery(engine, query, request.withoutPasses);
    observer?.started();
    const cost = createQueryCost();
    const began = clock.monotonic();
    let entered = false;
    try {
      await this.#gate.enter(request.priority, request.timeoutMs, signal);
      entered = true;
      cost.timing.queue = (clock.monotonic() - began) / 1000;
      const timeoutMs = request.timeoutMs - 1000 * cost.timing.queue;
      return await executeQuery(this.#executor, query, { ...request, timeoutMs }, { queryable, signal, pause, cost });
    } catch (error) {
      return failedReply(error, 'internal');
    } finally {
      if (entered) this.#gate.leave();
      cost.timing.total = (clock.monotonic() - began) / 1000;
      observer?.finished(cost.timing, cost.samplesTotal, cost.samplesRead);
    }
  }
}
