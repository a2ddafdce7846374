import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../bench/peers/find-program.ts';
import { labelsFromObject } from '../../src/model/labels.ts';

/** What came of scraping one body. */
export interface Outcome {
  readonly error: string;
  /** Samples that the parser gave, also where the scrape failed later. */
  readonly scraped: number;
  /** `name{labels} value@time`, sorted; the time is `scrape` where the sample has none of its own. */
  readonly samples: readonly string[];
  /** `name{labels} {exemplar's labels} value@time`, sorted. */
  readonly exemplars: readonly string[];
}

/** The reference's program, `null` where there is none of version 3: its second version parses otherwise. */
export function prometheus3(): string | null {
  const program = findProgram('prometheus');
  if (program === null) return null;
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return /version 3\./.test(version) ? program : null;
}

/** Has a real Prometheus scrape each body once as OpenMetrics. */
export async function scrapedByPrometheus(
  program: string,
  bodies: ReadonlyMap<string, Buffer>,
): Promise<Map<string, Outcome>> {
  const started = Date.now();
  const { server, address } = await serve(bodies);
  const directory = mkdtempSync(join(tmpdir(), 'narthex-open-metrics-'));
  const targets = [...bodies.keys()].map(
    (name) => `  - {targets: ['${address}'], labels: {__metrics_path__: '/${name}', case: '${name}'}}\n`,
  );
  const config = join(directory, 'prometheus.yml');
  writeFileSync(
    config,
    `global: {scrape_interval: 3s, scrape_timeout: 3s}\nscrape_configs:\n- job_name: j\n  static_configs:\n${targets.join('')}`,
  );
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--enable-feature=exemplar-storage',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = new Promise((resolve) => {
    child.on('exit', resolve);
  });
  try {
    const base = await listeningUrl(child.stderr);
    const errors = await scrapedOnce(base, bodies.size);
    return await outcomes(base, errors, started);
  } finally {
    child.kill();
    await exited;
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function serve(bodies: ReadonlyMap<string, Buffer>): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    response.end(bodies.get(request.url!.slice(1)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function listeningUrl(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /msg="Listening on".* address=(127\.0\.0\.1:\d+)/.exec(text);
      if (found !== null) resolve(`http://${found[1]}/api/v1`);
    });
    const fail = () => reject(new Error(`Prometheus did not start: ${text}`));
    output.on('end', fail);
    setTimeout(fail, 120_000).unref();
  });
}

async function ask<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return ((await response.json()) as { readonly data: T }).data;
}

interface TargetView {
  readonly labels: { readonly case: string };
  readonly health: string;
  readonly lastError: string;
}

/** The last error of each case, once all have been scraped. */
async function scrapedOnce(base: string, count: number): Promise<Map<string, string>> {
  for (let attempt = 0; attempt < 480; attempt++) {
    const { activeTargets } = await ask<{ readonly activeTargets: readonly TargetView[] }>(`${base}/targets`);
    if (activeTargets.length === count && activeTargets.every(({ health }) => health !== 'unknown')) {
      return new Map(activeTargets.map((target) => [target.labels.case, target.lastError]));
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('Prometheus did not scrape all bodies within two minutes');
}

type Metric = Readonly<Record<string, string>>;
interface Series {
  readonly metric: Metric;
  readonly values: readonly (readonly [number, string])[];
}
interface ExemplarSeries {
  readonly seriesLabels: Metric;
  readonly exemplars: readonly { readonly labels: Metric; readonly value: string; readonly timestamp: number }[];
}

async function outcomes(base: string, errors: Map<string, string>, started: number): Promise<Map<string, Outcome>> {
  const selector = encodeURIComponent('{case!=""}');
  const range = encodeURIComponent('{case!=""}[20m]');
  const { result } = await ask<{ readonly result: readonly Series[] }>(`${base}/query?query=${range}`);
  const seconds = Date.now() / 1000;
  const withExemplars = await ask<readonly ExemplarSeries[]>(
    `${base}/query_exemplars?query=${selector}&start=${seconds - 1200}&end=${seconds + 60}`,
  );
  const found = new Map<string, { error: string; scraped: number; samples: string[]; exemplars: string[] }>();
  for (const [name, error] of errors) found.set(name, { error, scraped: 0, samples: [], exemplars: [] });
  const timeOf = (at: number) => (Math.round(at * 1000) >= started - 1000 ? 'scrape' : Math.round(at * 1000));
  for (const { metric, values } of result) {
    const outcome = found.get(metric['case']!)!;
    const [time, value] = values[0]!;
    if (metric['__name__'] === 'scrape_samples_scraped') outcome.scraped = Number(value);
    if (isReport(metric['__name__']!)) continue;
    outcome.samples.push(`${seriesText(metric)} ${Number(value.replace('Inf', 'Infinity'))}@${timeOf(time)}`);
  }
  for (const { seriesLabels, exemplars } of withExemplars) {
    const { labels, value, timestamp } = exemplars[0]!;
    const text = `${seriesText(seriesLabels)} ${labelsFromObject(labels)} ${Number(value)}@${timeOf(timestamp)}`;
    found.get(seriesLabels['case']!)!.exemplars.push(text);
  }
  for (const outcome of found.values()) {
    outcome.samples.sort();
    outcome.exemplars.sort();
  }
  return found;
}

/** True for what a scrape adds to the samples that it finds. */
export function isReport(name: string): boolean {
  return name === 'up' || name.startsWith('scrape_');
}

function seriesText(metric: Metric): string {
  const { case: _case, job: _job, instance: _instance, ...own } = metric;
  const labels = labelsFromObject(own);
  return `${labels.get('__name__')}${labels.without('__name__')}`;
}
