import { expect, it } from 'vitest';
import type { Queryable } from '../../src/storage/query.ts';
import { runHostile } from './hostile-queries.ts';

// A loop that does not look whether its query is still wanted gives fewer looks than it did: how many there are follows from the
// work alone, not from the machine's speed. The long corpus (hostile.ts) measures how far they are apart.

const NOTHING: Queryable = {
  querier: () => ({
    select: () => ({ length: 0, warnings: [], labels: none, read: none }),
    labelNames: () => [],
    labelValues: () => [],
    close() {},
  }),
};

function none(): never {
  throw new Error('there are no series');
}

const LIMITS = {
  samplesMax: 50_000_000,
  bytesMax: 2 ** 30,
  timeoutMs: 60_000,
  end: 14_400_000,
  pauseAfterMs: Number.POSITIVE_INFINITY,
};
/** 500,000 steps. */
const STEPS = '[500s:1ms]';

/** How often each looks; fewer are a loop that does not look any more. */
const OVER_TIME: Readonly<Record<string, number>> = {
  rate: 53,
  increase: 53,
  delta: 38,
  irate: 53,
  idelta: 53,
  changes: 53,
  resets: 68,
  deriv: 86,
  avg_over_time: 54,
  sum_over_time: 54,
  min_over_time: 54,
  max_over_time: 54,
  count_over_time: 38,
  stdvar_over_time: 54,
  stddev_over_time: 54,
  mad_over_time: 110,
  last_over_time: 38,
  first_over_time: 38,
  present_over_time: 38,
  absent_over_time: 35,
  ts_of_max_over_time: 54,
};

const OF_STEPS: Readonly<Record<string, number>> = {
  'sin(vector(time()))': 53,
  'round(vector(time()), 3)': 69,
  'exp(vector(time()))': 53,
  'day_of_year(vector(time()))': 53,
  'timestamp(vector(time()))': 53,
  'absent(vector(time()) > 9e9)': 100,
  '-vector(time())': 53,
  'vector(time()) ^ 2.5': 69,
  'vector(time()) > bool 7': 69,
  'vector(time()) + vector(time() * 2)': 117,
  'vector(time()) and vector(1)': 99,
  'vector(time()) or vector(1)': 115,
  'sum(vector(time()))': 85,
  'avg(vector(time()))': 85,
  'stddev(vector(time()))': 85,
  'max(vector(time()))': 70,
  'count(vector(time()))': 85,
  'quantile(0.5, vector(time()))': 586,
  'topk(1, vector(time()))': 176,
  'bottomk(1, vector(time()))': 176,
  'limitk(1, vector(time()))': 99,
  'count_values("v", vector(time() > bool 9))': 586,
  'label_replace(vector(time()), "a", "b", "", "")': 38,
  'sort(vector(time()))': 38,
  'vector(scalar(vector(time())))': 69,
};

async function looks(text: string): Promise<number> {
  const outcome = await runHostile(NOTHING, { name: text, text, steps: 1, stepMs: 0 }, LIMITS);
  expect(outcome.answer).toMatch(/^\d+ bytes$/);
  return outcome.looks;
}

it.each(Object.entries(OVER_TIME))('%s() over many samples looks %i times', async (name, least) => {
  expect(await looks(`${name}(vector(time())${STEPS})`)).toBeGreaterThanOrEqual(least);
});

it.each(Object.entries(OF_STEPS))('%s on many steps looks %i times', async (inner, least) => {
  expect(await looks(`last_over_time((${inner})${STEPS})`)).toBeGreaterThanOrEqual(least);
});
