import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mergeQueriers } from './merge-queriers.ts';
import type { Querier } from './query.ts';

test('a querier that throws at once leaves no failure of an earlier one that nobody waits for', async () => {
  const failing = (select: () => never | Promise<never>): Querier => ({
    select,
    labelNames: () => [],
    labelValues: () => [],
    close() {},
  });
  const merged = mergeQueriers([
    failing(() => Promise.reject(new Error('late'))),
    failing(() => {
      throw new Error('at once');
    }),
  ]);
  const range = { minTime: 0, maxTime: 1 };
  expect(() => merged.select({ matchers: [], range, sorted: false, limit: 0 })).toThrow('at once');
  // An unhandled rejection would end the test run.
  await setImmediate();
});
