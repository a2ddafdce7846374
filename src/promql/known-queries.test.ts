import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryPromql } from '../../test/support/arbitrary-promql.ts';
import { loaded } from '../../test/support/ask-engine.ts';
import { testEngine } from '../../test/support/test-engine.ts';
import type { Engine } from './engine.ts';
import type { QueryParameters } from './query-planner.ts';
import { ColumnSink } from './result.ts';
import { Annotations } from './steps/annotations.ts';

const storage = loaded('load 30s\n  up{job="x"} 0+1x60\n  up{job="y"} 5x60\n  http_requests_total{job="x"} 0+7x60');
let subqueryStepMs = 60_000;

function createEngine(): Engine {
  return testEngine({
    samplesMax: 100_000,
    defaultSubqueryStepMs: () => subqueryStepMs,
  });
}

async function ask(engine: Engine, text: string, parameters: QueryParameters, exactCounts = false): Promise<unknown> {
  const annotations = new Annotations();
  const sink = new ColumnSink();
  const { signal } = new AbortController();
  const options = { timeoutMs: 10_000, signal, pause: () => Promise.resolve(), pauseAfterMs: 1000, countSteps: false };
  try {
    const query = engine.prepare(text, parameters);
    const { counts } = await engine.run(query, storage, sink, annotations, { ...options, exactCounts });
    return { sink, total: counts.total, ...annotations.render(text) };
  } catch (error) {
    return (error as Error).message;
  }
}

const moments = fc
  .tuple(
    fc.boolean(),
    fc.constantFrom(600_000, 900_000),
    fc.constantFrom(60_000, 300_000),
    fc.constantFrom(30_000, 45_000),
  )
  .map(([isRange, start, length, step]): QueryParameters => {
    if (!isRange) return { kind: 'instant', start, end: start, step: 0, lookbackMs: 300_000 };
    return { kind: 'range', start, end: start + length, step, lookbackMs: 300_000 };
  });

test('an engine that knows a text answers as one that does not', async () => {
  const knowing = createEngine();
  await fc.assert(
    fc.asyncProperty(arbitraryPromql, fc.array(moments, { minLength: 2, maxLength: 4 }), async (text, times) => {
      for (const [i, parameters] of times.entries()) {
        const exact = i % 3 === 2;
        subqueryStepMs = 30_000 + 30_000 * (i % 2);
        expect(await ask(knowing, text, parameters, exact)).toEqual(await ask(createEngine(), text, parameters, exact));
      }
    }),
    { numRuns: 300 },
  );
});

test('plans of a known text follow its times and the configuration', async () => {
  const engine = createEngine();
  const at = (start: number): QueryParameters => ({ kind: 'instant', start, end: start, step: 0, lookbackMs: 300_000 });
  const value = async (text: string, start: number) => {
    const { sink } = (await ask(engine, text, at(start))) as { sink: ColumnSink };
    return sink.series[0]?.column.values[0];
  };
  expect([await value('up{job="x"} @ end()', 600_000), await value('up{job="x"} @ end()', 900_000)]).toEqual([20, 30]);
  const inner = 'count_over_time(up{job="x"}[5m:])';
  subqueryStepMs = 60_000;
  expect(await value(inner, 900_000)).toBe(5);
  subqueryStepMs = 30_000;
  expect(await value(inner, 900_000)).toBe(10);
});

test('functions of the query tell the times that were asked for, and durations go by them', async () => {
  const engine = createEngine();
  const times = { kind: 'range', start: -8_446_744_073_709, end: -8_446_744_063_709, step: 1000 } as const;
  const asked = { start: 1e13, end: 1e13 + 10_000, range: 10.0001, step: 1.0005 };
  const value = async (text: string, parameters: Partial<QueryParameters>) => {
    const { sink } = (await ask(engine, text, { ...times, lookbackMs: 300_000, ...parameters }, false)) as {
      sink: ColumnSink;
    };
    return sink.series[0]?.column.values[0];
  };
  const told = (parameters: Partial<QueryParameters>) =>
    Promise.all(['start()', 'end()', 'range()', 'step()'].map((text) => value(text, parameters)));
  expect(await told({})).toEqual([-8_446_744_073.709, -8_446_744_063.709, 10, 1]);
  expect(await told({ asked })).toEqual([1e10, 1e10 + 10, 10.0001, 1.0005]);
  expect(await told({})).toEqual([-8_446_744_073.709, -8_446_744_063.709, 10, 1]);
  const steps = 'count_over_time(vector(1)[step() * 1000:1s])';
  expect([await value(steps, {}), await value(steps, { asked })]).toEqual([1000, 1001]);
});
