import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { appendSamples, createPoolRunner, openMemoryDatabase, REQUEST, readable } from './query-support.ts';

const SERIES = 200;
const FIRST_TIME = 1_000_000;

it('queries beside the ingest see every batch whole, and give all memory back', async () => {
  const database = await openMemoryDatabase();
  const runner = createPoolRunner(database, { threadsMax: 2 });
  const names = Array.from({ length: SERIES }, (_, i) => ({ __name__: i % 2 === 0 ? 'even' : 'odd', i: `${i}` }));
  let batches = 0;
  const ingest = () => {
    const value = batches++;
    // Values of changing size, so that open chunks grow and are cut while they are read.
    appendSamples(
      database,
      names.map((labels) => [labels, FIRST_TIME + 1000 * value, value % 7 === 0 ? value : value + Math.PI] as const),
    );
  };
  ingest();

  let running = true;
  const asked: string[] = [];
  const ask = async (text: string, ranged: boolean) => {
    while (running) {
      const now = FIRST_TIME + 1000 * batches + 1_000_000;
      const times = ranged
        ? { kind: 'range' as const, start: now - 10_000, end: now, step: 5000 }
        : { start: now, end: now };
      const request = { ...REQUEST, text, lookbackMs: 1e9, ...times };
      const answer = readable(await runner.run(request, new AbortController().signal)) as {
        data?: { result: { value?: [number, string]; values?: [number, string][] }[] };
      };
      for (const { value, values } of answer.data?.result ?? [{ value: [0, JSON.stringify(answer)] as const }]) {
        for (const [, number] of values ?? [value!]) asked.push(number);
      }
    }
  };
  const questions = [
    ask('max({__name__=~"even|odd"}) - min({__name__=~"even|odd"})', false),
    ask('max(even) - min(odd)', false),
    ask('max(even) - min(odd)', true),
    ask('max(count_over_time(even[1d])) - min(count_over_time(odd[1d]))', false),
  ];
  // The threads answer as fast as the machine lets them: batches come until there are answers enough to judge by.
  while (batches < 1500 || asked.length < 40) {
    ingest();
    await setImmediate();
  }
  running = false;
  await Promise.all(questions);
  expect(new Set(asked)).toEqual(new Set(['0']));
  expect(database.stats().head).toMatchObject({ readers: 0, retired: 0 });
  await runner.close();
  await database.close();
});
