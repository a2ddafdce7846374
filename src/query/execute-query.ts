import { HistogramTooLarge } from '../model/histogram-work.ts';
import { Labels } from '../model/labels.ts';
import { RegexSyntaxError } from '../model/regex.ts';
import type { Engine, QueryOutcome } from '../promql/engine.ts';
import { type CancelSignal, checkWanted } from '../promql/exec/budget.ts';
import { QueryError } from '../promql/exec/query-error.ts';
import { TooMuchWork } from '../promql/exec/too-much-work.ts';
import { EvaluationError } from '../promql/functions/contracts.ts';
import type { JsonBlocks } from '../promql/json-blocks.ts';
import type { Explanation } from '../promql/plan/explain.ts';
import { PlanError } from '../promql/plan/resolve-duration.ts';
import type { PreparedQuery } from '../promql/query-planner.ts';
import { ColumnSink } from '../promql/result.ts';
import { JsonSink } from '../promql/result-json.ts';
import { Annotations } from '../promql/steps/annotations.ts';
import { createStepColumn } from '../promql/steps/step-column.ts';
import { PromqlSyntaxError } from '../promql/syntax/error.ts';
import type { Clock } from '../std/clock.ts';
import type { Queryable } from '../storage/query.ts';
import { NotResident } from '../tsdb/not-resident.ts';
import type { ColumnSeries, QueryErrorType, QueryReply, QueryRequest } from './runner.ts';
import { statsJson, statsWarning, type Timing } from './stats-json.ts';

/** What queries of one thread run with. */
export interface QueryExecutor {
  readonly engine: Engine;
  readonly clock: Clock;
  /** `promql-per-step-stats`: `stats=all` then lists every step. */
  readonly perStepStats: boolean;
  readonly blocks: JsonBlocks;
}

/** How one query runs. */
export interface QueryExecution {
  readonly queryable: Queryable;
  readonly signal: CancelSignal;
  /** As `RunOptions.pause`. */
  readonly pause: (bytes: number) => Promise<void>;
  /** Seconds since the query came, of which it waited `queue`. */
  readonly cost: QueryCost;
  /** As `RunOptions.workMax`. */
  readonly workMax?: number;
}

/** What a query has cost; all times in seconds, those of stages that were not reached are 0. */
export interface QueryCost {
  readonly timing: Timing;
  samplesTotal: number;
  samplesRead: number;
}

export function createQueryCost(): QueryCost {
  const timing: Timing = { queue: 0, preparation: 0, evaluation: 0, sorting: 0, total: 0 };
  return { timing, samplesTotal: 0, samplesRead: 0 };
}

/** A query gives way to the event loop after so long, so a scrape or another request waits no longer for it. */
const PAUSE_AFTER_MS = 20;

/** Parses a query; a `QueryReply` where its text is wrong. `signal` may end it meanwhile. */
export function prepareQuery(
  engine: Engine,
  request: QueryRequest,
  signal: CancelSignal | null = null,
): PreparedQuery | QueryReply {
  const { asked, text, kind, start, end, step, lookbackMs } = request;
  try {
    return engine.prepare(text, { kind, start, end, step, lookbackMs, asked }, lookOf(signal));
  } catch (error) {
    return failedReply(error, 'bad_data');
  }
}

/** Tells how a query would be computed. Nothing is read, so it needs no turn and counts as no query. */
export function explainQuery(
  engine: Engine,
  query: PreparedQuery,
  withoutPasses: readonly string[] = [],
  signal: CancelSignal | null = null,
): QueryReply {
  try {
    return explanationReply(engine.explain(query, new Set(withoutPasses), lookOf(signal)));
  } catch (error) {
    return failedReply(error, 'internal');
  }
}

function lookOf(signal: CancelSignal | null): () => void {
  return () => {
    if (signal !== null) checkWanted(signal);
  };
}

function explanationReply(
  explanation: Explanation,
  notes: ReturnType<Annotations['render']> | null = null,
): QueryReply {
  const answer: Record<string, unknown> = { status: 'success', data: explanation };
  if (notes !== null && notes.warnings.length > 0) answer['warnings'] = notes.warnings;
  if (notes !== null && notes.infos.length > 0) answer['infos'] = notes.infos;
  return { ok: true, form: 'json', body: new TextEncoder().encode(JSON.stringify(answer)) };
}

/**
 * Runs a query on the calling thread. Failures are replies; rejects only with `TooMuchWork`, and with `NotResident` of a
 * queryable that throws it.
 */
export async function executeQuery(
  executor: QueryExecutor,
  query: PreparedQuery,
  request: QueryRequest,
  execution: QueryExecution,
): Promise<QueryReply> {
  try {
    return await answer(executor, query, request, execution);
  } catch (error) {
    if (error instanceof TooMuchWork || error instanceof NotResident) throw error;
    return failedReply(error, 'internal');
  }
}

/** A failed query gives no annotations, like the reference; bytes that are no UTF-8 come out as U+FFFD. */
export function failedReply(error: unknown, other: QueryErrorType): QueryReply {
  const message = (error instanceof Error ? error.message : String(error)).toWellFormed();
  return { ok: false, errorType: errorTypeOf(error, other), message, warnings: [], infos: [] };
}

async function answer(
  { engine, clock, perStepStats, blocks }: QueryExecutor,
  query: PreparedQuery,
  { form, limit, stats, text, timeoutMs, withoutPasses }: QueryRequest,
  { queryable, signal, pause, cost, workMax }: QueryExecution,
): Promise<QueryReply> {
  const annotations = new Annotations();
  const countSteps = perStepStats && stats === 'all';
  const exactCounts = stats !== null && stats !== '';
  const runOptions = {
    timeoutMs,
    signal,
    pause,
    pauseAfterMs: PAUSE_AFTER_MS,
    countSteps,
    exactCounts,
    ...(workMax === undefined ? {} : { workMax }),
  };
  const note = (outcome: QueryOutcome) => {
    Object.assign(cost.timing, outcome.timings);
    cost.samplesTotal = outcome.counts.total;
    cost.samplesRead = outcome.counts.read;
  };
  if (form === 'analyze') {
    const without = new Set(withoutPasses);
    const { explanation, outcome } = await engine.analyze(query, queryable, annotations, runOptions, without);
    note(outcome);
    return explanationReply(explanation, annotations.render(text));
  }
  if (form === 'columns') {
    const sink = new ColumnSink();
    note(await engine.run(query, queryable, sink, annotations, runOptions));
    return { ok: true, form: 'columns', series: columnSeries(sink), ...annotations.render(text) };
  }
  const sink = new JsonSink(limit, blocks);
  const began = clock.monotonic();
  let outcome: QueryOutcome;
  try {
    outcome = await engine.run(query, queryable, sink, annotations, runOptions);
  } catch (error) {
    sink.drop();
    throw error;
  }
  note(outcome);
  cost.timing.total = cost.timing.queue + (clock.monotonic() - began) / 1000;
  if (sink.isTruncated) annotations.plainWarning('results truncated due to limit');
  if (stats !== null && stats !== '' && stats !== 'true' && stats !== 'all') {
    annotations.plainWarning(statsWarning(stats));
  }
  const { warnings, infos } = annotations.render(text);
  const statsText = stats === null || stats === '' ? null : statsJson(cost.timing, outcome);
  return { ok: true, form: 'json', body: sink.finish(statsText, warnings, infos, () => checkWanted(signal)) };
}

/** What a rule gets: a scalar counts as a series without labels. */
function columnSeries(sink: ColumnSink): ColumnSeries[] {
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

function errorTypeOf(error: unknown, other: QueryErrorType): QueryErrorType {
  if (error instanceof QueryError) return error.kind;
  if (error instanceof EvaluationError || error instanceof RegexSyntaxError) return 'execution';
  if (error instanceof HistogramTooLarge) return 'execution';
  if (error instanceof PromqlSyntaxError || error instanceof PlanError) return 'bad_data';
  return other;
}
