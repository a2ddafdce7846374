import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PoolRunner, PoolRunnerOptions } from '../../src/query/pool/pool-runner.ts';
import type { QueryReply, QueryRequest } from '../../src/query/runner.ts';
import { type Clock, systemClock } from '../../src/std/clock.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { appendSamples, createPoolRunner, openMemoryDatabase, REQUEST } from './query-support.ts';

/** Some half a second of work, in pieces of some hundred microseconds. */
const LONG: Partial<QueryRequest> = {
  text: sums(300),
  kind: 'range',
  start: 0,
  end: 3_000_000,
  step: 1000,
};

describe('PoolRunner', () => {
  let database: Database;
  let runner: PoolRunner;
  /** Texts of queries as they begin, and how many run. */
  let begun: string[] = [];
  let active = 0;
  let activeMost = 0;

  beforeAll(async () => {
    database = await openMemoryDatabase();
    appendSamples(database, [[{ __name__: 'm' }, 60_000, 1]]);
  });

  afterEach(() => runner.close());
  afterAll(() => database.close());

  function start(options: Partial<PoolRunnerOptions>): void {
    begun = [];
    active = 0;
    activeMost = 0;
    const begin = (text: string) => {
      begun.push(text);
      activeMost = Math.max(activeMost, ++active);
      return () => {
        active--;
      };
    };
    runner = createPoolRunner(database, { begin, ...options });
  }

  function run(request: Partial<QueryRequest>, signal = new AbortController().signal): Promise<QueryReply> {
    return runner.run({ ...REQUEST, ...request }, signal);
  }

  /** The names of queries in the order in which they are done. */
  async function ends(queries: Readonly<Record<string, Promise<QueryReply>>>): Promise<string[]> {
    const order: string[] = [];
    await Promise.all(
      Object.entries(queries).map(async ([name, reply]) => {
        expect(await reply).toMatchObject({ ok: true });
        order.push(name);
      }),
    );
    return order;
  }

  it('runs as many queries at once as it may, and no more', async () => {
    start({ concurrencyMax: 2, threadsMax: 1 });
    await Promise.all(Array.from({ length: 8 }, () => run({ text: 'sum(m offset 1ms) + sum(m)' })));
    expect(begun).toHaveLength(8);
    expect(activeMost).toBe(2);
    expect(active).toBe(0);
  });

  it('lets those that wait in by turn, rules first', async () => {
    start({ concurrencyMax: 1 });
    const texts = ['m + 1', 'm + 2'].map((text) => run({ text }));
    const waiting = [run({ text: 'm + 3' }), run({ text: 'm + 4', priority: 'rule' }), run({ text: 'm + 5' })];
    await Promise.all([...texts, ...waiting]);
    expect(begun).toEqual(['m + 1', 'm + 4', 'm + 2', 'm + 3', 'm + 5']);
  });

  it('lets a waiting query go that is canceled, or waits too long, and none else', async () => {
    start({ concurrencyMax: 1 });
    const abort = new AbortController();
    const first = run(LONG);
    const late = run({ text: 'm + 1', timeoutMs: 1 });
    const canceled = run({ text: 'm + 2' }, abort.signal);
    const last = run({ text: 'm + 3' });
    abort.abort();
    expect(await late).toMatchObject({ ok: false, errorType: 'timeout', message: 'query timed out in query queue' });
    expect(await canceled).toMatchObject({ ok: false, errorType: 'canceled' });
    expect((await first).ok).toBe(true);
    expect((await last).ok).toBe(true);
    expect(begun).toEqual([LONG.text, 'm + 3']);
  });

  it('counts the time in the queue to the time that a query may take', async () => {
    let now = 0;
    const delays: number[] = [];
    const clock: Clock = {
      now: () => systemClock.now(),
      monotonic: () => now,
      after: (delayMs) => {
        delays.push(delayMs);
        return () => {};
      },
    };
    start({ clock, concurrencyMax: 1 });
    const first = run({ timeoutMs: 700 });
    const second = run({ timeoutMs: 500 });
    await setImmediate();
    now = 200;
    await Promise.all([first, second]);
    // The first one's evaluation, the second one's wait, and what is left for its evaluation.
    expect(delays.toSorted((a, b) => a - b)).toEqual([300, 500, 700]);
  });

  it('starts a thread when the others have something to do, up to its limit', async () => {
    start({ concurrencyMax: 8, threadsMax: 2 });
    await run({});
    await run({});
    expect(runner.threadCount).toBe(1);
    await Promise.all([run({}), run({})]);
    expect(runner.threadCount).toBe(2);
    const more = Array.from({ length: 6 }, () => run({}));
    await setImmediate();
    expect(runner.threadCount).toBe(2);
    await Promise.all(more);
  });

  it('lets queries of one thread take turns', async () => {
    start({ threadsMax: 1 });
    await run({});
    const long = run(LONG);
    expect(await ends({ long, short: run({}) })).toEqual(['short', 'long']);
  });

  it('gives rules most of the turns of a thread', async () => {
    start({ threadsMax: 1 });
    await run({});
    // By equal turns the others, of less work, would be done first.
    const rule = { ...LONG, text: sums(450), priority: 'rule' as const };
    const order = await ends({ a: run(LONG), b: run(LONG), rule: run(rule) });
    expect(order[0]).toBe('rule');
  });
});

function sums(count: number): string {
  return Array.from({ length: count }, (_, i) => `sum(m offset ${i + 1}ms)`).join(' + ');
}
