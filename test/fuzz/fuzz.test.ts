import { describe, expect, test } from 'vitest';
import { fuzzCorpus } from './fuzz-corpus.ts';
import { fuzzStorage } from './fuzz-data.ts';
import { EngineFuzzer, type FuzzCase, fuzzCase } from './fuzz-engine.ts';
import { HOSTILE_QUERIES, hostileStorage, runHostile, SMALL_LIMITS } from './hostile-queries.ts';

const CASES = 4000;

/** Queries that the fuzzers found a fault with, once. */
const FOUND: readonly Omit<FuzzCase, 'start' | 'end' | 'step' | 'delayedNameRemoval'>[] = [
  { text: 'group by () (stdvar without () (rate((custom_buckets{group!="a", le!=""})[292y:0.5])))' },
  { text: '(topk (step(), absent_over_time(target_info[1s])) != bool ts_of_min_over_time((sgn(native))[292y:]))' },
  { text: 'metric @ 100 offset NaN / on () log10(gauge - 10)' },
  { text: '(histogram_quantiles({nowhere=~"^a$"}, "q", time(), time() / 2))[1y:5m]' },
  { text: '(histogram_quantiles({__name__=~".+"}, "q", time(), time() / 2))[1y:5m]' },
  { text: 'info(metric, {})' },
  { text: 'metric @ 1ms offset --1 --1' },
  { text: 'sum_over_time(metric9[5e-324])/count_over_time(metric9[1m])' },
];

describe('the query engine', () => {
  test('answers or refuses whatever the fuzzers make', async () => {
    const corpus = fuzzCorpus();
    const fuzzer = new EngineFuzzer(fuzzStorage());
    const faults: string[] = [];
    for (let number = 0; number < CASES; number++) {
      const fuzzed = fuzzCase(7, number, corpus);
      const fault = await fuzzer.faultOf(fuzzed);
      if (fault !== null) faults.push(`case ${number}: ${JSON.stringify(fuzzed)}: ${fault}`);
    }
    expect(faults).toEqual([]);
    // Mutants that still mean something are the ones that reach the engine.
    expect(fuzzer.tally.answered).toBeGreaterThan(CASES / 5);
  });

  test.each(FOUND)('has no fault with $text any more', async ({ text }) => {
    const fuzzer = new EngineFuzzer(fuzzStorage());
    for (const step of [0, 60_000]) {
      const fuzzed = { text, start: 600_000, end: 600_000 + 10 * step, step, delayedNameRemoval: false };
      expect(await fuzzer.faultOf(fuzzed)).toBeNull();
    }
  });
});

describe('a hostile query', () => {
  const storage = hostileStorage();
  const timeoutMs = 3000;

  test.each(HOSTILE_QUERIES)('$name ends', async (query) => {
    const { answer, ms } = await runHostile(storage, query, { ...SMALL_LIMITS, timeoutMs });
    expect(answer).not.toBe('');
    // The time after which nobody would have been able to stop it: far beyond what a loaded machine needs.
    expect(ms).toBeLessThan(timeoutMs + 60_000);
  });
});
