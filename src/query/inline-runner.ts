import { Labels } from '../model/labels.ts';
import type { Engine, PreparedQuery, QueryOutcome, QueryParameters } from '../promql/engine.ts';
import { Annotations } from '../promql/exec/annotations.ts';
import { QueryError } from '../promql/exec/query-error.ts';
import { createStepColumn } from '../promql/exec/step-column.ts';
import { EvaluationError } from '../promql/functions/contracts.ts';
import { JsonBlocks } from '../promql/json-blocks.ts';
import { PlanError } from '../promql/plan/resolve-duration.ts';
import { ColumnSink } from '../promql/result.ts';
import { JsonSink } from '../promql/result-json.ts';
import { PromqlSyntaxError } from '../promql/syntax/error.ts';
import type { Clock } from '../std/clock.ts';
import type { Queryable } from '../storage/query.ts';
import { QueryGate } from './query-gate.ts';
import type { QueryErrorType, QueryReply, QueryRequest, QueryRunner } from './runner.ts';
import { statsJson, statsWarning, type Timing } from './stats-json.ts';

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

/** Told what queries cost; the server keeps its own metrics with it. */
export interface QueryObserver {
  started(): void;
  /** All times in seconds; those of stages that were not reached are 0. */
  finished(timing: Timing, totalSamples: number, samplesRead: number): void;
}

/** A query gives way to the event loop after so long, so a scrape or another request waits no longer for it. */
const PAUSE_AFTER_MS = 20;

/** Runs queries on the calling thread, slice by slice. */
export class InlineRunner implements QueryRunner {
  readonly #options: InlineRunnerOptions;
  readonly #gate: QueryGate;
  readonly #blocks = new JsonBlocks();

  constructor(options: InlineRunnerOptions) {
    this.#options = options;
    this.#gate = new QueryGate(options.concurrencyMax, options.clock);
  }

  async run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    const { engine, observer } = this.#options;
    let query: PreparedQuery;
    try {
      query = engine.prepare(request.text, parametersOf(request));
    } catch (error) {
      return failure(error, 'bad_data');
    }
    if (request.form === 'explain') return explained(engine, query);
    observer?.started();
    const timing: Timing = { queue: 0, preparation: 0, evaluation: 0, sorting: 0, total: 0 };
    const counts = { total: 0, read: 0 };
    const { clock } = this.#options;
    const began = clock.monotonic();
    let entered = false;
    try {
      await this.#gate.enter(request.priority, request.timeoutMs, signal);
      entered = true;
      timing.queue = (clock.monotonic() - began) / 1000;
      const timeoutMs = request.timeoutMs - 1000 * timing.queue;
      return await this.#answer(query, { ...request, timeoutMs }, signal, timing, counts);
    } catch (error) {
      return failure(error, 'internal');
    } finally {
      if (entered) this.#gate.leave();
      timing.total = (clock.monotonic() - began) / 1000;
      observer?.finished(timing, counts.total, counts.read);
    }
  }

  async #answer(
    query: PreparedQuery,
    request: QueryRequest,
    signal: AbortSignal,
    timing: Timing,
    counts: { total: number; read: number },
  ): Promise<QueryReply> {
    const { engine, queryable, pause, perStepStats } = this.#options;
    const annotations = new Annotations();
    const { timeoutMs, stats, limit } = request;
    const countSteps = perStepStats && stats === 'all';
    const runOptions = { timeoutMs, signal, pause, pauseAfterMs: PAUSE_AFTER_MS, countSteps };
    const note = (outcome: QueryOutcome) => {
      Object.assign(timing, outcome.timings);
      counts.total = outcome.counts.total;
      counts.read = outcome.counts.read;
    };
    if (request.form === 'columns') {
      const sink = new ColumnSink();
      note(await engine.run(query, queryable, sink, annotations, runOptions));
      return { ok: true, form: 'columns', series: columnSeries(sink), ...annotations.render(request.text) };
    }
    const sink = new JsonSink(limit, this.#blocks);
    const began = this.#options.clock.monotonic();
    const outcome = await engine.run(query, queryable, sink, annotations, runOptions);
    note(outcome);
    timing.total = timing.queue + (this.#options.clock.monotonic() - began) / 1000;
    if (sink.isTruncated) annotations.plainWarning('results truncated due to limit');
    if (stats !== null && stats !== '' && stats !== 'true' && stats !== 'all') {
      annotations.plainWarning(statsWarning(stats));
    }
    const { warnings, infos } = annotations.render(request.text);
    const statsText = stats === null || stats === '' ? null : statsJson(timing, outcome);
    return { ok: true, form: 'json', body: sink.finish(statsText, warnings, infos) };
  }
}

/** Nothing is read, so it needs no turn and counts as no query. */
function explained(engine: Engine, query: PreparedQuery): QueryReply {
  try {
    const text = JSON.stringify({ status: 'success', data: engine.explain(query) });
    return { ok: true, form: 'json', body: new TextEncoder().encode(text) };
  } catch (error) {
    return failure(error, 'internal');
  }
}

function parametersOf({ kind, start, end, step, lookbackMs }: QueryRequest): QueryParameters {
  return { kind, start, end, step, lookbackMs };
}

/** What a rule gets: a scalar counts as a series without labels. */
function columnSeries(
  sink: ColumnSink,
): { readonly labels: Labels; readonly column: ReturnType<typeof createStepColumn> }[] {
  if (sink.type === 'scalar') {
    const column = createStepColumn(1);
    column.values[0] = sink.scalar;
    column.present[0] = 1;
    return [{ labels: Labels.EMPTY, column }];
  }
  if (sink.type === 'string' || sink.rawSeries.length > 0) {
    throw new QueryError('execution', 'rule result is not a vector or scalar');
  }
  return sink.series;
}

/** A failed query gives no annotations, like the reference; bytes that are no UTF-8 come out as U+FFFD. */
function failure(error: unknown, other: QueryErrorType): QueryReply {
  const message = (error instanceof Error ? error.message : String(error)).toWellFormed();
  return { ok: false, errorType: errorTypeOf(error, other), message, warnings: [], infos: [] };
}

function errorTypeOf(error: unknown, other: QueryErrorType): QueryErrorType {
  if (error instanceof QueryError) return error.kind;
  if (error instanceof EvaluationError) return 'execution';
  if (error instanceof PromqlSyntaxError || error instanceof PlanError) return 'bad_data';
  return other;
}
