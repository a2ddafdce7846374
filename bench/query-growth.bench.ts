import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { Labels } from '../src/model/labels.ts';
import { Engine } from '../src/promql/engine.ts';
import { functionImplementations } from '../src/promql/functions/registry.ts';
import { CountingSink } from '../src/promql/result.ts';
import { Annotations } from '../src/promql/steps/annotations.ts';
import { DEFAULT_PARSER_OPTIONS } from '../src/promql/syntax/options.ts';
import { systemClock } from '../src/std/clock.ts';
import { type Queryable, reserveSampleColumn } from '../src/storage/query.ts';
import { instantNumber } from './ask.ts';
import { querySeries } from './load/query-data.ts';
import { sendLoad } from './load/remote-writer.ts';
import type { WriteSeries } from './load/write-request.ts';
import type { BenchOptions } from './options.ts';
import { findCompetitors, type RunningServer, startServer } from './peers/server.ts';
import { processUse } from './process-tree.ts';
import { median } from './statistics.ts';
import { printTable } from './table.ts';

const STEP_MS = 15_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIB = 1024 * 1024;
const connection = new Agent({ connections: 1, pipelining: 1 });

interface Growth {
  readonly what: string;
  /** How much more CPU the larger query took; or bytes. */
  readonly found: number;
  readonly limit: number;
}

/**
 * How Narthex' queries grow: windows of an hour against five minutes (over samples that are decoded already), ten times the
 * steps, ten times the series, and the memory of a sum over 100,000 series and 1,000 steps.
 */
export async function queryGrowthBench({ smoke, rounds, only, sizes }: BenchOptions): Promise<unknown> {
  const cases: readonly [name: string, run: () => Promise<readonly Growth[]>][] = [
    ['window', () => windowGrowth(smoke, rounds)],
    ['work', () => workGrowth(smoke, rounds)],
    ['memory', async () => [await memoryGrowth(sizes.get('series') ?? (smoke ? 2000 : 100_000))]],
  ];
  const found: Growth[] = [];
  for (const [name, run] of cases) if (only === null || name.includes(only)) found.push(...(await run()));
  printTable(
    ['growth', 'found', 'limit', ''],
    found.map(({ what, found: value, limit }) => [what, value, limit, value <= limit ? '' : 'ABOVE']),
  );
  return found;
}

/** CPU of a query over an hour of steps with windows of 1h, against windows of 5m, samples ready in memory. */
async function windowGrowth(smoke: boolean, rounds: number): Promise<Growth[]> {
  const queryable = decodedSeries(smoke ? 20 : 500, 2 * 240 + 1);
  const engine = new Engine({
    samplesMax: 100_000_000,
    defaultSubqueryStepMs: () => MINUTE_MS,
    parser: DEFAULT_PARSER_OPTIONS,
    features: { delayedNameRemoval: false, useStartTimestamps: false, typeAndUnitLabels: false },
    functions: functionImplementations,
    clock: systemClock,
  });
  const run = async (text: string): Promise<void> => {
    const times = { start: HOUR_MS, end: 2 * HOUR_MS, step: STEP_MS, lookbackMs: 5 * MINUTE_MS };
    await engine.run(
      engine.prepare(text, { kind: 'range', ...times }),
      queryable,
      new CountingSink(),
      new Annotations(),
      {
        timeoutMs: 60_000,
        signal: new AbortController().signal,
        pause: () => Promise.resolve(),
        pauseAfterMs: 1000,
        countSteps: false,
      },
    );
  };
  const growths: Growth[] = [];
  for (const name of ['rate', 'sum_over_time', 'max_over_time']) {
    const cost = async (window: string): Promise<number> => {
      const text = `${name}(x_total[${window}])`;
      for (let i = 0; i < 5; i++) await run(text);
      const before = process.cpuUsage();
      for (let i = 0; i < (smoke ? 2 : 20); i++) await run(text);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const ratios: number[] = [];
    for (let round = 0; round < Math.max(3, rounds); round++) {
      const short = await cost('5m');
      ratios.push((await cost('1h')) / short);
    }
    growths.push({ what: `${name}: window of 1h / 5m, samples decoded`, found: median(ratios), limit: 1.3 });
  }
  return growths;
}

/** Series of two hours whose samples lie ready: reading one is a copy. */
function decodedSeries(count: number, samples: number): Queryable {
  const labels = Array.from({ length: count }, (_, i) => new Labels(['__name__', 'x_total', 'i', String(i)]));
  const times = Float64Array.from({ length: samples }, (_, i) => i * STEP_MS);
  const values = labels.map((_, k) => Float64Array.from(times, (_, i) => ((i * ((k % 7) + 1)) % 997) + (i % 13) / 10));
  return {
    querier: () => ({
      select: ({ range }) => {
        const from = times.findIndex((time) => time >= range.minTime);
        const to = times.findLastIndex((time) => time <= range.maxTime) + 1;
        return {
          length: count,
          labels: (row) => labels[row]!,
          read(row, into) {
            reserveSampleColumn(into, to - from);
            into.times.set(times.subarray(from, to));
            into.values.set(values[row]!.subarray(from, to));
            into.length = to - from;
          },
          warnings: [],
        };
      },
      labelNames: () => [],
      labelValues: () => [],
      close() {},
    }),
  };
}

/** CPU of a server's queries with ten times the steps and with ten times the series. */
async function workGrowth(smoke: boolean, rounds: number): Promise<Growth[]> {
  const hours = smoke ? 1 : 6;
  const { server, end } = await loadedServer(querySeries(1), hours, STEP_MS);
  try {
    const expressions: [name: string, expr: (matchers: string) => string][] = [
      ['selector', (matchers) => `bench_requests_total{${matchers}}`],
      ['rate', (matchers) => `rate(bench_requests_total{${matchers}}[5m])`],
      ['sum by rate', (matchers) => `sum by (handler) (rate(bench_requests_total{${matchers}}[5m]))`],
      ['max over time', (matchers) => `max_over_time(bench_requests_total{${matchers}}[30m])`],
      ['quantile', (matchers) => `quantile(0.9, bench_requests_total{${matchers}})`],
      ['topk', (matchers) => `topk(5, rate(bench_requests_total{${matchers}}[5m]))`],
      ['join', (matchers) => `bench_requests_total{${matchers}} / bench_requests_total{${matchers}}`],
    ];
    const growths: Growth[] = [];
    for (const [name, expr] of expressions) {
      const cost = (matchers: string, steps: number) =>
        cpuOf(server, expr(matchers), end - (hours - 0.5) * HOUR_MS, end, steps, smoke ? 40 : 600);
      const ratio = async (large: [string, number], small: [string, number]): Promise<number> => {
        const ratios: number[] = [];
        for (let round = 0; round < Math.max(3, rounds); round++) {
          ratios.push((await cost(...large)) / (await cost(...small)));
        }
        return median(ratios);
      };
      const one = 'instance="host-0:9100"';
      growths.push({ what: `${name}: steps x 10`, found: await ratio(['', 1000], ['', 100]), limit: 13 });
      growths.push({ what: `${name}: series x 10`, found: await ratio(['', 240], [one, 240]), limit: 13 });
    }
    return growths;
  } finally {
    await server.stop();
  }
}

/** Memory that a sum over many series and 1,000 steps takes above an idle server's. */
async function memoryGrowth(seriesCount: number): Promise<Growth> {
  const series = Array.from({ length: seriesCount }, (_, i): WriteSeries => {
    const labels = [
      ['__name__', 'x_total'],
      ['instance', `host-${i % 100}:9100`],
      ['series', String(i)],
    ] as const;
    return { labels, valueAt: (step) => step * ((i % 50) + 1) };
  });
  const hours = 4;
  // What rate() gives is counted for every series and step, as the reference counts it: more than the standard limit.
  const { server, end } = await loadedServer(series, hours, 2 * MINUTE_MS, ['--query.max-samples=1000000000']);
  try {
    await sleep(2000);
    const idle = processUse(server.pid).residentBytes;
    let peak = idle;
    let isDone = false;
    const asked = ask(urlOf(server, 'sum(rate(x_total[5m]))', end - hours * HOUR_MS, end, 1000)).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      peak = Math.max(peak, processUse(server.pid).residentBytes);
      await sleep(20);
    }
    const { data } = JSON.parse(await asked) as { data: { result: { values: unknown[] }[] } };
    const steps = data.result[0]?.values.length ?? 0;
    const what = `sum(rate(x[5m])) over ${series.length} series and ${steps} steps, MiB above idle`;
    return { what, found: (peak - idle) / MIB, limit: 256 };
  } finally {
    await server.stop();
  }
}

async function loadedServer(
  series: readonly WriteSeries[],
  hours: number,
  stepMs: number,
  flags: readonly string[] = [],
): Promise<{ server: RunningServer; end: number }> {
  const server = await startServer(findCompetitors(['narthex=none'])[0]!, 'global: {}\n', { flags });
  try {
    const steps = (hours * HOUR_MS) / stepMs;
    const end = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const start = end - (steps - 1) * stepMs;
    // A server takes samples of the last hour before its newest one.
    const stepsPerRequest = (10 * MINUTE_MS) / stepMs;
    await sendLoad(server.url, { series, steps, start, stepMs, seriesPerRequest: 500, stepsPerRequest, shards: 1 });
    const found = await instantNumber(server.url, 'count(last_over_time({__name__=~".+"}[1h]))', end);
    if (found !== series.length) throw new Error(`the server shows ${found} of ${series.length} series`);
    return { server, end };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** CPU seconds a call, from as many calls as take `budgetMs`. */
async function cpuOf(
  server: RunningServer,
  expr: string,
  start: number,
  end: number,
  steps: number,
  budgetMs: number,
): Promise<number> {
  const url = urlOf(server, expr, start, end, steps);
  await ask(url);
  const before = processUse(server.pid).cpuSeconds;
  const began = performance.now();
  let calls = 0;
  while (performance.now() - began < budgetMs || calls < 3) {
    await ask(url);
    calls++;
  }
  return (processUse(server.pid).cpuSeconds - before) / calls;
}

function urlOf({ url }: RunningServer, expr: string, start: number, end: number, steps: number): string {
  const times = { start: String(start / 1000), end: String(end / 1000), step: String((end - start) / steps / 1000) };
  return `${url}/api/v1/query_range?${new URLSearchParams({ query: expr, ...times })}`;
}

async function ask(url: string): Promise<string> {
  const { statusCode, body } = await request(url, { dispatcher: connection });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text.slice(0, 300)}`);
  return text;
}
