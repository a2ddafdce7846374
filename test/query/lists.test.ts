import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call, Endpoint } from '../../src/api/call.ts';
import { labelNames, labelValues, series } from '../../src/api/endpoints/metadata-queries.ts';
import { Form } from '../../src/api/form.ts';
import { BodyBudget } from '../../src/http/body.ts';
import { LongList } from '../../src/query/lists/list-request.ts';
import { ThreadLists } from '../../src/query/lists/list-runner.ts';
import type { PoolRunner } from '../../src/query/pool/pool-runner.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import type { Queryable } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { PART_ITEMS_MAX } from '../../src/tsdb/threads/message-parts.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { eventually } from '../support/ask.ts';
import { appendSamples, createPoolRunner, SETTINGS } from './query-support.ts';

const HOUR = 3_600_000;
const ODD_TEXTS = ['"', '\\', 'tab\t', '\b\f\0', 'é', '<a>&', '\u2028', '\u{10000}', '\ufffd', '~', 'a b'];
const SELECTORS = [
  '{__name__=~".+"}',
  'even',
  'odd',
  'old',
  'new',
  'even{id=~"1.*"}',
  '{odd!=""}',
  '{only3="x"}',
  'nothing',
];

describe('lists', () => {
  let directory: string;
  let database: Database;
  let runner: PoolRunner;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'narthex-lists-'));
    database = await openDatabase({ directory, fileSystem: nodeFiles, clock: systemClock, log: silentLog });
    for (let time = 0; time <= 5 * HOUR; time += HOUR / 4) {
      appendSamples(
        database,
        Array.from({ length: 300 }, (_, n) => [
          {
            __name__: n % 2 === 0 ? 'even' : 'odd',
            id: `${(n * 7) % 300}`,
            [`only${n % 7}`]: 'x',
            odd: ODD_TEXTS[n % 29] ?? '',
          },
          time,
          n,
        ]),
      );
      if (time === HOUR) appendSamples(database, [[{ __name__: 'old', id: 'gone' }, time, 1]]);
    }
    await database.compact();
    appendSamples(database, [
      [{ __name__: 'new', id: 'late' }, 5 * HOUR, 1],
      [{ __name__: 'new', id: 'before the others' }, 5 * HOUR, 1],
    ]);
    runner = createPoolRunner(database, { threadsMax: 1 });
  });

  afterAll(async () => {
    expect(database.stats().head.readers).toBe(0);
    await runner.close();
    await database.close();
    rmSync(directory, { recursive: true });
  });

  /** Lists everything at once, as short lists are. */
  const here: Queryable = {
    querier: (range) => {
      const querier = database.querier(range);
      const hasBlocks = database.hasBlocks(range);
      return {
        select: (request) => querier.select({ ...request, sorted: request.sorted || hasBlocks }),
        labelNames: (matchers, limit) => querier.labelNames(matchers, limit),
        labelValues: (name, matchers, limit) => querier.labelValues(name, matchers, limit),
        close: () => querier.close(),
      };
    },
  };
  const isLong = () => {
    throw new LongList();
  };
  const nowhere: Queryable = {
    querier: () => ({ select: isLong, labelNames: isLong, labelValues: isLong, close: () => {} }),
  };

  function callOf(search: string, queryable: Queryable, signal = new AbortController().signal): Call {
    const form = new Form();
    form.parse(search);
    const lists = new ThreadLists(database, (list, given) => runner.list(list, given), systemClock);
    const deps = { clock: systemClock, answers: new BodyBudget(2 ** 30), queryable: () => queryable, lists };
    return {
      deps: deps as unknown as Call['deps'],
      form,
      formProblem: null,
      signal,
      params: { name: 'id' },
      whenSent: (action: () => void) => action(),
    } as unknown as Call;
  }

  async function textOf(endpoint: Endpoint, call: Call): Promise<string> {
    const result = await endpoint(call);
    if (result.kind === 'rendered') return Buffer.from(result.bytes).toString();
    if (result.kind !== 'data') throw new Error(`an answer of kind ${result.kind}`);
    const warnings = result.warnings.length > 0 ? `,"warnings":${JSON.stringify(result.warnings)}` : '';
    return `{"status":"success","data":${result.json}${warnings}}`;
  }

  it('are the same bytes from a thread as from the main thread', async () => {
    const random = fc.record({
      endpoint: fc.constantFrom<Endpoint>(series, labelNames, labelValues),
      name: fc.constantFrom('id', 'odd', '__name__', 'only3', 'nothing'),
      selectors: fc.array(fc.constantFrom(...SELECTORS), { maxLength: 3 }),
      limit: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(400)),
      start: fc.integer({ min: -1, max: 6 }),
      end: fc.integer({ min: -1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(random, async ({ end, endpoint, limit, name, selectors, start }) => {
        const matches = selectors.length === 0 && endpoint === series ? ['even'] : selectors;
        const search = [
          `limit=${limit}&start=${start * 3600}&end=${end * 3600}`,
          ...matches.map((selector) => `match[]=${encodeURIComponent(selector)}`),
        ].join('&');
        const [wanted, found] = [here, nowhere].map((queryable) =>
          textOf(endpoint, { ...callOf(search, queryable), params: { name } }),
        );
        expect(await found).toBe(await wanted);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Endpoint]>([
    ['series', series],
    ['names', labelNames],
    ['values', labelValues],
  ])('are the same bytes where very many selectors find them: %s', async (_, endpoint) => {
    const selectors = Array.from({ length: 2 * PART_ITEMS_MAX }, (_, n) => `{id="${n}"}`);
    const search = [...SELECTORS, ...selectors].map((selector) => `match[]=${encodeURIComponent(selector)}`).join('&');
    const found = await textOf(endpoint, callOf(search, nowhere));
    expect(found).toBe(await textOf(endpoint, callOf(search, here)));
  });

  it('end when the client is gone', async () => {
    const abort = new AbortController();
    const answer = textOf(series, callOf('match[]={id!=""}', nowhere, abort.signal));
    abort.abort();
    await expect(answer).rejects.toThrow('canceled');
    const readers = await eventually(
      async () => database.stats().head.readers,
      (count) => count === 0,
    );
    expect(readers).toBe(0);
  });

  it('end where the answer is longer than it may be', async () => {
    const small = createPoolRunner(database, { threadsMax: 1, settings: { ...SETTINGS, bytesMax: 12_000 } });
    const lists = new ThreadLists(database, (list, signal) => small.list(list, signal), systemClock);
    const range = { minTime: 0, maxTime: 5 * HOUR };
    const matchers = [{ type: '=~', name: 'id', value: '.+' } as const];
    const request = { what: 'series', range, matcherSets: [matchers], sorted: false, limit: 0 } as const;
    const reply = await lists.list(request, new AbortController().signal);
    await small.close();
    expect(reply).toMatchObject({ ok: false, errorType: 'execution', message: /too much memory/ });
  });
});
