import { expect, it } from 'vitest';
import type { FloatHistogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { type Queryable, reserveSampleColumn, type SampleColumn } from '../../src/storage/query.ts';
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

/** `count` series; `read` gives their samples, of the four hours before the time of the query. */
function storageOf(count: number, read: (row: number, into: SampleColumn) => void): Queryable {
  const labels = Array.from({ length: count }, (_, i) => labelsFromObject({ __name__: 'm', id: `id-${i}` }));
  return {
    querier: () => ({
      select: () => ({ length: count, warnings: [], labels: (row) => labels[row]!, read }),
      labelNames: () => [],
      labelValues: () => [],
      close() {},
    }),
  };
}

const WIDE = storageOf(20_000, (row, into) => {
  reserveSampleColumn(into, 1);
  into.times[0] = END;
  into.values[0] = row;
  into.length = 1;
});

/** A hundred histograms of 5,000 buckets. */
const HISTOGRAMS = storageOf(1, (_, into) => {
  reserveSampleColumn(into, 100);
  into.histograms = [];
  for (let i = 0; i < 100; i++) {
    into.times[i] = END - (99 - i) * 1000;
    into.histograms[i] = histogramOf(5000, i + 1);
  }
  into.length = 100;
});

function histogramOf(buckets: number, each: number): FloatHistogram {
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 8,
    zeroThreshold: 0,
    zeroCount: 0,
    count: each * buckets,
    sum: each,
    positiveSpans: [{ offset: 0, length: buckets }],
    negativeSpans: [],
    positiveCounts: new Array(buckets).fill(each),
    negativeCounts: [],
    customValues: [],
  };
}

const END = 14_400_000;
const LIMITS = {
  samplesMax: 50_000_000,
  bytesMax: 2 ** 30,
  timeoutMs: 60_000,
  end: END,
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

/** At least once for each histogram. */
const OF_HISTOGRAMS: readonly string[] = [
  'm[1h]',
  'rate(m[1h])',
  'rate(m[1h] smoothed)',
  'sum_over_time(m[1h])',
  'avg_over_time(m[1h])',
  'resets(m[1h])',
  'changes(m[1h])',
  'last_over_time((m * 2)[100s:1s])',
  'last_over_time((m + m)[100s:1s])',
  'last_over_time((-m)[100s:1s])',
  'last_over_time((m </ 7)[100s:1s])',
  'last_over_time(sum(m)[100s:1s])',
  'last_over_time(irate(m[10s])[100s:1s])',
  'last_over_time(histogram_quantile(0.5, m)[100s:1s])',
  'last_over_time(histogram_fraction(0, 1, m)[100s:1s])',
  'last_over_time(histogram_stddev(m)[100s:1s])',
  'last_over_time(count_values("v", m)[100s:1s])',
];

/** How often queries of 20,000 series look, whose columns are kept. */
const OF_SERIES: Readonly<Record<string, number>> = {
  'sort(m)': 200,
  'm or m': 590,
  'm * on (id) m': 500,
  'quantile(0.5, m)': 175,
  'topk(10000, m)': 180,
  'info(m)': 500,
};

/** 60 series with a histogram of 1,000 buckets each, all of them others. */
const SCATTERED = storageOf(60, (row, into) => {
  reserveSampleColumn(into, 1);
  into.times[0] = END;
  into.histograms = [{ ...histogramOf(1000, 1), positiveSpans: [{ offset: (row - 30) * 1000, length: 1000 }] }];
  into.length = 1;
});

const LONG = 'x'.repeat(100_000);

/** How often queries of 200 series look that make texts of 100,000 characters, all but the ends of which are the same. */
const OF_LONG_TEXTS: Readonly<Record<string, number>> = {
  [`sort_by_label(label_replace(topk(200, m), "n", "${LONG}$1", "id", ".*(.)"), "n")`]: 700,
  [`sort_by_label(topk(200, m), ${Array.from({ length: 20_000 }, (_, i) => `"l${i}"`).join()})`]: 1900,
  [`count_values("${LONG}", topk(200, m))`]: 300,
  [`histogram_quantile(0.5, label_replace(topk(200, m), "le", "${'7'.repeat(100_000)}", "", ""))`]: 360,
  [`label_replace(topk(200, m), "n", "${LONG}$1", "id", ".*(.)")[2m:1m]`]: 560,
};

async function looks(text: string, storage = NOTHING): Promise<number> {
  const outcome = await runHostile(storage, { name: text, text, steps: 1, stepMs: 0 }, LIMITS);
  expect(outcome.answer).toMatch(/^\d+ bytes$/);
  return outcome.looks;
}

it.each(Object.entries(OVER_TIME))('%s() over many samples looks %i times', async (name, least) => {
  expect(await looks(`${name}(vector(time())${STEPS})`)).toBeGreaterThanOrEqual(least);
});

it.each(Object.entries(OF_STEPS))('%s on many steps looks %i times', async (inner, least) => {
  expect(await looks(`last_over_time((${inner})${STEPS})`)).toBeGreaterThanOrEqual(least);
});

it.each(OF_HISTOGRAMS)('%s looks for each histogram of thousands of buckets', async (text) => {
  expect(await looks(text, HISTOGRAMS)).toBeGreaterThanOrEqual(95);
});

it('a histogram that is too large ends its query, whether it was read or is a sum', async () => {
  const large = storageOf(1, (_, into) => {
    reserveSampleColumn(into, 1);
    into.times[0] = END;
    into.histograms = [histogramOf(33_000, 1)];
    into.length = 1;
  });
  const answer = async (text: string, storage: Queryable) =>
    (await runHostile(storage, { name: text, text, steps: 1, stepMs: 0 }, LIMITS)).answer;
  const refusal = /^a histogram has \d+ buckets, spans and custom bounds, the limit is 32768$/;
  expect(await answer('m', large)).toMatch(refusal);
  expect(await answer('histogram_quantile(0.5, m)', large)).toMatch(refusal);
  expect(await answer('sum(m)', SCATTERED)).toMatch(refusal);
  expect(await answer('m', SCATTERED)).toMatch(/bytes$/);
});

it.each(Object.entries(OF_SERIES))('%s of many series looks %i times', async (text, least) => {
  expect(await looks(text, WIDE)).toBeGreaterThanOrEqual(least);
});

it('a chain of joins looks on the way of each series through it', async () => {
  const some = storageOf(500, (row, into) => {
    reserveSampleColumn(into, 1);
    into.times[0] = END;
    into.values[0] = row;
    into.length = 1;
  });
  const chain = Array.from({ length: 100 }, () => 'm').join(' + on (id) fill (0) ');
  expect(await looks(chain, some)).toBeGreaterThanOrEqual(3300);
});

it.each(Object.entries(OF_LONG_TEXTS).map(([text, least]) => [text.slice(0, 60), least, text] as const))(
  '%s... looks %i times',
  async (_, least, text) => {
    expect(await looks(text, WIDE)).toBeGreaterThanOrEqual(least);
  },
);

it('a query of thousands of selectors ends with its time while it asks for them', async () => {
  let asked = 0;
  const slow: Queryable = {
    querier: () => ({
      select: () => {
        asked++;
        for (const end = performance.now() + 1; performance.now() < end; );
        return { length: 0, warnings: [], labels: none, read: none };
      },
      labelNames: () => [],
      labelValues: () => [],
      close() {},
    }),
  };
  const text = Array.from({ length: 5000 }, (_, i) => `m{id="${i}"}`).join(' or ');
  const outcome = await runHostile(slow, { name: text, text, steps: 1, stepMs: 0 }, { ...LIMITS, timeoutMs: 200 });
  expect(outcome.answer).toMatch(/^query timed out/);
  expect(asked).toBeLessThan(300);
});
