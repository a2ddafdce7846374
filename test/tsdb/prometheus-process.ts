import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A target that real servers scrape: a counter that tells the scrape, and a few more series. */
export interface Target {
  readonly address: string;
  /** Resolves when it has been scraped so many more times. */
  scraped(times: number): Promise<void>;
  close(): void;
}

export async function startTarget(): Promise<Target> {
  let scrapes = 0;
  let waiting: { at: number; resolve: () => void }[] = [];
  const server: Server = createServer((_, response) => {
    scrapes++;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    const lines = Array.from({ length: 50 }, (_, i) => `gauge{row="${i}",utf8="ü${i}"} ${Math.sin(scrapes * i)}`);
    response.end(`${['# TYPE scrapes counter', `scrapes ${scrapes}`, 'nan NaN', ...lines].join('\n')}\n`);
    for (const wait of waiting.filter(({ at }) => at <= scrapes)) wait.resolve();
    waiting = waiting.filter(({ at }) => at > scrapes);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    scraped: (times) =>
      new Promise((resolve) => {
        waiting.push({ at: scrapes + times, resolve });
      }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface PrometheusProcess {
  readonly child: ChildProcess;
  /** The exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  readonly output: () => string;
}

/** Runs a real Prometheus on a data directory; it listens on a free port and scrapes the target each 500 ms. */
export function startPrometheus(
  program: string,
  directory: string,
  target: string,
  flags: readonly string[] = [],
): PrometheusProcess {
  const config = `${directory}.yml`;
  writeFileSync(
    config,
    `global: {scrape_interval: 500ms, scrape_timeout: 500ms}\nscrape_configs: [{job_name: t, static_configs: [{targets: ['${target}']}]}]\n`,
  );
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${directory}`,
      '--web.listen-address=127.0.0.1:0',
      ...lockFlags(program),
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<number | null>((resolve) => {
    // 'close' comes when all its output has been read.
    child.on('close', resolve);
  });
  return { child, exited, output: () => output };
}

/** Debian's build has turned the flag round: without it, there is no lock file. */
function lockFlags(program: string): string[] {
  const help = execFileSync(program, ['--help'], { stdio: 'pipe' }).toString();
  return help.includes('--storage.tsdb.use-lockfile') ? ['--storage.tsdb.use-lockfile'] : [];
}

/** Every sample that the reference's own tool reads from a data directory: `{labels} value time`, sorted. */
export function dumpWithPromtool(promtool: string, directory: string): string[] {
  const text = execFileSync(promtool, ['tsdb', 'dump', directory], { maxBuffer: 1 << 28, stdio: 'pipe' }).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** 2.42 for "prometheus, version 2.42.0+ds"; null where it does not tell one, as a build from source. */
export function versionOf(program: string): number | null {
  const text = execFileSync(program, ['--version'], { stdio: 'pipe' }).toString();
  const match = /version (\d+\.\d+)/.exec(text);
  return match === null ? null : Number(match[1]);
}
