import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type AskOptions, type AskTimes, askEngine, loaded } from '../../test/support/ask-engine.ts';
import { testEngine } from '../../test/support/test-engine.ts';
import type { Clock } from '../std/clock.ts';
import { collectGarbage } from '../std/collect-garbage.ts';
import { PASSES } from './plan/passes/passes.ts';
import type { QueryParameters } from './query-planner.ts';
import { CountingSink } from './result.ts';
import { Annotations } from './steps/annotations.ts';

const storage = loaded(`load 1m
  requests{job="a", pod="1"} 0+10x10
  requests{job="a", pod="2"} 5 _ 15 stale 25 _x6
  requests{job="b", pod="3"} 100x10
  limit{job="a"} 50x10
  limit{job="b"} 90x10`);

const EVERY_MINUTE = { start: 0, end: 240, step: 60 };

async function series(
  text: string,
  times: AskTimes,
  options: AskOptions = {},
): Promise<Readonly<Record<string, string>>> {
  return (await askEngine(text, times, { queryable: storage, ...options })).series;
}

describe('selectors', () => {
  test('look back to the newest sample, but not beyond a stale marker', async () => {
    expect(await series('requests{pod="2"}', EVERY_MINUTE)).toEqual({
      '{__name__="requests", job="a", pod="2"}': '5 5 15 _ 25',
    });
  });

  test('leave out a sample exactly one lookback old', async () => {
    expect(await series('requests{pod="1"}', { at: 899.999 })).toEqual({
      '{__name__="requests", job="a", pod="1"}': '100',
    });
    expect(await series('requests{pod="1"}', { at: 900 })).toEqual({});
  });

  test('go by offset, negative offset and @', async () => {
    expect(await series('requests{pod="1"} offset 1m', { at: 180 })).toEqual({
      '{__name__="requests", job="a", pod="1"}': '20',
    });
    expect(await series('requests{pod="1"} offset -1m', { at: 180 })).toEqual({
      '{__name__="requests", job="a", pod="1"}': '40',
    });
    expect(await series('requests{pod="1"} @ 120 offset 1m', EVERY_MINUTE)).toEqual({
      '{__name__="requests", job="a", pod="1"}': '10 10 10 10 10',
    });
    expect(await series('requests{pod="1"} @ end()', EVERY_MINUTE)).toEqual({
      '{__name__="requests", job="a", pod="1"}': '40 40 40 40 40',
    });
  });

  test('a range selector alone gives raw samples without stale markers', async () => {
    expect(await series('requests{pod="2"}[5m]', { at: 240 })).toEqual({
      '{__name__="requests", job="a", pod="2"}': '5@0 15@120 25@240',
    });
  });

  test('windows are open on the left', async () => {
    expect(await series('count_over_time(requests{pod="1"}[2m])', EVERY_MINUTE)).toEqual({
      '{job="a", pod="1"}': '1 2 2 2 2',
    });
  });
});

describe('subqueries', () => {
  test('run on multiples of their step, wherever the query begins', async () => {
    expect(await series('sum_over_time(requests{pod="1"}[3m:1m])', { at: 250 })).toEqual({
      '{job="a", pod="1"}': '90',
    });
    expect(await series('requests{pod="1"}[2m:1m]', { at: 250 })).toEqual({
      '{__name__="requests", job="a", pod="1"}': '30@180 40@240',
    });
  });

  test('nest', async () => {
    expect(await series('sum_over_time(sum_over_time(requests{pod="1"}[2m:1m])[2m:1m])', { at: 240 })).toEqual({
      '{job="a", pod="1"}': '120',
    });
  });

  test('lose marked names at the end too', async () => {
    const options = { delayedNameRemoval: true };
    expect(await series('(sum_over_time(requests{pod="1"}[1m]))[2m:1m]', { at: 240 }, options)).toEqual({
      '{job="a", pod="1"}': '30@180 40@240',
    });
    const equal = 'label_replace({__name__=~"requests|limit", job="b"}, "pod", "", "", "")';
    await expect(series(`(sum_over_time(${equal}[1m:1m]))[1m:1m]`, { at: 240 }, options)).rejects.toThrow(
      'vector cannot contain metrics with the same labelset',
    );
  });

  test('without any step give nothing', async () => {
    expect(await series('sum_over_time(requests[10s:1m])', { at: 230 })).toEqual({});
  });
});

describe('results', () => {
  test('a range query of a scalar is a series without labels', async () => {
    expect(await series('time() + 1', { start: 0, end: 120, step: 60 })).toEqual({ '{}': '1 61 121' });
  });

  test('an instant query of a scalar or string is just that', async () => {
    expect((await askEngine('2 ^ 3 ^ 0', { at: 0 })).sink).toMatchObject({ type: 'scalar', scalar: 2 });
    expect((await askEngine('"a\\nb"', { at: 0 })).sink).toMatchObject({ type: 'string', text: 'a\nb' });
  });

  test('calendar functions without argument take the time of the step', async () => {
    expect(await series('hour()', { start: 0, end: 7200, step: 3600 })).toEqual({ '{}': '0 1 2' });
  });

  test('sort orders an instant vector, NaN last, and warns in a range query', async () => {
    const ascending = await askEngine('sort(requests / (requests != 100))', { at: 240 }, { queryable: storage });
    expect(ascending.sink.series.map(({ column }) => column.values[0])).toEqual([1, 1]);
    const values = await askEngine('sort_desc(limit or requests)', { at: 240 }, { queryable: storage });
    expect(values.sink.series.map(({ column }) => column.values[0])).toEqual([100, 90, 50, 40, 25]);
    const range = await askEngine('sort(requests)', EVERY_MINUTE, { queryable: storage });
    expect(range.warnings).toEqual([
      'PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)',
    ]);
  });
});

describe('what can not be done', () => {
  test.each([
    ['rate(requests[5m])', 'rate is not supported yet'],
    ['1 </ 2', 'operator "</" not allowed for Scalar operations'],
    [
      'count_over_time(requests[5m] smoothed)',
      'smoothed modifier can only be used with: delta, increase, rate - not with count_over_time',
    ],
    ['count_values("", requests)', 'invalid label name ""'],
  ])('%s fails clearly', async (text, message) => {
    await expect(series(text, { at: 240 })).rejects.toThrow(message);
  });

  test('but where it is never calculated it may be written', async () => {
    expect(await series('count_over_time((sum_over_time(requests[5m] smoothed))[1s:1m] @ 90)', { at: 240 })).toEqual(
      {},
    );
  });

  test('a range query of a range vector or string is refused', async () => {
    await expect(series('requests[5m]', EVERY_MINUTE)).rejects.toThrow(
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    );
  });

  test('a power in a duration is the one that operators give', async () => {
    expect(await series('count_over_time(vector(1)[1.2^3:1ms])', { at: 240 })).toEqual({ '{}': '1728' });
  });

  test('durations that can not be are refused with their place', async () => {
    await expect(series('requests[5m - 300]', { at: 0 })).rejects.toThrow(/^\d+:\d+: duration must be greater than 0$/);
    await expect(series('requests offset (1m / step())', { at: 0 })).rejects.toThrow(/^\d+:\d+: division by zero$/);
  });
});

describe('limits', () => {
  test('too many samples end a query', async () => {
    const message = 'query processing would load too many samples into memory in query execution';
    await expect(series('requests', EVERY_MINUTE, { samplesMax: 10 })).rejects.toThrow(message);
    await expect(series('sum(requests)', EVERY_MINUTE, { samplesMax: 10 })).rejects.toThrow(message);
    expect(Object.keys(await series('requests{pod="1"}', EVERY_MINUTE, { samplesMax: 10 }))).toHaveLength(1);
  });

  test('so do too many steps of too many groups, however few samples they hold', async () => {
    const message = 'query processing would load too many samples into memory in query execution';
    const sparse = { start: 0, end: 100_000, step: 1 };
    await expect(series('sum by (pod) (requests)', sparse, { samplesMax: 100_000 })).rejects.toThrow(message);
  });

  test('the time ends a query at the next look at the clock', async () => {
    const clock = new SteppingClock(100);
    await expect(series('sum(requests)', EVERY_MINUTE, { clock, timeoutMs: 150 })).rejects.toMatchObject({
      kind: 'timeout',
      message: 'query timed out in expression evaluation',
    });
  });

  test('no time at all is over before anything is evaluated', async () => {
    const clock = new SteppingClock(100);
    const message = 'query timed out in query execution';
    for (const timeoutMs of [0, -1]) {
      await expect(series('sum(requests)', { at: 0 }, { clock, timeoutMs })).rejects.toThrow(message);
    }
  });

  test('who asked may give up', async () => {
    await expect(series('requests', { at: 0 }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'canceled',
      message: 'query was canceled in expression evaluation',
    });
  });

  test('a long query gives way between series', async () => {
    const queryable = loaded(`load 1m\n${Array.from({ length: 200 }, (_, i) => `  many{i="${i}"} 1x10`).join('\n')}`);
    let pauses = 0;
    const pause = async () => {
      pauses++;
    };
    const clock = new SteppingClock(10);
    const times = { start: 0, end: 6000, step: 1 };
    await series('sum(many) + sum(many)', times, {
      queryable,
      clock,
      pause,
      pauseAfterMs: 5,
      timeoutMs: 1e9,
      samplesMax: 1e7,
    });
    expect(pauses).toBeGreaterThan(10);
  });
});

describe('depth', () => {
  test('10,000 operators in a row need no deep stack', async () => {
    const scalars = Array(10_000).fill('1').join(' + ');
    expect((await askEngine(scalars, { at: 0 })).sink.scalar).toBe(10_000);
    const vectors = Array(3000).fill('limit{job="a"}').join(' + ');
    expect(await series(vectors, { at: 240 })).toEqual({ '{job="a"}': '150000' });
  });

  test('nor do as many levels as the parser takes', async () => {
    expect(await series(`${'-'.repeat(399)}limit{job="a"}`, { at: 240 })).toEqual({ '{job="a"}': '-50' });
    const nested = `${'abs('.repeat(400)}limit{job="a"}${')'.repeat(400)}`;
    expect(await series(nested, { at: 240 })).toEqual({ '{job="a"}': '50' });
  });
});

describe('statistics', () => {
  test('count what every step looked at, and what was read', async () => {
    const { outcome } = await askEngine('sum(count_over_time(requests{pod="1"}[2m]))', EVERY_MINUTE, {
      queryable: storage,
      countSteps: true,
    });
    const { counts } = outcome;
    expect(counts.total).toBe(9);
    expect(counts.read).toBe(5);
    expect([...counts.totalPerStep!]).toEqual([1, 2, 2, 2, 2]);
    expect([...counts.readPerStep!]).toEqual([1, 1, 1, 1, 1]);
  });

  test('count a part that never changes on every step, but read it once', async () => {
    const { outcome } = await askEngine('limit @ 60', EVERY_MINUTE, { queryable: storage, countSteps: true });
    expect(outcome.counts.total).toBe(10);
    expect(outcome.counts.read).toBe(2);
  });
});

/** Every look at it takes `stepMs`. */
class SteppingClock implements Clock {
  readonly #stepMs: number;
  #time = 0;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  now(): number {
    return this.monotonic();
  }

  monotonic(): number {
    this.#time += this.#stepMs;
    return this.#time;
  }

  after(): () => void {
    return () => {};
  }
}

const engine = testEngine({
  samplesMax: 1000,
});
const AT_ZERO: QueryParameters = { kind: 'instant', start: 0, end: 0, step: 0, lookbackMs: 300_000 };

test('explaining looks after each pass whether it is still wanted', () => {
  let looks = 0;
  engine.explain(engine.prepare('requests', AT_ZERO), new Set(), () => looks++);
  expect(looks).toBeGreaterThan(2 * PASSES.length);
});

test('an engine keeps nothing of a query that is over', async () => {
  const succeeded = new WeakRef(await answer('sum by (pod) (requests)'));
  const failed = new WeakRef(await answer('label_replace(requests, "pod", "1", "", "")'));
  await setImmediate();
  collectGarbage();
  expect([succeeded.deref(), failed.deref()]).toEqual([undefined, undefined]);
});

/** Where an answer went, or would have gone. */
async function answer(text: string): Promise<CountingSink> {
  const sink = new CountingSink();
  const signal = { aborted: false, reason: undefined };
  const pause = () => Promise.resolve();
  const limits = { timeoutMs: 10_000, signal, pause, pauseAfterMs: 100, countSteps: false };
  await engine.run(engine.prepare(text, AT_ZERO), storage, sink, new Annotations(), limits).catch(() => {});
  return sink;
}
