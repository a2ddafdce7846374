import { describe, expect, test } from 'vitest';
import { loaded } from '../../test/support/ask-engine.ts';
import { fewFunctions } from '../../test/support/few-functions.ts';
import { testEngine } from '../../test/support/test-engine.ts';
import { systemClock } from '../std/clock.ts';
import type { Queryable } from '../storage/query.ts';
import { InlineRunner } from './inline-runner.ts';
import type { QueryObserver, QueryReply, QueryRequest } from './runner.ts';

const storage = loaded('load 1m\n  m{a="1"} 1+1x10\n  m{a="2"} 2+2x10');

const REQUEST: QueryRequest = {
  text: 'm',
  kind: 'instant',
  start: 60_000,
  end: 60_000,
  step: 0,
  lookbackMs: 300_000,
  timeoutMs: 10_000,
  limit: 0,
  stats: null,
  priority: 'interactive',
  form: 'json',
};

function createRunner(queryable: Queryable = storage, observer: QueryObserver | null = null): InlineRunner {
  const engine = testEngine({
    samplesMax: 1000,
    functions: fewFunctions,
  });
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  return new InlineRunner({
    engine,
    queryable,
    clock: systemClock,
    concurrencyMax: 2,
    perStepStats: true,
    pause,
    observer,
  });
}

function run(request: Partial<QueryRequest>, queryable?: Queryable): Promise<QueryReply> {
  return createRunner(queryable).run({ ...REQUEST, ...request }, new AbortController().signal);
}

async function body(request: Partial<QueryRequest>): Promise<ReturnType<typeof JSON.parse>> {
  const reply = await run(request);
  if (!reply.ok || reply.form !== 'json') throw new Error(`no body: ${JSON.stringify(reply)}`);
  return JSON.parse(Buffer.from(reply.body).toString());
}

describe('InlineRunner', () => {
  test('answers with the whole response', async () => {
    expect(await body({ text: 'sum(m)' })).toEqual({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [60, '6'] }] },
    });
  });

  test('answers rules with columns; a scalar is a series without labels', async () => {
    const reply = await run({ text: '1 + 1', form: 'columns' });
    if (!reply.ok || reply.form !== 'columns') throw new Error('no columns');
    expect(reply.series).toHaveLength(1);
    expect(reply.series[0]!.labels.size).toBe(0);
    expect(reply.series[0]!.column.values[0]).toBe(2);
    expect(await run({ text: '"text"', form: 'columns' })).toMatchObject({ ok: false, errorType: 'execution' });
  });

  test.each([
    ['m{', 'bad_data', '1:3: parse error: unexpected end of input inside braces'],
    ['m[1m - step()]', 'bad_data', null],
    ['rate(m[1m])', 'execution', 'rate is not supported yet'],
    ['m + on () m', 'execution', null],
  ])('%s is a reply of type %s', async (text, errorType, message) => {
    const range = text.startsWith('m[') ? { kind: 'range' as const, end: 120_000, step: 60_000 } : {};
    const reply = await run({ text, ...range });
    expect(reply).toMatchObject({ ok: false, errorType });
    if (message !== null) expect(reply).toMatchObject({ message });
  });

  test('a fault of the storage is an internal error, not a rejection', async () => {
    const broken: Queryable = {
      querier: () => {
        throw new Error('disk on fire');
      },
    };
    expect(await run({}, broken)).toMatchObject({ ok: false, errorType: 'internal', message: 'disk on fire' });
  });

  test('warns where the limit cut', async () => {
    const answer = await body({ limit: 1 });
    expect(answer.data.result).toHaveLength(1);
    expect(answer.warnings).toEqual(['results truncated due to limit']);
    expect((await body({ limit: 2 })).warnings).toBeUndefined();
  });

  test('gives statistics on demand', async () => {
    const { data, warnings } = await body({ text: 'count_over_time(m[2m])', stats: 'all' });
    expect(data.stats.samples).toMatchObject({
      totalQueryableSamples: 4,
      samplesRead: 4,
      totalQueryableSamplesPerStep: [[60, 4]],
    });
    expect(Object.keys(data.stats.timings)).toEqual([
      'evalTotalTime',
      'resultSortTime',
      'queryPreparationTime',
      'innerEvalTime',
      'execQueueTime',
      'execTotalTime',
    ]);
    expect(warnings).toBeUndefined();
    expect((await body({ stats: '1' })).warnings).toEqual([
      'value "1" for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"',
    ]);
  });

  test('runs queries beside each other and tells what they cost', async () => {
    const costs: number[] = [];
    const observer: QueryObserver = {
      started() {},
      dismissed() {},
      finished: (_timing, samples) => costs.push(samples),
    };
    const runner = createRunner(storage, observer);
    const replies = await Promise.all(
      Array.from({ length: 7 }, () => runner.run(REQUEST, new AbortController().signal)),
    );
    expect(replies.every((reply) => reply.ok)).toBe(true);
    expect(costs).toEqual(Array(7).fill(2));
  });
});
