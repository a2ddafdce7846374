import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ParsedForm, parsedText } from '../../src/query/parsed-text.ts';
import type { PoolRunner } from '../../src/query/pool/pool-runner.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { HOSTILE_QUERIES } from '../fuzz/hostile-queries.ts';
import { appendSamples, createPoolRunner, openMemoryDatabase, REQUEST, readable, SETTINGS } from './query-support.ts';

const END = 900_000;
const SERIES = 1500;

describe('PoolRunner.parse()', () => {
  it('gives what is wanted of long texts, and words what is wrong with them', async () => {
    const database = await openMemoryDatabase();
    const runner = createPoolRunner(database);
    const { signal } = new AbortController();
    const text = Array(300).fill('a'.repeat(30)).join('+');
    const parsed = async (form: ParsedForm, wrong = '') => {
      const reply = await runner.parse(text + wrong, form, signal);
      return reply.ok && reply.form === 'json' ? Buffer.from(reply.body).toString() : reply;
    };
    for (const form of ['format', 'tree', 'selectors'] as const) {
      expect(await parsed(form)).toBe(parsedText(text, form, SETTINGS.parser, () => {}));
    }
    expect(await parsed('tree', ')')).toMatchObject({
      ok: false,
      errorType: 'bad_data',
      message: expect.stringContaining('unexpected'),
    });
    await runner.close();
    await database.close();
  });
});

describe('a hostile query in the pool', () => {
  let database: Database;
  let runner: PoolRunner;
  const deaths: string[] = [];

  beforeAll(async () => {
    database = await openMemoryDatabase();
    for (let time = 0; time <= END; time += 60_000) {
      appendSamples(
        database,
        Array.from({ length: SERIES }, (_, n) => [
          { __name__: 'm', id: `id-${n}`, group: `${n % 10}`, wide: 'w'.repeat(500), le: `${n % 50}` },
          time,
          n * 1000 + n / 7,
        ]),
      );
    }
    const log = { ...silentLog, error: (message: string) => void deaths.push(message) };
    runner = createPoolRunner(database, {
      settings: { ...SETTINGS, samplesMax: 5_000_000, bytesMax: 128 * 2 ** 20, memoryBytesMax: 256 * 2 ** 20 },
      threadsMax: 1,
      // A busy machine may need seconds for a piece of work that takes milliseconds.
      graceMs: 60_000,
      log: { ...log, with: () => log },
    });
  });

  afterAll(async () => {
    await runner.close();
    expect(database.stats().head.readers).toBe(0);
    await database.close();
  });

  it.each(HOSTILE_QUERIES)('$name: ends, and takes neither its thread nor a neighbour with it', async (query) => {
    const { steps, stepMs, text } = query;
    const kind = steps === 1 ? 'instant' : 'range';
    const grid = { start: END - (steps - 1) * stepMs, end: END, step: stepMs };
    const signal = new AbortController().signal;
    const hostile = runner.run({ ...REQUEST, ...grid, kind, text, timeoutMs: 400 }, signal);
    const neighbour = runner.run({ ...REQUEST, text: 'count(m)', start: END, end: END }, signal);
    const reply = await hostile;
    if (!reply.ok) expect(reply.errorType).not.toBe('internal');
    expect((await neighbour).ok).toBe(true);
    expect(deaths).toEqual([]);
    expect(runner.threadCount).toBe(1);
  });

  it('leaves nothing behind that the next ones would fail of', async () => {
    // What each writes takes a third of what the thread may use.
    for (const separator of 'abcdef') {
      let text = 'm';
      for (let i = 0; i < 6; i++) text = `label_join(${text}, "wide", "${separator}", "wide", "wide")`;
      const reply = await runner.run(
        { ...REQUEST, text: `count(${text})`, start: END, end: END },
        new AbortController().signal,
      );
      expect(readable(reply)).toMatchObject({ status: 'success' });
    }
  });
});
