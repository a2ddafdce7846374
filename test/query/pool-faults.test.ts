import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PoolRunner, PoolRunnerOptions } from '../../src/query/pool/pool-runner.ts';
import type { QueryReply, QueryRequest } from '../../src/query/runner.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { appendSamples, createPoolRunner, openMemoryDatabase, REQUEST, SETTINGS } from './query-support.ts';

const FAULTY = new URL('./faulty-worker.ts', import.meta.url);

/** Runs for a second or two, by turns. */
const LONG: Partial<QueryRequest> = {
  text: 'sum(count_over_time(m[10m:10ms]))',
  kind: 'range',
  start: 0,
  end: 1_000_000,
  step: 1000,
};

describe('PoolRunner', () => {
  let database: Database;
  let runner: PoolRunner;

  beforeAll(async () => {
    database = await openMemoryDatabase();
    appendSamples(database, [[{ __name__: 'm' }, 60_000, 1]]);
  });

  afterEach(async () => {
    await runner.close();
    expect(database.stats().head.readers).toBe(0);
  });

  afterAll(() => database.close());

  function start(options: Partial<PoolRunnerOptions> = {}): void {
    runner = createPoolRunner(database, {
      entry: FAULTY,
      threadsMax: 1,
      graceMs: 500,
      heapMegabytesMax: 512,
      ...options,
    });
  }

  function run(request: Partial<QueryRequest>, signal = new AbortController().signal): Promise<QueryReply> {
    return runner.run({ ...REQUEST, ...request }, signal);
  }

  it('ends a thread that a query holds; what it had besides is run again', async () => {
    start();
    const long = run(LONG);
    await sleep(500);
    const stuck = run({ text: 'spin', timeoutMs: 300 });
    expect(await stuck).toMatchObject({
      ok: false,
      errorType: 'timeout',
      message: 'query timed out in expression evaluation',
    });
    expect((await long).ok).toBe(true);
    expect((await run({})).ok).toBe(true);
    expect(runner.threadCount).toBe(1);
  });

  it('blames the query that holds the thread, not the one that can not end because of it', async () => {
    start();
    const abort = new AbortController();
    await run({});
    const hanging = run({ text: 'hang' }, abort.signal);
    const stuck = run({ text: 'spin', timeoutMs: 60_000 });
    await sleep(1000);
    abort.abort();
    expect(await hanging).toMatchObject({ ok: false, errorType: 'canceled' });
    expect(await stuck).toMatchObject({
      ok: false,
      errorType: 'execution',
      message: expect.stringContaining('held its thread'),
    });
    expect((await run({})).ok).toBe(true);
  });

  it('loses only the query that takes all memory', async () => {
    start();
    const others = [run(LONG), run(LONG)];
    await sleep(500);
    const large = await run({ text: 'outgrow' });
    expect(large).toMatchObject({
      ok: false,
      errorType: 'execution',
      message: 'query needs too much memory: its thread ended at 512 MiB',
    });
    for (const other of others) expect((await other).ok).toBe(true);
    expect((await run({})).ok).toBe(true);
    expect(runner.threadCount).toBe(1);
  });

  it('fails a query that uses more than its thread may, and goes on with the thread', async () => {
    start({ settings: { ...SETTINGS, memoryBytesMax: 100_000_000 } });
    for (let i = 0; i < 3000; i++) appendSamples(database, [[{ __name__: 'wide', i: `${i}` }, 60_000, i]]);
    const wide = {
      text: 'wide',
      kind: 'range' as const,
      start: 0,
      end: 11_000_000,
      step: 1000,
      lookbackMs: 20_000_000,
    };
    const reply = await run(wide);
    expect(reply).toMatchObject({ ok: false, errorType: 'execution' });
    expect(reply).toMatchObject({
      message: expect.stringMatching(/its thread uses \d+ bytes, the limit is 100000000 bytes/),
    });
    expect((await run({ ...wide, end: 300_000 })).ok).toBe(true);
  });

  it('loses only the query with which the thread dies', async () => {
    start({ threadsMax: 2 });
    expect((await run({})).ok).toBe(true);
    const replies = await Promise.all(['m', 'die', 'm', 'die', 'm'].map((text) => run({ text })));
    expect(replies.map(({ ok }) => ok)).toEqual([true, false, true, false, true]);
    expect(replies[1]).toMatchObject({ errorType: 'internal', message: expect.stringContaining('thread') });
  });

  it('fails what runs when it is closed, and what comes later', async () => {
    start();
    const long = run(LONG);
    await sleep(300);
    await runner.close();
    expect(await long).toMatchObject({ ok: false, errorType: 'canceled' });
    expect(await run({})).toMatchObject({ ok: false, errorType: 'canceled' });
  });
});
