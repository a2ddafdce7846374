import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PoolRunner, PoolRunnerOptions } from '../../src/query/pool/pool-runner.ts';
import type { QueryReply, QueryRequest } from '../../src/query/runner.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { PART_ITEMS_MAX } from '../../src/tsdb/threads/message-parts.ts';
import type { ThreadQuestion } from '../../src/tsdb/threads/thread-answer.ts';
import type { ThreadReads } from '../../src/tsdb/threads/thread-reads.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { appendSamples, createInlineRunner, createPoolRunner, REQUEST, readable } from './query-support.ts';

const HOUR = 3_600_000;
const NOW = 5 * HOUR;
const SERIES = 3000;
/** They make three parts: faults come with the second. */
const SELECTORS = 2 * PART_ITEMS_MAX + 17;
const CODE_CACHE = 'NODE_COMPILE_CACHE';
const FAULTY = new URL('./faulty-worker.ts', import.meta.url);

describe('a query with very many selectors', () => {
  let directory: string;
  let database: Database;
  let runner: PoolRunner;
  /** One with faults that no test has made lose its thread: what a test leaves in it the next one meets. */
  let faulty: PoolRunner | null = null;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'narthex-parts-'));
    // Most of what these tests would take is compiling the modules of a thread, for each one anew.
    process.env[CODE_CACHE] = join(directory, 'code');
    database = await openDatabase({
      directory: join(directory, 'data'),
      fileSystem: nodeFiles,
      clock: systemClock,
      log: silentLog,
    });
    for (let time = 0; time <= NOW; time += HOUR / 2) {
      appendSamples(
        database,
        Array.from({ length: SERIES }, (_, n) => [{ __name__: 'm', i: `${n}`, g: `${n % 100}` }, time, n + time]),
      );
    }
    await database.compact();
    expect(database.hasBlocks({ minTime: 0, maxTime: NOW })).toBe(true);
  });

  afterEach(async () => {
    if (runner !== faulty) await runner.close();
    expect(database.stats().head.readers).toBe(0);
  });

  afterAll(async () => {
    await faulty?.close();
    delete process.env[CODE_CACHE];
    await database.close();
    rmSync(directory, { recursive: true });
  });

  function start(options: Partial<PoolRunnerOptions> = {}): void {
    runner = createPoolRunner(database, { threadsMax: 1, ...options });
  }

  function startFaulty(): void {
    faulty ??= createPoolRunner(database, { threadsMax: 1, entry: FAULTY });
    runner = faulty;
  }

  function run(request: Partial<QueryRequest>, signal = new AbortController().signal): Promise<QueryReply> {
    return runner.run({ ...REQUEST, start: NOW, end: NOW, ...request }, signal);
  }

  /** Some selectors choose thirty series, others one or none. */
  function many(first: string, count = SELECTORS): string {
    const others = Array.from({ length: count - 1 }, (_, n) => {
      if (n % 8 === 0) return `sum by (g) (m{g="${n % 100}"} offset ${n}ms)`;
      return `rate(m{i="${n % 2 === 0 ? n : -n}"}[3h])`;
    });
    return [`sum(${first})`, ...others].join(' or ');
  }

  it.each(['instant', 'range'] as const)('has the same answer in a thread as without: %s', async (kind) => {
    start();
    const grid = kind === 'range' ? { start: HOUR, step: HOUR / 2 } : {};
    const request = { ...REQUEST, start: NOW, end: NOW, kind, text: many('m'), lookbackMs: HOUR, ...grid };
    const { signal } = new AbortController();
    const answer = readable(await runner.run(request, signal)) as { data: { result: unknown[] } };
    expect(answer.data.result.length).toBeGreaterThan(200);
    expect(answer).toEqual(readable(await createInlineRunner(database).run(request, signal)));
  });

  it.each([
    ['cancel_question', 'canceled'],
    ['cancel_more', 'canceled'],
    ['wait_question', 'timeout'],
    ['wait_more', 'timeout'],
  ])('ends in the middle of its parts, and leaves nothing: %s', async (fault, errorType) => {
    startFaulty();
    await run({});
    const timeoutMs = errorType === 'timeout' ? 400 : REQUEST.timeoutMs;
    expect(await run({ text: many(fault), timeoutMs })).toMatchObject({ ok: false, errorType });
    expect(database.stats().head.readers).toBe(0);
    // The next one has its slot.
    const next = await run({ text: many('m') });
    expect(readable(next)).toEqual(readable(await createInlineRunner(database).run(asked(many('m')), neverEnded())));
    expect(runner.threadCount).toBe(1);
  });

  it.each(['die_question', 'die_more'])(
    'fails with a thread that ends meanwhile, and no other does: %s',
    async (fault) => {
      start({ entry: FAULTY });
      await run({});
      const dying = run({ text: many(fault) });
      const neighbours = [run({ text: many('m') }), run({ text: 'sum(m)' })];
      expect(await dying).toMatchObject({
        ok: false,
        errorType: 'internal',
        message: expect.stringContaining('thread'),
      });
      expect(database.stats().head.readers).toBeLessThanOrEqual(neighbours.length);
      for (const neighbour of neighbours) expect(await neighbour).toMatchObject({ ok: true });
    },
  );

  it('gives a rule thousands of series as it would without a thread', async () => {
    start();
    const request = { ...asked('m * 2'), form: 'columns' as const };
    const reply = (await runner.run(request, neverEnded())) as ColumnsReply;
    const inline = (await createInlineRunner(database).run(request, neverEnded())) as ColumnsReply;
    expect(reply.series).toHaveLength(SERIES);
    expect(plain(reply)).toEqual(plain(inline));
  });

  it.each([
    ['cancel_series', 'canceled'],
    ['wait_series', 'timeout'],
    ['die_series', 'internal'],
  ])('fails as a whole where it ends in the middle of its series: %s', async (fault, errorType) => {
    if (errorType === 'internal') start({ entry: FAULTY });
    else startFaulty();
    await run({});
    const text = `sum(${fault}) or m`;
    const reply = await run({ text, form: 'columns', timeoutMs: errorType === 'timeout' ? 400 : REQUEST.timeoutMs });
    expect(reply).toMatchObject({ ok: false, errorType });
    expect(database.stats().head.readers).toBe(0);
    expect(await run({ text: 'm', form: 'columns' })).toMatchObject({ ok: true, series: { length: SERIES } });
  });

  it.each([
    ['cancel_next', 'canceled'],
    ['die_next', 'internal'],
  ])('is not begun where it is a list that ends in the middle of them: %s', async (fault, errorType) => {
    if (errorType === 'internal') start({ entry: FAULTY });
    else startFaulty();
    await run({});
    // The first part is asked for before the fault is known.
    const values = Array.from({ length: SELECTORS + PART_ITEMS_MAX }, (_, n) => `${n}`);
    const selectors = [fault, ...values].map((value) => {
      return { matchers: [{ type: '=', name: 'i', value } as const], headSymbols: null };
    });
    const list = { what: 'series', range: { minTime: 0, maxTime: NOW }, sorted: true, limit: 0 } as const;
    expect(await runner.list({ ...list, selectors }, neverEnded())).toMatchObject({ ok: false, errorType });
    expect(database.stats().head.readers).toBe(0);
    const reply = readable(await runner.list({ ...list, selectors: selectors.slice(1) }, neverEnded()));
    expect(reply).toMatchObject({ data: { length: values.length } });
  });

  it('is ended where nobody waits for it any more while it is answered', async () => {
    const abort = new AbortController();
    start({ reads: () => watched(database.threadReads(), { asked: () => abort.abort() }) });
    expect(await run({ text: many('m') }, abort.signal)).toMatchObject({ ok: false, errorType: 'canceled' });
    expect((await run({})).ok).toBe(true);
    expect(runner.threadCount).toBe(1);
  });

  it('lets a neighbour see series that came after its own moment', async () => {
    const events: string[] = [];
    const neighbours: Promise<QueryReply>[] = [];
    let count = 0;
    // So many series that new slabs go with the answers that are given between the parts of the first.
    const grow = () => {
      for (let step = 0; step < 4; step++) {
        const name = `n${count++}`;
        appendSamples(
          database,
          Array.from({ length: 2000 }, (_, n) => [
            { __name__: name, i: `${n}`, long: `${name}-${n}`.repeat(20) },
            NOW,
            n,
          ]),
        );
        neighbours.push(run({ text: `count({long=~"${name}-.*"})` }));
      }
    };
    start({
      concurrencyMax: 8,
      reads: () =>
        watched(database.threadReads(), {
          given: ({ requests }) => {
            events.push(requests.length > 1 ? 'parts' : 'neighbour');
            if (requests.length > 1) grow();
          },
        }),
    });
    const before = readable(await createInlineRunner(database).run(asked(many('m')), neverEnded()));
    const large = run({ text: many('m') });
    void large.then(() => events.push('done'));
    expect(readable(await large)).toEqual(before);
    expect(neighbours).toHaveLength(4);
    for (const neighbour of neighbours) {
      expect(readable(await neighbour)).toMatchObject({ data: { result: [{ value: [NOW / 1000, '2000'] }] } });
    }
    // The first of them was given before the thread had all parts of the other.
    expect(events.slice(0, 2)).toEqual(['parts', 'neighbour']);
    expect(events).toContain('done');
  });

  function asked(text: string): QueryRequest {
    return { ...REQUEST, start: NOW, end: NOW, text };
  }
});

type ColumnsReply = Extract<QueryReply, { form: 'columns' }>;

function plain({ series, ...rest }: ColumnsReply): object {
  return { ...rest, series: series.map(({ column, labels }) => ({ column, pairs: labels.pairs })) };
}

function neverEnded(): AbortSignal {
  return new AbortController().signal;
}

/** Tells of questions before they are answered, and of answers in the turn in which their first part was sent. */
function watched(
  reads: ThreadReads,
  hears: { asked?: (question: ThreadQuestion) => void; given?: (question: ThreadQuestion) => void },
): ThreadReads {
  const open: ThreadReads['open'] = () => {
    const read = reads.open();
    const { answer } = read;
    read.answer = (question, limits, give) => {
      hears.asked?.(question);
      return answer.call(read, question, limits, (made) => {
        give(made);
        hears.given?.(question);
      });
    };
    return read;
  };
  return { chunksHead: reads.chunksHead, open } as Pick<ThreadReads, 'chunksHead' | 'open'> as ThreadReads;
}
