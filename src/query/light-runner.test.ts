import { describe, expect, test } from 'vitest';
import { loaded } from '../../test/support/ask-engine.ts';
import { testEngine } from '../../test/support/test-engine.ts';
import { TooMuchWork } from '../promql/exec/too-much-work.ts';
import { systemClock } from '../std/clock.ts';
import { NotResident } from '../tsdb/not-resident.ts';
import { LightRunner } from './light-runner.ts';
import type { QueryReply, QueryRequest } from './runner.ts';

const many = Array.from({ length: 300 }, (_, i) => `  many{i="${i}"} 0+1x10`).join('\n');
const storage = loaded(`load 1m\n  m{a="1"} 1+1x10\n  m{a="2"} 2+2x10\n${many}`);
/** By a clock that stands no turn of the event loop takes long. */
const clock = { ...systemClock, monotonic: () => 0 };
const HEAVY: QueryReply = { ok: true, form: 'json', body: new Uint8Array([1]) };

const REQUEST: QueryRequest = {
  text: 'm',
  kind: 'instant',
  start: 600_000,
  end: 600_000,
  step: 0,
  lookbackMs: 300_000,
  timeoutMs: 10_000,
  limit: 0,
  stats: null,
  priority: 'interactive',
  form: 'json',
};

interface Ran {
  readonly reply: QueryReply;
  readonly heavy: number;
  /** Started, finished, dismissed. */
  readonly observed: readonly number[];
}

async function run(
  request: Partial<QueryRequest>,
  isResident: boolean | (() => boolean) = true,
  times = 1,
  stored = storage,
): Promise<Ran> {
  let heavy = 0;
  const observed = [0, 0, 0];
  const runner = new LightRunner({
    engine: testEngine({
      samplesMax: 100_000,
      clock,
    }),
    residentQuerier: (range) => {
      if (!(typeof isResident === 'function' ? isResident() : isResident)) throw new NotResident('not now');
      return stored.querier(range);
    },
    clock,
    perStepStats: true,
    pause: () => Promise.resolve(),
    observer: {
      started: () => observed[0]!++,
      finished: () => observed[1]!++,
      dismissed: () => observed[2]!++,
    },
    heavy: {
      run: async () => {
        heavy++;
        return HEAVY;
      },
    },
  });
  const ask = () => runner.run({ ...REQUEST, ...request }, new AbortController().signal);
  let reply = await ask();
  for (let i = 1; i < times; i++) reply = await ask();
  return { reply, heavy, observed };
}

const range = { kind: 'range', start: 0, end: 600_000, step: 60_000 } as const;

describe('LightRunner', () => {
  test.each<[string, Partial<QueryRequest>]>([
    ['one series', { text: 'm{a="1"}' }],
    ['a range of few steps', { text: 'sum(rate(m[2m]))', ...range }],
    ['a number', { text: '1 + 1' }],
    ['a rule', { text: 'sum(many)', form: 'columns' }],
  ])('runs %s at once', async (_, request) => {
    const { reply, heavy, observed } = await run(request);
    expect(reply).toMatchObject({ ok: true });
    expect(heavy).toBe(0);
    expect(observed).toEqual([1, 1, 0]);
  });

  test('hands on what turns out to be far more than its series and times let expect', async () => {
    const dense = loaded(`load 1ms\n  dense 0+1x90000`);
    const request = { text: 'quantile_over_time(0.5, dense[40s])', ...range, end: 90_000, step: 1000 };
    expect(await run(request, true, 1, dense)).toMatchObject({ heavy: 1, observed: [1, 0, 1] });
    expect(await run({ ...request, end: 0 }, true, 1, dense)).toMatchObject({ heavy: 0 });
  });

  test('answers with the whole response', async () => {
    const { reply } = await run({ text: 'sum(m)' });
    if (!reply.ok || reply.form !== 'json') throw new Error('no body');
    expect(JSON.parse(Buffer.from(reply.body).toString())).toEqual({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [600, '33'] }] },
    });
  });

  test.each<[string, Partial<QueryRequest>, boolean]>([
    ['many series over many steps', { text: 'rate(many[2m])', ...range, step: 5_000 }, true],
    ['an inner grid of many steps', { text: 'max_over_time(vector(1)[1d:1s])' }, true],
    ['many operators over many series', { text: Array(80).fill('many').join(' + ') }, true],
    ['what selects while it runs', { text: 'info(m)' }, true],
    ['what is not in memory', { text: 'm' }, false],
    ['a query to be analyzed', { text: 'm', form: 'analyze' }, true],
  ])('hands %s on, and nothing was counted', async (_, request, isResident) => {
    const { reply, heavy, observed } = await run(request, isResident);
    expect(reply).toBe(HEAVY);
    expect(heavy).toBe(1);
    expect(observed[0]).toBe(observed[2]);
    expect(observed[1]).toBe(0);
  });

  test('does not look at every repetition of what is too much', async () => {
    const { heavy, observed } = await run({ text: 'rate(many[2m])', ...range, step: 5_000 }, true, 20);
    expect(heavy).toBe(20);
    expect(observed).toEqual([2, 0, 2]);
  });

  test('looks again soon at what something else may have held', async () => {
    let looks = 0;
    const isHeld = () => {
      if (++looks === 1) throw new TooMuchWork('20 ms', true);
      return true;
    };
    expect((await run({ text: 'm' }, isHeld, 20)).heavy).toBe(3);
  });

  test('looks again soon at what was not in memory, and less often where it stays away', async () => {
    let looks = 0;
    expect((await run({ text: 'm' }, () => ++looks > 1, 20)).heavy).toBe(3);
    expect(looks).toBe(18);
    looks = 0;
    expect((await run({ text: 'm' }, () => ++looks < 0, 40)).heavy).toBe(40);
    // The 1st, 4th, 9th, 18th and 34th time.
    expect(looks).toBe(5);
    looks = 0;
    // It was there in between.
    expect((await run({ text: 'm' }, () => ++looks !== 1 && looks !== 3, 9)).heavy).toBe(6);
  });

  test('words mistakes itself', async () => {
    const { reply, heavy, observed } = await run({ text: 'm{' });
    expect(reply).toMatchObject({ ok: false, errorType: 'bad_data' });
    expect([heavy, ...observed]).toEqual([0, 0, 0, 0]);
    expect((await run({ text: 'm + on () m' })).reply).toMatchObject({ ok: false, errorType: 'execution' });
    expect((await run({ text: 'm', form: 'explain' })).reply).toMatchObject({ ok: true, form: 'json' });
  });
});
