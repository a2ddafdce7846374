import { setTimeout as sleep } from 'node:timers/promises';
import { instantNumber } from './ask.ts';
import { untilAtRest } from './at-rest.ts';
import { resultHash } from './kernel-bench.ts';
import { LeanConnection } from './lean-connection.ts';
import { querySeries } from './load/query-data.ts';
import { sendLoad } from './load/remote-writer.ts';
import type { BenchOptions } from './options.ts';
import { findCompetitors, type RunningServer, startServer } from './peers/server.ts';
import { BENCH_QUERIES, type BenchQuery } from './queries.ts';
import { geometricMean, median, pairedOrder } from './statistics.ts';
import { printTable } from './table.ts';
import { nanosecondsSince, threadNanoseconds } from './thread-time.ts';

const STEP_MS = 15_000;
const WARM_UP_ROUNDS = 3;
/** In each round a server's time for a query is cut into so many bursts, by turns with the others. */
const BURSTS = 4;
/** No query may be slower than so many times the peer's time or by so many ms, whichever is more. */
const SLOWER_MAX = 1.1;
const SLOWER_MS_MAX = 0.3;

/** All calls of one query to one server. */
interface Calls {
  readonly walls: number[];
  /** CPU of all threads of the server during its bursts. */
  cpuMs: number;
  answer: string | null;
}

interface QueryFigures {
  /** The median of all calls. */
  readonly wallMs: number;
  /** The mean of all calls: what comes once in many, as collecting garbage, is in it. */
  readonly cpuMs: number;
  readonly hash: string;
  readonly bytes: number;
}

/**
 * Wall and CPU time of each query against all servers on the same 5,800 series x 6 h, one query at a time, servers in
 * paired order for every query. All are asked the same bytes; answers are compared once, beside the clock: the hash is over
 * them with numbers rounded to ten digits and series sorted.
 *
 * Sizes: `scale`, `hours`, and in ms how long each server is asked one query: `budget` in each round, `warm-up` in each of
 * three rounds before. Nothing is asked before the servers have moved what is old to blocks.
 */
export async function queryBench({ smoke, peers, rounds, only, sizes }: BenchOptions): Promise<unknown> {
  const scale = sizes.get('scale') ?? (smoke ? 0.1 : 1);
  const hours = sizes.get('hours') ?? (smoke ? 1 : 6);
  const budgetMs = sizes.get('budget') ?? (smoke ? 20 : 100);
  const warmUpMs = sizes.get('warm-up') ?? (smoke ? 0 : 40);
  const queries = BENCH_QUERIES.filter((query) => only === null || query.name.includes(only));
  const steps = (hours * 3_600_000) / STEP_MS;
  const end = Math.floor(Date.now() / 60_000) * 60_000;
  const start = end - (steps - 1) * STEP_MS;
  const servers: RunningServer[] = [];
  try {
    for (const competitor of findCompetitors(peers)) {
      const server = await startServer(competitor, 'global: {}\n');
      servers.push(server);
      const series = querySeries(scale);
      const load = { series, steps, start, stepMs: STEP_MS, seriesPerRequest: 500, stepsPerRequest: 40, shards: 1 };
      const samples = await sendLoad(server.url, load);
      await eventuallyStored(server, series.length, end);
      console.log(`${competitor.name}: ${samples.toLocaleString('en-US')} samples of ${series.length} series`);
    }
    await untilAtRest(servers, end);
    // A server that has run for a while is what is compared: nobody is measured while code is compiled or pages are mapped.
    // In rounds over all queries: what V8 compiled for the first ones it compiles again when later ones bring other shapes.
    // Server after server with each of them, so that nobody has been idle for long when the first one is measured.
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      for (const query of queries) {
        for (const server of servers) await warmUp(server, query, end, warmUpMs);
      }
    }
    const rows: { query: BenchQuery; figures: ReadonlyMap<string, QueryFigures> }[] = [];
    for (const query of queries) {
      const calls = new Map<RunningServer, Calls>(
        servers.map((server) => [server, { walls: [], cpuMs: 0, answer: null }]),
      );
      // In bursts: what else the machine does for a tenth of a second meets one burst of each, not all calls of one.
      for (const server of pairedOrder(servers, rounds * BURSTS)) {
        await measure(server, query, end, budgetMs / BURSTS, calls.get(server)!);
      }
      rows.push({ query, figures: new Map(servers.map((one) => [one.competitor.name, figuresOf(calls.get(one)!)])) });
    }
    return report(
      rows,
      servers.map((server) => server.competitor.name),
    );
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** VictoriaMetrics answers about new samples a moment after it has acknowledged them. */
async function eventuallyStored(server: RunningServer, series: number, time: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await instantNumber(server.url, 'count(last_over_time({__name__=~"bench_.*"}[1h]))', time)) === series) return;
    await sleep(100);
  }
  throw new Error(`${server.competitor.name} does not show all ${series} series`);
}

/** Asks for so long, at least once, and looks at nothing. */
async function warmUp({ url }: RunningServer, query: BenchQuery, end: number, budgetMs: number): Promise<void> {
  const connection = await LeanConnection.open(url);
  const request = connection.request(pathOf(query, end));
  const started = performance.now();
  do await connection.ask(request);
  while (performance.now() - started < budgetMs);
  connection.close();
}

/** One connection, asked one query at a time, for so long, at least once. The first answer is kept, beside the clock. */
async function measure(
  { url, pid }: RunningServer,
  query: BenchQuery,
  end: number,
  budgetMs: number,
  calls: Calls,
): Promise<void> {
  const connection = await LeanConnection.open(url);
  const request = connection.request(pathOf(query, end));
  calls.answer ??= await connection.text(request);
  const before = threadNanoseconds(pid);
  const started = performance.now();
  let now = started;
  do {
    const asked = now;
    await connection.ask(request);
    now = performance.now();
    calls.walls.push(now - asked);
  } while (now - started < budgetMs);
  calls.cpuMs += nanosecondsSince(before, pid) / 1e6;
  connection.close();
}

function figuresOf({ walls, cpuMs, answer }: Calls): QueryFigures {
  return {
    wallMs: median(walls),
    cpuMs: cpuMs / walls.length,
    hash: resultHash(canonical(answer!)),
    bytes: answer!.length,
  };
}

function pathOf({ path, expr, rangeMs }: BenchQuery, end: number): string {
  const params = new URLSearchParams();
  const start = (end - rangeMs) / 1000;
  if (path === 'query') params.set('time', String(end / 1000));
  else {
    params.set('start', String(start));
    params.set('end', String(end / 1000));
  }
  if (path === 'query_range') params.set('step', String(Math.max(15, rangeMs / 1000 / 240)));
  if (path === 'query' || path === 'query_range') params.set('query', expr);
  else if (expr !== '') params.set('match[]', expr);
  return `/api/v1/${path}?${params}`;
}

/** An answer without what may differ between servers that agree: order of series, digits beyond the tenth. */
function canonical(text: string): string {
  const { data } = JSON.parse(text) as { data: { result?: { metric: object }[] } | unknown[] };
  const series = Array.isArray(data) ? data : (data.result ?? []);
  const round = (_: string, value: unknown): unknown => {
    if (typeof value === 'string' && /^[-+0-9.e]+$/.test(value) && Number.isFinite(Number(value))) {
      return Number(value).toPrecision(10);
    }
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return value;
  };
  return series
    .map((one) => JSON.stringify(one, round))
    .sort()
    .join('\n');
}

function report(
  rows: readonly { query: BenchQuery; figures: ReadonlyMap<string, QueryFigures> }[],
  names: readonly string[],
): unknown {
  const [subject, ...others] = names;
  const wall = (row: (typeof rows)[number], name: string): number => row.figures.get(name)!.wallMs;
  printTable(
    [
      'query',
      ...names.map((name) => `${name} ms`),
      ...others.map((name) => `/ ${name}`),
      // On a busy machine the steadier of the two.
      ...names.map((name) => `${name} CPU ms`),
      'same answer as',
    ],
    rows.map((row) => [
      row.query.name,
      ...names.map((name) => wall(row, name)),
      ...others.map((name) => wall(row, subject!) / wall(row, name)),
      ...names.map((name) => row.figures.get(name)!.cpuMs),
      others.filter((name) => row.figures.get(name)!.hash === row.figures.get(subject!)!.hash).join(' '),
    ]),
  );
  const means = others.map((name) => ({
    against: name,
    wall: geometricMean(rows.map((row) => wall(row, subject!) / wall(row, name))),
    cpu: geometricMean(rows.map(({ figures }) => figures.get(subject!)!.cpuMs / figures.get(name)!.cpuMs)),
  }));
  for (const mean of means) {
    console.log(
      `${subject} / ${mean.against}: wall ${mean.wall.toFixed(2)}, CPU ${mean.cpu.toFixed(2)} (geometric means)`,
    );
    const beyond = rows.filter((row) => {
      const theirs = wall(row, mean.against);
      return wall(row, subject!) > Math.max(SLOWER_MAX * theirs, theirs + SLOWER_MS_MAX);
    });
    console.log(`beyond their limit: ${beyond.map(({ query }) => query.name).join(', ') || 'none'}`);
  }
  return { means, rows: rows.map((row) => ({ ...row.query, figures: Object.fromEntries(row.figures) })) };
}
