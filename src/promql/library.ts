import type { Labels } from '../model/labels.ts';
import { systemClock } from '../std/clock.ts';
import type { Queryable } from '../storage/query.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { functionImplementations } from './functions/registry.ts';
import { ColumnSink, type ResultType } from './result.ts';
import { Annotations } from './steps/annotations.ts';
import { DEFAULT_PARSER_OPTIONS } from './syntax/options.ts';

// What the package shows as `narthex/promql`: the engine over any storage, and what is needed to write one.
export { Labels, labelsFromObject } from '../model/labels.ts';
export type { Matcher } from '../model/matcher.ts';
export { matcherPredicate } from '../model/matcher-predicate.ts';
export {
  type Querier,
  type Queryable,
  reserveSampleColumn,
  type SampleColumn,
  type SelectRequest,
  type SeriesSet,
  type TimeRange,
} from '../storage/query.ts';
export { Engine, type EngineOptions } from './engine.ts';
export { MemoryQueryable, type MemorySample, type MemorySeries } from './script/memory-queryable.ts';

/** The options of an engine as a server without flags has them, and those given. */
export function engineOptions(given: Partial<EngineOptions> = {}): EngineOptions {
  return {
    samplesMax: 50_000_000,
    defaultSubqueryStepMs: () => 60_000,
    parser: DEFAULT_PARSER_OPTIONS,
    features: { delayedNameRemoval: false, useStartTimestamps: false, typeAndUnitLabels: false },
    functions: functionImplementations,
    clock: systemClock,
    ...given,
  };
}

/** When a query is evaluated: at one time, or from `start` to `end` in steps. Milliseconds. */
export type EvaluationTimes =
  | { readonly time: number }
  | { readonly start: number; readonly end: number; readonly step: number };

export interface EvaluationLimits {
  readonly timeoutMs?: number;
  readonly lookbackMs?: number;
  readonly signal?: AbortSignal;
}

export interface Evaluation {
  readonly type: ResultType;
  /** Of a vector or matrix; a scalar or string is in `scalar` or `text`. */
  readonly series: readonly EvaluatedSeries[];
  readonly scalar: number | null;
  readonly text: string | null;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export interface EvaluatedSeries {
  readonly labels: Labels;
  /** Parallel. A histogram stands where `histograms` has one; null: there are floats only. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly histograms: ColumnSink['series'][number]['column']['histograms'];
}

/** Queries stop for the event loop after so long. */
const PAUSE_AFTER_MS = 20;

/**
 * Evaluates a query over a storage. Rejects with an error whose message is the reference's: `PromqlSyntaxError`,
 * `PlanError`, `EvaluationError` or `QueryError`.
 */
export async function evaluate(
  engine: Engine,
  queryable: Queryable,
  text: string,
  times: EvaluationTimes,
  { timeoutMs = 120_000, lookbackMs = 300_000, signal = new AbortController().signal }: EvaluationLimits = {},
): Promise<Evaluation> {
  const query = engine.prepare(
    text,
    'time' in times
      ? { kind: 'instant', start: times.time, end: times.time, step: 0, lookbackMs }
      : { kind: 'range', ...times, lookbackMs },
  );
  const sink = new ColumnSink();
  const annotations = new Annotations();
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const options = { timeoutMs, signal, pause, pauseAfterMs: PAUSE_AFTER_MS, countSteps: false };
  await engine.run(query, queryable, sink, annotations, options);
  return {
    type: sink.type,
    series: seriesOf(sink),
    scalar: sink.type === 'scalar' ? sink.scalar : null,
    text: sink.type === 'string' ? sink.text : null,
    ...annotations.render(text),
  };
}

function seriesOf({ grid, series, rawSeries }: ColumnSink): EvaluatedSeries[] {
  const onGrid = series.map(({ labels, column: { values, present, histograms } }) => {
    const steps = Array.from({ length: grid.count }, (_, step) => step).filter((step) => present[step] !== 0);
    return {
      labels,
      times: steps.map((step) => grid.start + step * grid.step),
      values: steps.map((step) => values[step]!),
      histograms: histograms === null ? null : steps.map((step) => histograms[step]),
    };
  });
  const raw = rawSeries.map(({ labels, samples: { times, values, histograms } }) => ({
    labels,
    times: [...times],
    values: [...values],
    histograms,
  }));
  return [...onGrid, ...raw];
}
