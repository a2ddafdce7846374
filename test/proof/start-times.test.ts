import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { BIN, Workbench } from '../server/narthex-process.ts';
import { eventually } from '../support/ask.ts';
import { versionOf } from '../tsdb/prometheus-process.ts';
import { answers, startUp, type Up } from './both-servers.ts';

const PROMETHEUS = findProgram('prometheus');
const isMissing = PROMETHEUS === null || (versionOf(PROMETHEUS) ?? 3.14) < 3.14;

/** Bodies that a target sends, each twice, since a scrape may fail on a busy machine, and how far their times are apart, s. */
const BODIES = 16;
const STEP = 15;
const START = Math.floor(Date.now() / 60_000) * 60 - 2 * BODIES * STEP;
const LAST = START + BODIES * STEP;
const TIMES = [LAST, START + 12 * STEP + 1];

/** The n-th body: counters that begin again, several series of a family, and what is no start time. */
function body(n: number): string {
  const time = START + n * STEP;
  const began = n < 10 ? START - 100.25 : START + 9 * STEP + 3;
  const since = n < 10 ? n : n - 9;
  const lines = [
    '# HELP c Hits.',
    '# TYPE c counter',
    `c_total{a="1"} ${7 * since} ${time} # {t="1"} 1 ${time}`,
    `c_created{a="1"} ${began}`,
    `c_total{a="2"} ${3 * n} ${time}`,
    `c_created{a="2"} ${START - 5}`,
    `c_total{a="none"} ${n} ${time}`,
    '# TYPE d_seconds counter',
    '# UNIT d_seconds seconds',
    `d_seconds_total{a="1"} ${n} ${time}`,
    `d_seconds_total{a="2"} ${2 * n} ${time}`,
    `d_seconds_created{a="1"} ${START + 1.5}`,
    `d_seconds_created{a="2"} ${START + 2.5}`,
    '# TYPE h histogram',
    `h_bucket{a="x",le="0.5"} ${since} ${time}`,
    `h_bucket{a="x",le="1"} ${2 * since} ${time}`,
    `h_bucket{le="+Inf",a="x"} ${4 * since} ${time}`,
    `h_count{a="x"} ${4 * since} ${time}`,
    `h_created{a="x"} ${began}`,
    `h_sum{a="x"} ${since} ${time}`,
    '# TYPE s summary',
    `s{quantile="0.5"} ${n} ${time}`,
    `s_count ${n} ${time}`,
    `s_created ${began}`,
    `s_sum ${n} ${time}`,
    '# TYPE g gauge',
    `g ${n} ${time}`,
    `g_created ${n} ${time}`,
    '# TYPE "ü.m" counter',
    `{"ü.m_total",l="é\\"\\\\"} ${n} ${time}`,
    `{"ü.m_created",l="é\\"\\\\"} ${START - 7}`,
    '# TYPE late counter',
    `late_created ${START - 9}`,
    `late_total ${n} ${time}`,
    // One that began when it is scraped, and one that begins later.
    '# TYPE now counter',
    `now_total{a="1"} ${n} ${time}`,
    `now_created{a="1"} ${time}`,
    `now_total{a="2"} ${n} ${time}`,
    `now_created{a="2"} ${time + 1}`,
    '# EOF',
  ];
  return `${lines.join('\n')}\n`;
}

const METRICS = [
  'c_total',
  'd_seconds_total',
  'h_bucket',
  'h_sum',
  's_count',
  's',
  'late_total',
  'now_total',
  '{"ü.m_total"}',
];
const QUERIES = [
  '{job="t",__name__!~"up|scrape_.*"}[1h]',
  'count({job="t",__name__!~"up|scrape_.*"})',
  ...['rate', 'increase', 'irate', 'resets', 'changes', 'delta'].flatMap((name) =>
    METRICS.map((metric) => `${name}(${metric}[2m])`),
  ),
  'sum by (a) (rate(c_total[5m]))',
  'histogram_quantile(0.9, sum by (le) (rate(h_bucket[3m])))',
  'rate(c_total[2m] offset 1m)',
  'c_total + 1',
];
const START_QUERIES = [
  ...METRICS.map((metric) => `start_timestamp(${metric})`),
  'start_timestamp(g)',
  'start_timestamp(c_total offset 2m)',
  'start_timestamp(c_total + 1)',
];

const ALL =
  'st-storage,xor2-encoding,histograms-st-encoding,use-start-timestamps,promql-experimental-functions,type-and-unit-labels';
/** `shows`: a query, and what its answer has only where the features do something. */
const CASES = [
  {
    features: ALL,
    queries: [...QUERIES, ...START_QUERIES],
    shows: ['start_timestamp(c_total)', `[${LAST},\\"${START + 9 * STEP + 3}\\"]`],
  },
  {
    features: 'created-timestamp-zero-ingestion',
    queries: QUERIES,
    shows: [QUERIES[0]!, `[${START - 5},\\"0\\"]`],
  },
  {
    features: 'xor2-encoding,created-timestamp-zero-ingestion,use-start-timestamps',
    queries: QUERIES,
    shows: [QUERIES[0]!, `[${START - 5},\\"0\\"]`],
  },
] as const;

describe.skipIf(isMissing)(`start times${isMissing ? ' (skips without a Prometheus 3.14)' : ''}`, () => {
  const bench = new Workbench();
  const sent = new Map<string, number>();
  let target: Server;
  beforeAll(async () => {
    target = createServer((request, response) => {
      const n = (sent.get(request.url!) ?? 0) + 1;
      sent.set(request.url!, n);
      response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
      response.end(body(Math.min(Math.ceil(n / 2), BODIES)));
    });
    await new Promise<void>((resolve) => {
      target.listen(0, '127.0.0.1', resolve);
    });
  });
  afterEach(() => bench.cleanUp());
  afterAll(() => {
    target.closeAllConnections();
    target.close();
  });

  it.each(CASES)(
    'with $features are taken, kept, and handed over as by Prometheus',
    async ({ features, queries, shows }) => {
      const port = (target.address() as AddressInfo).port;
      const configs = ['ours', 'theirs'].map((who) => {
        const targets = `static_configs: [{targets: ['127.0.0.1:${port}'], labels: {instance: x}}]`;
        const job = `{job_name: t, metrics_path: '/${features}/${who}', ${targets}}`;
        return `global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [${job}]\n`;
      });
      const directory = bench.directory({ 'ours.yml': configs[0]!, 'theirs.yml': configs[1]!, 'none.yml': '' });
      const start = (program: string, config: string, data: string): Promise<Up> =>
        startUp(bench, directory, program, [
          `--config.file=${config}.yml`,
          `--storage.tsdb.path=${data}`,
          `--enable-feature=${features}`,
        ]);
      let ours = await start(BIN, 'ours', 'ours');
      let theirs = await start(PROMETHEUS!, 'theirs', 'theirs');
      const isDone = () => ['ours', 'theirs'].every((who) => (sent.get(`/${features}/${who}`) ?? 0) > 2 * BODIES + 1);
      expect(
        await eventually(
          async () => isDone(),
          (done) => done,
        ),
      ).toBe(true);
      const expected = await answers(theirs.url, queries, TIMES);
      expect(await answers(ours.url, queries, TIMES)).toEqual(expected);
      const [query, text] = shows;
      expect(JSON.stringify(expected[query])).toContain(text);

      await ours.process.end('SIGKILL');
      await theirs.process.end('SIGKILL');
      ours = await start(BIN, 'none', 'theirs');
      theirs = await start(PROMETHEUS!, 'none', 'ours');
      expect(await answers(ours.url, queries, TIMES)).toEqual(expected);
      expect(await answers(theirs.url, queries, TIMES)).toEqual(expected);
      expect(theirs.process.stderr).not.toMatch(/corrupt|unsequential|Unknown series/i);
    },
  );
});
