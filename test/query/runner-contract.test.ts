import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueryObserver, QueryReply, QueryRequest, QueryRunner } from '../../src/query/runner.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import {
  appendSamples,
  createInlineRunner,
  createLightRunner,
  createPoolRunner,
  openMemoryDatabase,
  REQUEST,
  readable,
} from './query-support.ts';

interface Running {
  readonly runner: QueryRunner;
  close(): Promise<void>;
}

const RUNNERS: readonly (readonly [name: string, start: (database: Database, observer: QueryObserver) => Running])[] = [
  [
    'InlineRunner',
    (database, observer) => ({ runner: createInlineRunner(database, { observer }), close: () => Promise.resolve() }),
  ],
  [
    'LightRunner before a PoolRunner',
    (database, observer) => {
      const heavy = createPoolRunner(database, { observer });
      return { runner: createLightRunner(database, heavy, observer), close: () => heavy.close() };
    },
  ],
  [
    'PoolRunner',
    (database, observer) => {
      const runner = createPoolRunner(database, { observer });
      return { runner, close: () => runner.close() };
    },
  ],
];

describe.each(RUNNERS)('%s', (_name, start) => {
  let database: Database;
  let running: Running;
  const seen = { started: 0, finished: [] as number[], dismissed: 0 };
  const observer: QueryObserver = {
    started: () => seen.started++,
    finished: (_timing, samples) => seen.finished.push(samples),
    dismissed: () => seen.dismissed++,
  };

  beforeAll(async () => {
    database = await openMemoryDatabase();
    for (let i = 0; i <= 10; i++) {
      appendSamples(database, [
        [{ __name__: 'm', a: '1' }, 60_000 * i, 1 + i],
        [{ __name__: 'm', a: 'é' }, 60_000 * i, 2 + 2 * i],
        [{ __name__: 'typed', __type__: 'counter' }, 60_000 * i, 1],
        [{ __name__: 'typed', __type__: 'gauge' }, 60_000 * i, 2],
      ]);
    }
    running = start(database, observer);
  });

  afterAll(async () => {
    await running.close();
    await database.close();
  });

  function run(request: Partial<QueryRequest>, signal = new AbortController().signal): Promise<QueryReply> {
    return running.runner.run({ ...REQUEST, ...request }, signal);
  }

  async function body(request: Partial<QueryRequest>): Promise<ReturnType<typeof JSON.parse>> {
    const reply = await run(request);
    if (!reply.ok || reply.form !== 'json') throw new Error(`no body: ${JSON.stringify(reply)}`);
    return readable(reply);
  }

  it('answers with the whole response', async () => {
    expect(await body({ text: 'm' })).toEqual({
      status: 'success',
      data: {
        resultType: 'vector',
        result: [
          { metric: { __name__: 'm', a: '1' }, value: [60, '2'] },
          { metric: { __name__: 'm', a: 'é' }, value: [60, '4'] },
        ],
      },
    });
  });

  it('answers range queries, and several selectors in one', async () => {
    const text = 'sum(m{a="1"}) + sum(m) - sum(m{a!="1"})';
    const { data } = await body({ text, kind: 'range', start: 0, end: 120_000, step: 60_000 });
    expect(data.result).toEqual([
      {
        metric: {},
        values: [
          [0, '2'],
          [60, '4'],
          [120, '6'],
        ],
      },
    ]);
  });

  it('answers rules with columns; a scalar is a series without labels', async () => {
    const vector = await run({ text: 'm * 2', form: 'columns' });
    if (!vector.ok || vector.form !== 'columns') throw new Error('no columns');
    expect(vector.series.map(({ labels, column }) => `${labels} ${column.values[0]}`).sort()).toEqual([
      '{a="1"} 4',
      '{a="é"} 8',
    ]);
    const scalar = await run({ text: '1 + 1', form: 'columns' });
    if (!scalar.ok || scalar.form !== 'columns') throw new Error('no columns');
    expect(scalar.series.map(({ labels, column }) => [labels.size, column.values[0]])).toEqual([[0, 2]]);
    expect(await run({ text: '"text"', form: 'columns' })).toMatchObject({ ok: false, errorType: 'execution' });
  });

  it('refuses series that become equal without their names, also where nobody sees their labels', async () => {
    const equal = {
      ok: false,
      errorType: 'execution',
      message: 'vector cannot contain metrics with the same labelset',
    };
    for (const text of ['abs(typed)', 'sum(abs(typed))', 'scalar(rate(typed[5m]))']) {
      expect(await run({ text })).toMatchObject(equal);
    }
    expect((await body({ text: 'sum(typed)' })).data.result).toEqual([{ metric: {}, value: [60, '3'] }]);
  });

  it('explains without running', async () => {
    const { data } = await body({ text: 'sum(m)', form: 'explain' });
    expect(data).toMatchObject({ query: 'sum(m)', selectors: [{}] });
  });

  it.each([
    ['m{', 'bad_data', '1:3: parse error: unexpected end of input inside braces'],
    ['m[1m - step()]', 'bad_data', null],
    ['m + on () m', 'execution', null],
  ])('%s is a reply of type %s', async (text, errorType, message) => {
    const range = text.startsWith('m[') ? { kind: 'range' as const, end: 120_000, step: 60_000 } : {};
    const reply = await run({ text, ...range });
    expect(reply).toMatchObject({ ok: false, errorType });
    if (message !== null) expect(reply).toMatchObject({ message });
  });

  it('warns where the limit cut', async () => {
    const answer = await body({ limit: 1 });
    expect(answer.data.result).toHaveLength(1);
    expect(answer.warnings).toEqual(['results truncated due to limit']);
    expect((await body({ limit: 2 })).warnings).toBeUndefined();
  });

  it('gives statistics on demand', async () => {
    const { data } = await body({ text: 'count_over_time(m[2m])', stats: 'all' });
    expect(data.stats.samples).toMatchObject({
      totalQueryableSamples: 4,
      samplesRead: 4,
      totalQueryableSamplesPerStep: [[60, 4]],
    });
    expect(data.stats.timings.execTotalTime).toBeGreaterThan(0);
    expect((await body({ stats: '1' })).warnings).toHaveLength(1);
  });

  it('subqueries without a step take the given one', async () => {
    const { data } = await body({ text: 'count_over_time(m{a="1"}[10m:])', start: 600_000, end: 600_000 });
    expect(data.result[0].value).toEqual([600, '10']);
  });

  it('tells what queries cost; a text that is wrong counts as none', async () => {
    Object.assign(seen, { started: 0, finished: [], dismissed: 0 });
    const texts = ['m', 'm', 'm', 'm', 'm', 'm', 'm', 'm{'];
    const replies = await Promise.all(texts.map((text) => run({ text })));
    expect(replies.map(({ ok }) => ok)).toEqual(texts.map((text) => text === 'm'));
    expect(seen.finished).toEqual(Array(7).fill(2));
    expect(seen.started - seen.dismissed).toBe(7);
  });

  it('ends a query that nobody waits for, and one that takes too long', async () => {
    // Seconds of work in pieces of some hundred microseconds.
    const heavy = {
      text: Array.from({ length: 3000 }, (_, i) => `sum(m offset ${i + 1}ms)`).join(' + '),
      kind: 'range' as const,
      start: 0,
      end: 10_000_000,
      step: 1000,
    };
    const abort = new AbortController();
    const canceled = run(heavy, abort.signal);
    setTimeout(() => abort.abort(), 100);
    expect(await canceled).toMatchObject({ ok: false, errorType: 'canceled' });
    expect(await run({ ...heavy, timeoutMs: 200 })).toMatchObject({ ok: false, errorType: 'timeout' });
    expect(await run({}, AbortSignal.abort())).toMatchObject({ ok: false, errorType: 'canceled' });
    expect((await run({})).ok).toBe(true);
  });
});
