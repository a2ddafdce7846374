import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Matcher } from '../../src/model/matcher.ts';
import { HandedOn } from '../../src/query/handed-on.ts';
import { LongList } from '../../src/query/lists/list-request.ts';
import type { PoolRunner } from '../../src/query/pool/pool-runner.ts';
import type { ReadWork } from '../../src/query/pool/read-messages.ts';
import { threadedQueryable } from '../../src/query/pool/threaded-queryable.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleColumn, type Queryable, type SelectRequest, type TimeRange } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { NotResident } from '../../src/tsdb/not-resident.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import { eventually } from '../support/ask.ts';
import { appendSamples, createPoolRunner } from './query-support.ts';

const HOUR = 3_600_000;
const ALL: TimeRange = { minTime: 0, maxTime: 10 * HOUR };
const SERIES = 700;

const named = (value: string): Matcher => ({ type: '=', name: '__name__', value });
const like = (name: string, value: string): Matcher => ({ type: '=~', name, value });

describe('threadedQueryable()', () => {
  let directory: string;
  let database: Database;
  let runner: PoolRunner;
  const works: ReadWork[] = [];
  const abort = new AbortController();
  const handedOn = new HandedOn();

  const threaded = (signal = new AbortController().signal): Queryable =>
    threadedQueryable(
      database,
      (work, given) => {
        works.push(work);
        return runner.openRead(work, given);
      },
      signal,
      handedOn,
      systemClock,
    );

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'narthex-threaded-'));
    database = await openDatabase({ directory, fileSystem: nodeFiles, clock: systemClock, log: silentLog });
    for (let time = 0; time <= 5 * HOUR; time += 5 * 60_000) {
      appendSamples(
        database,
        Array.from({ length: SERIES }, (_, n) => [
          { __name__: n % 2 === 0 ? 'even' : 'odd', id: `${n}`, [`only${n % 7}`]: 'x' },
          time,
          n % 100 === 0 && time % HOUR === 0 ? Number.NaN : n + time,
        ]),
      );
      if (time === HOUR) appendSamples(database, [[{ __name__: 'old', id: 'gone' }, time, 1]]);
    }
    await database.compact();
    appendSamples(database, [[{ __name__: 'new', id: 'late' }, 5 * HOUR, 1]]);
    runner = createPoolRunner(database, { threadsMax: 1 });
  });

  afterAll(async () => {
    await runner.close();
    expect(database.stats().head.readers).toBe(0);
    await database.close();
    rmSync(directory, { recursive: true });
  });

  /** What is listed, once that is in memory. */
  function onceShort<T>(list: () => T | Promise<T>): Promise<T | LongList> {
    return eventually(
      async () => {
        try {
          return await list();
        } catch (error) {
          if (error instanceof LongList) return error;
          throw error;
        }
      },
      (found) => !(found instanceof LongList),
    );
  }

  async function everything(queryable: Queryable, range: TimeRange, request: Partial<SelectRequest>) {
    const querier = queryable.querier(range);
    const set = await querier.select({ matchers: [], range, sorted: true, limit: 0, ...request });
    const column = createSampleColumn(1);
    const found: unknown[] = [];
    for (let row = 0; row < set.length; row++) {
      await set.ahead?.(row);
      set.read(row, column);
      const { bits, length, times } = column;
      found.push([set.labels(row).toString(), [...times.slice(0, length)], [...bits.slice(0, 2 * length)]]);
    }
    querier.close();
    return found;
  }

  it.each<[string, Partial<SelectRequest>, TimeRange]>([
    ['everything', { matchers: [like('__name__', '.+')] }, ALL],
    ['one name', { matchers: [named('odd')] }, ALL],
    ['a series of a block alone', { matchers: [named('old')] }, ALL],
    ['a part of the time', { matchers: [named('even')] }, { minTime: HOUR, maxTime: 2 * HOUR }],
    ['a limited number', { matchers: [named('even')], limit: 10 }, ALL],
    ['nothing', { matchers: [named('nothing')] }, ALL],
  ])('selects %s as the database does', async (_, request, range) => {
    works.length = 0;
    const wanted = await everything({ querier: (range) => database.querier(range) }, range, { ...request, range });
    expect(await everything(threaded(), range, { ...request, range })).toEqual(wanted);
    expect(works).toHaveLength(1);
  });

  it('looks into memory by itself', async () => {
    works.length = 0;
    const range = { minTime: 5 * HOUR, maxTime: 5 * HOUR };
    const querier = threaded().querier(range);
    const request = { matchers: [named('odd')], range, sorted: true, limit: 0, labelsOnly: true };
    expect((await querier.select(request)).length).toBe(SERIES / 2);
    expect((await querier.labelValues('id', [named('new')], 0)).length).toBe(1);
    querier.close();
    expect(works).toEqual([]);
  });

  it.each<[string, Matcher[], number]>([
    ['everything', [like('__name__', '.+')], 0],
    ['some, in order', [like('id', '1.*')], 30],
    ['a series of a block alone', [named('old')], 0],
    ['one of the head alone', [named('new')], 0],
    ['nothing', [named('nothing')], 0],
  ])('lists %s in label order by itself, once that is in memory', async (_, matchers, limit) => {
    const request = { matchers, range: ALL, sorted: false, limit, labelsOnly: true };
    const listed = async (queryable: Queryable, sorted: boolean) => {
      const querier = queryable.querier(ALL);
      const set = await querier.select({ ...request, sorted });
      const texts = Array.from({ length: set.length }, (_, row) => set.labels(row).toString());
      querier.close();
      return texts;
    };
    const own = { querier: (range: TimeRange) => database.querier(range) };
    const wanted = await listed(own, true);
    works.length = 0;
    expect(await onceShort(() => listed(threaded(), false))).toEqual(wanted);
    const querier = threaded().querier(ALL);
    const ofAll = own.querier(ALL);
    expect(await onceShort(() => querier.labelNames(matchers, limit))).toEqual(await ofAll.labelNames(matchers, limit));
    expect(await onceShort(() => querier.labelValues('id', matchers, limit))).toEqual(
      await ofAll.labelValues('id', matchers, limit),
    );
    ofAll.close();
    querier.close();
    expect(works).toEqual([]);
  });

  it('refuses at once to list more of blocks than it is told', async () => {
    const blocks = database.residentBlocks(ALL);
    const limits = { seriesMax: 10, valuesMax: 10, begin: () => () => {} };
    const request = { matchers: [like('id', '.+')], range: ALL, sorted: true, limit: 0 };
    await eventually(
      async () => {
        try {
          blocks.labelSets(request, limits);
          return 'listed';
        } catch (error) {
          return error instanceof NotResident ? error.message : error;
        }
      },
      (message) => /series are more than 10/.test(String(message)),
    );
    expect(() => blocks.texts('id', [], 0, limits)).toThrow('values are more than 10');
    const late = () => {
      throw new NotResident('too long');
    };
    expect(() => blocks.labelSets(request, { ...limits, seriesMax: 1000, begin: () => late })).toThrow('too long');
    blocks.close();
  });

  it('lets go of what is not read to its end', async () => {
    for (let i = 0; i < 100; i++) {
      const querier = threaded().querier(ALL);
      const set = await querier.select({ matchers: [like('id', '1.*')], range: ALL, sorted: i % 2 === 0, limit: 0 });
      if (i % 3 === 0) await set.ahead?.(0);
      querier.close();
    }
    const readers = await eventually(
      async () => database.stats().head.readers,
      (count) => count === 0,
    );
    expect(readers).toBe(0);
  });

  it('ends when nobody waits any more', async () => {
    const querier = threaded(abort.signal).querier(ALL);
    const set = await querier.select({ matchers: [named('odd')], range: ALL, sorted: true, limit: 0 });
    abort.abort();
    await expect(set.ahead!(0)).rejects.toThrow('canceled');
    querier.close();
    const late = threaded(abort.signal).querier(ALL);
    const select = late.select({ matchers: [named('odd')], range: ALL, sorted: true, limit: 0 });
    await expect(select).rejects.toThrow('canceled');
    late.close();
  });
});
