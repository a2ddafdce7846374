import { compareLabels } from '../../model/labels.ts';
import type { Clock } from '../../std/clock.ts';
import { Engine } from '../engine.ts';
import type { FunctionRegistry } from '../functions/contracts.ts';
import { ColumnSink } from '../result.ts';
import { Annotations } from '../steps/annotations.ts';
import { ALL_PARSER_OPTIONS } from '../syntax/options.ts';
import type { Evaluate } from './run-promql-script.ts';
import type { ResultPoint, ResultSeries, ScriptValue } from './script-result.ts';

/** The settings that the scripts were written for: every feature on, 10,000 samples, subqueries of 1m, look-back of 5m. */
const SAMPLES_MAX = 10_000;
const LOOKBACK_MS = 300_000;

/** The engine with these functions, without the named passes, as the script runner asks it. */
export function scriptEngine(
  functions: FunctionRegistry,
  clock: Clock,
  withoutPasses: ReadonlySet<string> = new Set(),
): Evaluate {
  const engine = new Engine({
    samplesMax: SAMPLES_MAX,
    defaultSubqueryStepMs: () => 60_000,
    parser: ALL_PARSER_OPTIONS,
    features: { delayedNameRemoval: true, useStartTimestamps: true, typeAndUnitLabels: false },
    functions,
    clock,
    withoutPasses,
  });
  const options = {
    timeoutMs: 100_000,
    signal: new AbortController().signal,
    pause: () => Promise.resolve(),
    pauseAfterMs: 1000,
    countSteps: false,
  };
  return async ({ queryable, text, ...times }) => {
    const annotations = new Annotations();
    const sink = new ColumnSink();
    try {
      const query = engine.prepare(text, { ...times, lookbackMs: LOOKBACK_MS });
      await engine.run(query, queryable, sink, annotations, options);
    } catch (error) {
      if (!(error instanceof Error) || !USER_ERRORS.has(error.name)) throw error;
      return { ok: false, message: error.message, supported: !error.message.endsWith('not supported yet') };
    }
    return { ok: true, value: scriptValueOf(sink), ...annotations.render(text) };
  };
}

/** Whatever else is thrown is a fault of the engine. */
const USER_ERRORS: ReadonlySet<string> = new Set(['PromqlSyntaxError', 'PlanError', 'QueryError', 'EvaluationError']);

function scriptValueOf(sink: ColumnSink): ScriptValue {
  switch (sink.type) {
    case 'scalar':
      return { type: 'scalar', value: sink.scalar };
    case 'string':
      return { type: 'string', value: sink.text };
    case 'vector':
      return { type: 'vector', series: seriesOf(sink) };
    case 'matrix':
      // Sorting is the duty of the sink that writes the answer; this one keeps the engine's order.
      return { type: 'matrix', series: seriesOf(sink).sort((a, b) => compareLabels(a.labels, b.labels)) };
  }
}

function seriesOf({ grid, series, rawSeries }: ColumnSink): ResultSeries[] {
  const onGrid = series.map(({ labels, column: { values, present, histograms } }) => {
    const points: ResultPoint[] = [];
    for (let i = 0; i < grid.count; i++) {
      if (present[i] === 0) continue;
      points.push({ time: grid.start + i * grid.step, value: values[i]!, histogram: histograms?.[i] ?? null });
    }
    return { labels, points };
  });
  const raw = rawSeries.map(({ labels, samples: { length, times, values, histograms } }) => ({
    labels,
    points: Array.from({ length }, (_, i) => ({
      time: times[i]!,
      value: values[i]!,
      histogram: histograms?.[i] ?? null,
    })),
  }));
  return [...onGrid, ...raw];
}
