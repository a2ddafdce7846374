import type { QueryOutcome } from '../../src/promql/engine.ts';
import type { FunctionRegistry } from '../../src/promql/functions/contracts.ts';
import { ColumnSink } from '../../src/promql/result.ts';
import { MemoryQueryable } from '../../src/promql/script/memory-queryable.ts';
import { parsePromqlScript } from '../../src/promql/script/promql-script.ts';
import { Annotations } from '../../src/promql/steps/annotations.ts';
import { type Clock, systemClock } from '../../src/std/clock.ts';
import type { Queryable } from '../../src/storage/query.ts';
import { fewFunctions } from './few-functions.ts';
import { testEngine } from './test-engine.ts';

const NO_TIME = { start: 0, end: 0, step: 0 };

export interface AskOptions {
  readonly queryable?: Queryable;
  readonly samplesMax?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly pauseAfterMs?: number;
  readonly pause?: () => Promise<void>;
  readonly clock?: Clock;
  readonly functions?: FunctionRegistry;
  readonly delayedNameRemoval?: boolean;
  readonly countSteps?: boolean;
}

/** Times in seconds, as tests write them. */
export type AskTimes =
  | { readonly at: number }
  | { readonly start: number; readonly end: number; readonly step: number };

export interface Asked {
  readonly sink: ColumnSink;
  readonly outcome: QueryOutcome;
  /** `{labels}` -> `value` or `_` for each step, joined by spaces; raw series as `value@seconds`. */
  readonly series: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** A storage with the series of `load` lines as the conformance scripts have them: `load 1m`, then one series a line. */
export function loaded(script: string): MemoryQueryable {
  const queryable = new MemoryQueryable();
  for (const command of parsePromqlScript(script)) {
    if (command.kind === 'load') for (const series of command.series) queryable.append(series);
  }
  return queryable;
}

/** Asks the engine once. Rejects with its errors. */
export async function askEngine(text: string, times: AskTimes, options: AskOptions = {}): Promise<Asked> {
  const clock = options.clock ?? systemClock;
  const engine = testEngine({
    samplesMax: options.samplesMax ?? 1_000_000,
    features: {
      delayedNameRemoval: options.delayedNameRemoval ?? false,
      useStartTimestamps: false,
      typeAndUnitLabels: false,
    },
    functions: options.functions ?? fewFunctions,
    clock,
  });
  const instant = 'at' in times;
  const query = engine.prepare(text, {
    kind: instant ? 'instant' : 'range',
    ...NO_TIME,
    ...(instant
      ? { start: 1000 * times.at, end: 1000 * times.at }
      : { start: 1000 * times.start, end: 1000 * times.end, step: 1000 * times.step }),
    lookbackMs: 300_000,
  });
  const annotations = new Annotations();
  const sink = new ColumnSink();
  const outcome = await engine.run(query, options.queryable ?? new MemoryQueryable(), sink, annotations, {
    timeoutMs: options.timeoutMs ?? 10_000,
    signal: options.signal ?? new AbortController().signal,
    pause: options.pause ?? (() => Promise.resolve()),
    pauseAfterMs: options.pauseAfterMs ?? 1000,
    countSteps: options.countSteps ?? false,
  });
  return { sink, outcome, series: seriesTexts(sink), ...annotations.render(text) };
}

function seriesTexts(sink: ColumnSink): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { labels, column } of sink.series) {
    texts[String(labels)] = Array.from(column.values, (value, i) =>
      column.present[i] === 0 ? '_' : number(value),
    ).join(' ');
  }
  for (const { labels, samples } of sink.rawSeries) {
    const points = Array.from(samples.times, (time, i) => `${number(samples.values[i]!)}@${time / 1000}`);
    texts[String(labels)] = points.join(' ');
  }
  return texts;
}

function number(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
