import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { querySeries } from './load/query-data.ts';
import { runQueryLoad } from './load/query-load.ts';
import { sendLoad } from './load/remote-writer.ts';
import { replayConfig } from './load/replay-config.ts';
import { spawnReplayExporter } from './load/spawn-exporter.ts';
import type { BenchOptions } from './options.ts';
import { type Competitor, findCompetitors, startServer } from './peers/server.ts';
import { processUse } from './process-tree.ts';
import { median, pairedOrder } from './statistics.ts';
import { printTable } from './table.ts';

const STEP_MS = 15_000;
const CONNECTIONS = 6;

/** The heaviest of the query bench: everything there is, over six hours at every step. */
const HEAVY = [
  'rate(bench_requests_total[5m])',
  'histogram_quantile(0.9, sum by (le, handler) (rate(bench_latency_seconds_bucket[5m])))',
  'topk(5, rate(bench_latency_seconds_bucket[1h]))',
  'sum by (host) (label_replace({__name__=~"bench_.*"}, "host", "$1", "instance", "(.*):.*"))',
  'quantile_over_time(0.9, bench_temperature_celsius[1h])',
  'sum(max_over_time(rate(bench_requests_total[5m])[1h:1m]))',
  '{__name__=~"bench_.+"}',
];

interface LoadRun {
  readonly name: string;
  /** How late scrapes came, ms: with the queries, and before them. */
  readonly delays: Quantiles;
  readonly delaysIdle: Quantiles;
  /** How late the event loop was, ms; null where the server does not tell. */
  readonly eventLoop: { readonly p99: number; readonly max: number } | null;
  readonly scrapes: number;
  readonly queries: number;
  readonly queryMs: number;
  readonly answerBytes: number;
  readonly residentBytes: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * How late scrapes start while the heaviest queries run without a pause on several connections. Each target's scrapes
 * should come at one phase of the interval; how much later than at the earliest one they reach the exporter is the delay.
 *
 * One pass over a server takes half a minute: it gets the data, is scraped for some seconds without queries, and then
 * with them. `--set passes=N` repeats it and takes the middle ones.
 */
export async function scrapeUnderQueryLoadBench({ smoke, peers, only, sizes }: BenchOptions): Promise<unknown> {
  const shape = {
    targets: sizes.get('targets') ?? (smoke ? 5 : 50),
    seriesPerTarget: sizes.get('series') ?? (smoke ? 50 : 500),
    intervalMs: 1000,
    idleMs: 1000 * (smoke ? 2 : 5),
    loadedMs: 1000 * (sizes.get('seconds') ?? (smoke ? 3 : 20)),
    scale: sizes.get('scale') ?? (smoke ? 0.1 : 1),
    hours: sizes.get('hours') ?? (smoke ? 1 : 6),
  };
  const exporter = await spawnReplayExporter();
  const runs: LoadRun[] = [];
  try {
    for (const competitor of pairedOrder(competitorsOf(peers, only), sizes.get('passes') ?? 1)) {
      runs.push(await runOnce(competitor, exporter.port, shape));
    }
  } finally {
    exporter.stop();
  }
  const names = [...new Set(runs.map(({ name }) => name))];
  const figure = (name: string, of: (run: LoadRun) => number) =>
    median(runs.filter((run) => run.name === name).map(of));
  printTable(
    [
      'server',
      'delay p50 ms',
      'p99 ms',
      'max ms',
      'idle p99 ms',
      'loop p99 ms',
      'loop max ms',
      'query ms',
      'queries',
      'answers MB',
      'RSS MB',
    ],
    names.map((name) => [
      name,
      figure(name, (run) => run.delays.p50),
      figure(name, (run) => run.delays.p99),
      figure(name, (run) => run.delays.max),
      figure(name, (run) => run.delaysIdle.p99),
      figure(name, (run) => run.eventLoop?.p99 ?? Number.NaN),
      figure(name, (run) => run.eventLoop?.max ?? Number.NaN),
      figure(name, (run) => run.queryMs),
      figure(name, (run) => run.queries),
      figure(name, (run) => run.answerBytes / 1e6),
      figure(name, (run) => run.residentBytes / 1e6),
    ]),
  );
  return { ...shape, runs };
}

/** Without peers that are named: the reference alone, to which the delays are compared. `only`: of these names alone. */
function competitorsOf(peers: readonly string[], only: string | null): Competitor[] {
  return findCompetitors(peers).filter(
    ({ kind, name }) => (peers.length > 0 || kind !== 'victoria') && (only === null || name.includes(only)),
  );
}

interface Shape {
  readonly targets: number;
  readonly seriesPerTarget: number;
  readonly intervalMs: number;
  readonly idleMs: number;
  readonly loadedMs: number;
  readonly scale: number;
  readonly hours: number;
}

async function runOnce(competitor: Competitor, port: number, shape: Shape): Promise<LoadRun> {
  const client = `${competitor.name}-${Date.now()}`;
  const { intervalMs, idleMs, loadedMs } = shape;
  const server = await startServer(competitor, 'global: {}\n');
  try {
    const steps = (shape.hours * 3_600_000) / STEP_MS;
    const end = Math.floor(Date.now() / 60_000) * 60_000;
    const start = end - (steps - 1) * STEP_MS;
    const series = querySeries(shape.scale);
    await sendLoad(server.url, {
      series,
      steps,
      start,
      stepMs: STEP_MS,
      seriesPerRequest: 500,
      stepsPerRequest: 40,
      shards: 1,
    });
    const paths = HEAVY.map((query) => {
      const params = { query, start: String(start / 1000), end: String(end / 1000), step: '15' };
      return `/api/v1/query_range?${new URLSearchParams(params)}`;
    });
    // Only now: samples of hours ago are not taken behind those of the present.
    writeFileSync(join(server.directory, 'prometheus.yml'), replayConfig(client, port, shape));
    process.kill(server.pid, 'SIGHUP');
    await sleep(3 * intervalMs);
    await arrivals(port, client);
    await sleep(idleMs);
    const idle = await arrivals(port, client);
    await eventLoopDelay(server.url);
    const load = { url: server.url, paths, connections: CONNECTIONS, durationMs: loadedMs };
    const { answerBytes, durations } = await runQueryLoad(load);
    const loaded = await arrivals(port, client);
    return {
      name: competitor.name,
      delays: delays(idle, loaded, loaded, intervalMs),
      delaysIdle: delays(idle, loaded, idle, intervalMs),
      eventLoop: await eventLoopDelay(server.url),
      scrapes: Object.values(loaded).reduce((sum, times) => sum + times.length, 0),
      queries: durations.length,
      queryMs: median(durations),
      answerBytes,
      residentBytes: processUse(server.pid).residentBytes,
    };
  } finally {
    await server.stop();
  }
}

/** When scrapes came, ms, by target. */
type Arrivals = Readonly<Record<string, readonly number[]>>;

async function arrivals(port: number, client: string): Promise<Arrivals> {
  const { body } = await request(`http://127.0.0.1:${port}/arrivals?client=${client}`);
  return (await body.json()) as Arrivals;
}

/** How much later than the earliest phase of their target the scrapes of a part came. */
function delays(idle: Arrivals, loaded: Arrivals, part: Arrivals, intervalMs: number): Quantiles {
  const late: number[] = [];
  for (const [target, times] of Object.entries(part)) {
    const all = [...(idle[target] ?? []), ...(loaded[target] ?? [])];
    const phase = (time: number) => {
      const away = (time - all[0]!) % intervalMs;
      return away > intervalMs / 2 ? away - intervalMs : away;
    };
    const earliest = Math.min(...all.map(phase));
    for (const time of times) late.push(phase(time) - earliest);
  }
  late.sort((a, b) => a - b);
  const at = (share: number) => late[Math.min(late.length - 1, Math.floor(share * late.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** What Narthex says of its event loop since it was asked last, ms; null for others. */
async function eventLoopDelay(url: string): Promise<{ p99: number; max: number } | null> {
  const { body } = await request(`${url}/metrics`);
  const text = await body.text();
  const of = (quantile: string) => {
    const line = new RegExp(`^narthex_event_loop_delay_seconds\\{quantile="${quantile}"\\} (.*)$`, 'm').exec(text);
    return line === null ? null : 1000 * Number(line[1]);
  };
  const p99 = of('0.99');
  const max = of('1');
  return p99 === null || max === null ? null : { p99, max };
}
