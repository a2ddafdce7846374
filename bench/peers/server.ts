import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { findProgram } from './find-program.ts';

/** A kind of server that speaks Prometheus' API and configuration. */
export type ServerKind = 'narthex' | 'prometheus' | 'victoria';

export interface Competitor {
  /** Name in the tables. */
  readonly name: string;
  readonly kind: ServerKind;
  readonly program: string;
}

/** A server that does not start, or a `--peer` that names none. Its message is for who runs the bench. */
export class PeerError extends Error {
  override name = 'PeerError';
}

/** Node flags for the Narthex under test, such as `--cpu-prof`. */
const NODE_OPTIONS_OF_SUBJECT = process.env['NARTHEX_BENCH_NODE_OPTIONS'];

/**
 * Narthex itself and the peers that can be found: `--peer prom=/path/prometheus` arguments name them, else `prometheus`
 * and `victoria-metrics` are looked up through `NARTHEX_PEERS` and PATH.
 */
export function findCompetitors(peerArguments: readonly string[]): Competitor[] {
  const narthex: Competitor = {
    name: 'narthex',
    kind: 'narthex',
    program: join(import.meta.dirname, '..', '..', 'bin', 'narthex'),
  };
  if (peerArguments.length > 0) {
    return [narthex, ...peerArguments.map(competitorFromArgument)];
  }
  const prometheus = findProgram('prometheus');
  const victoria = findProgram('victoria-metrics');
  return [
    narthex,
    ...(prometheus === null ? [] : [{ name: 'prometheus', kind: 'prometheus' as const, program: prometheus }]),
    ...(victoria === null ? [] : [{ name: 'victoria', kind: 'victoria' as const, program: victoria }]),
  ];
}

function competitorFromArgument(argument: string): Competitor {
  const at = argument.indexOf('=');
  if (at < 1) throw new PeerError(`Cannot read --peer ${argument}: expected NAME=PROGRAM`);
  const name = argument.slice(0, at);
  const program = argument.slice(at + 1);
  const kind = /victoria|^vm/.test(name) ? 'victoria' : /narthex/.test(name) ? 'narthex' : 'prometheus';
  return { name, kind, program };
}

export interface RunningServer {
  readonly competitor: Competitor;
  readonly url: string;
  readonly pid: number;
  readonly directory: string;
  /** From spawning until `/-/ready` (VictoriaMetrics: `/health`) first answered 200, ms. */
  readonly readyAfterMs: number;
  /** Ends the process and removes its directory, unless that is to be kept. */
  stop(signal?: NodeJS.Signals, options?: { keepDirectory: boolean }): Promise<void>;
}

/** Starts a competitor with a configuration of Prometheus' form, on a new directory and a free port unless given. */
export async function startServer(
  competitor: Competitor,
  config: string,
  { directory, port: givenPort, flags = [] }: { directory?: string; port?: number; flags?: readonly string[] } = {},
): Promise<RunningServer> {
  const home = directory ?? mkdtempSync(join(tmpdir(), `narthex-bench-${competitor.name}-`));
  const port = givenPort ?? (await freePort());
  writeFileSync(join(home, 'prometheus.yml'), config);
  const log = openSync(join(home, 'server.log'), 'a');
  const started = performance.now();
  const child = spawn(competitor.program, [...argumentsFor(competitor.kind, home, port), ...flags], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      ...(competitor.kind === 'narthex' && NODE_OPTIONS_OF_SUBJECT ? { NODE_OPTIONS: NODE_OPTIONS_OF_SUBJECT } : {}),
    },
  });
  closeSync(log);
  // A program that is not there, or may not be run, is told by an event alone.
  const notRun = new Promise<never>((_, reject) => child.once('error', reject));
  notRun.catch(() => {});
  const url = `http://127.0.0.1:${port}`;
  const health = competitor.kind === 'victoria' ? '/health' : '/-/ready';
  try {
    await (child.pid === undefined ? notRun : untilReady(child, `${url}${health}`));
  } catch (error) {
    child.kill('SIGKILL');
    const reasons = [(error as Error).message, readFileSync(join(home, 'server.log'), 'utf8').slice(-2000).trim()];
    const text = reasons.filter((reason) => reason !== '').join('\n');
    throw new PeerError(`Cannot start ${competitor.name} (${competitor.program}): ${text}`, { cause: error });
  }
  return {
    competitor,
    url,
    pid: child.pid!,
    directory: home,
    readyAfterMs: performance.now() - started,
    async stop(signal = 'SIGTERM', { keepDirectory } = { keepDirectory: false }) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill(signal);
        await ended;
      }
      if (!keepDirectory) rmSync(home, { recursive: true, force: true });
    },
  };
}

function argumentsFor(kind: ServerKind, home: string, port: number): string[] {
  const config = join(home, 'prometheus.yml');
  if (kind === 'victoria') {
    return [
      `-promscrape.config=${config}`,
      `-storageDataPath=${join(home, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=100y',
      '-search.latencyOffset=0s',
      '-search.disableCache',
    ];
  }
  return [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(home, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--storage.tsdb.retention.time=100y',
    '--log.level=warn',
  ];
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 5) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended before it was ready');
    try {
      const { statusCode, body } = await request(url);
      await body.dump();
      if (statusCode === 200) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it was not ready after 60 s');
}

/**
 * A port on which nobody listens, below those that systems hand out by themselves: no connection that begins meanwhile
 * takes it, and a server that was killed finds it free again.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const port = randomInt(10_240, 20_480);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error('Cannot find a free port');
}
