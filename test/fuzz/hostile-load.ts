import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

/** What the main thread of a server did since it was asked last. */
export interface Pieces {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly residentBytes: number;
}

/** Asks a server with `loop-watch.ts` in it. */
export async function pieces(child: ChildProcess): Promise<Pieces> {
  child.send('pieces');
  const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(60_000) })) as [Pieces];
  return message;
}

const CLIENTS = 20;
const IDLE_CONNECTIONS = 400;
/** What the process may take above what it had before, and what of it may be left a while after. */
const GROWTH_BYTES_MAX = 6 * 2 ** 30;
const LEFT_BYTES_MAX = 600 * 2 ** 20;
const SETTLING_MS = 20_000;
const LOOP_DELAY_P99_MS_MAX = 20;

const HOUR = 3600;
const QUERIES: readonly string[] = [
  'wide',
  '{__name__=~".+"}[1h]',
  'long[1h]',
  'sum_over_time(vector(1)[3h:1ms])',
  'max_over_time(max_over_time(vector(time())[1m:1ms])[1h:1ms])',
  'count_values("v", wide * on (id) wide)',
  'count_values("v", vector(time()))[1h:1ms]',
  'label_replace(wide, "a", "$1$1$1$1", "id", "(.*)")',
  'wide * on (group) group_left () wide',
  'wide or label_replace(wide, "id", "x-$1", "id", "(.*)")',
  'topk(100000, wide)',
  'sort_by_label(wide, "le", "id")',
  'quantile_over_time(0.5, long[1h])',
  'wide{id=~"((i|d|-|[0-9])+)*x"}',
  'texts',
  'label_join(texts, "a", "-", "text", "text", "text", "text", "text", "text", "text")',
  'histogram_quantile(0.9, wide)',
];

type Manner = 'reads' | 'leaves' | 'is slow' | 'never reads';
const MANNERS: readonly Manner[] = ['reads', 'reads', 'leaves', 'is slow', 'never reads'];
/** 400: some of the queries can not be asked over a range. */
const OUTCOMES: ReadonlySet<string> = new Set(['200', '400', '422', '503', 'left', 'gone']);

/** Twenty clients ask for so long; true where the server came through well. */
export async function underLoad(url: string, server: ChildProcess, seconds: number): Promise<boolean> {
  const before = (await pieces(server)).residentBytes;
  await loopDelayP99(url);
  const idle = await idleConnections(url);
  const counts = new Map<string, number>();
  const until = performance.now() + 1000 * seconds;
  let highest = 0;
  let longest = 0;
  const watch = (async () => {
    while (performance.now() < until) {
      const { cpuMs, residentBytes } = await pieces(server);
      highest = Math.max(highest, residentBytes);
      longest = Math.max(longest, cpuMs);
      await sleep(250);
    }
  })();
  const client = async (number: number): Promise<void> => {
    for (let round = 0; performance.now() < until; round++) {
      const query = QUERIES[(number + 7 * round) % QUERIES.length]!;
      const outcome = await ask(url, query, MANNERS[(number + round) % MANNERS.length]!, round % 2 === 0);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all([watch, ...Array.from({ length: CLIENTS }, (_, i) => client(i))]);
  const p99 = 1000 * (await loopDelayP99(url));
  for (const socket of idle) socket.destroy();
  await sleep(SETTLING_MS);
  const after = (await pieces(server)).residentBytes;
  const healthy = (await request(`${url}/-/healthy`)).statusCode;
  const problems = [
    ...[...counts.keys()].filter((outcome) => !OUTCOMES.has(outcome)).map((outcome) => `answers: ${outcome}`),
    ...(highest - before > GROWTH_BYTES_MAX ? ['memory grew too far'] : []),
    ...(after - before > LEFT_BYTES_MAX ? ['memory did not come back'] : []),
    ...(p99 > LOOP_DELAY_P99_MS_MAX ? ['the event loop was late'] : []),
    ...(healthy === 200 ? [] : ['the server is not healthy']),
  ];
  const outcomes = [...counts].map(([outcome, count]) => `${outcome}: ${count}`).join(', ');
  process.stdout.write(
    `${outcomes}\nresident MiB: ${mebibytes(before)} before, ${mebibytes(highest)} at most, ${mebibytes(after)} after\n` +
      `event loop: p99 ${p99.toFixed(1)} ms late, longest piece ${longest.toFixed(1)} ms of CPU\n` +
      `${problems.length === 0 ? 'all well' : problems.join('; ')}\n`,
  );
  return problems.length === 0;
}

/** Sends a query and behaves; gives the status, or what became of the client. */
function ask(url: string, query: string, manner: Manner, isRange: boolean): Promise<string> {
  const now = Date.now() / 1000;
  const grid = isRange ? `query_range?start=${now - HOUR}&end=${now}&step=1&` : 'query?';
  const path = `${url}/api/v1/${grid}timeout=5s&query=${encodeURIComponent(query)}`;
  return new Promise((resolve) => {
    const sent = get(path, { agent: false }, (response: IncomingMessage) => {
      const status = String(response.statusCode);
      response.on('error', () => resolve('gone'));
      response.on('end', () => resolve(status));
      if (manner === 'never reads') setTimeout(() => response.destroy(), 3000).unref();
      else if (manner === 'is slow') readSlowly(response);
      else response.resume();
      response.on('close', () => resolve(status));
    });
    sent.on('error', () => resolve(manner === 'leaves' ? 'left' : 'gone'));
    if (manner === 'leaves') setTimeout(() => sent.destroy(), 150);
  });
}

function readSlowly(response: IncomingMessage): void {
  let pieces = 0;
  response.on('data', () => {
    if (++pieces > 40) response.destroy();
    response.pause();
    setTimeout(() => response.resume(), 50);
  });
}

async function idleConnections(url: string): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: IDLE_CONNECTIONS }, () => connect(Number(port), hostname).on('error', () => {}));
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => {})));
  return sockets;
}

/** Since it was asked last, in seconds. */
async function loopDelayP99(url: string): Promise<number> {
  const text = await (await request(`${url}/metrics`)).body.text();
  return Number(/narthex_event_loop_delay_seconds\{quantile="0.99"\} (\S+)/.exec(text)?.[1]);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
