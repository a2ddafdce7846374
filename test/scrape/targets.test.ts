import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createDiscoverer } from '../../src/discovery/providers.ts';
import { defaultHttpClientSettings } from '../../src/http/client-settings.ts';
import { defaultScrapeSettings, type ScrapeSettings } from '../../src/scrape/scrape-config.ts';
import { type ActiveTargetView, ScrapeManager } from '../../src/scrape/scrape-manager.ts';
import { systemClock } from '../../src/std/clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import { RecordingStorage } from './recording-storage.ts';

const TEXT = 'text/plain; version=0.0.4';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

function text(body: string | Buffer, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': TEXT, ...headers });
    response.end(body);
  };
}

function begun(then: Answer, headers: Record<string, string> = {}): Answer {
  return (request, response) => {
    response.writeHead(200, { 'content-type': TEXT, ...headers });
    response.write('a 1\n');
    then(request, response);
  };
}

const zipped = gzipSync('a 1\n'.repeat(1000));
const answers: Record<string, Answer> = {
  good: text('a 1\nb{x="y"} 2\n'),
  gzip: text(gzipSync('a 1\nb 2\n'), { 'content-encoding': 'gzip' }),
  'not-found': (_, response) => response.writeHead(404).end('no'),
  'error-page': (_, response) => response.writeHead(500).end('x'.repeat(300_000)),
  hang: () => {},
  'hang-in-body': begun(() => {}),
  drip: begun((_, response) => {
    const timer = setInterval(() => response.write('#\n'), 20);
    response.on('close', () => clearInterval(timer));
  }),
  reset: (request) => request.socket.resetAndDestroy(),
  close: (request) => request.socket.destroy(),
  'cut-body': begun((request) => setTimeout(() => request.socket.destroy(), 20), { 'content-length': '100' }),
  endless: begun(function more(_, response) {
    const chunk = 'a 1\n'.repeat(10_000);
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', write);
    write();
  }),
  'no-gzip': text('a 1\n'.repeat(100), { 'content-encoding': 'gzip' }),
  'cut-gzip': text(zipped.subarray(0, zipped.length - 12), { 'content-encoding': 'gzip' }),
  bomb: text(gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a 1\n')), { 'content-encoding': 'gzip' }),
  'no-type': (_, response) => response.writeHead(200).end('a 1\n'),
  html: text('a 1\n', { 'content-type': 'text/html' }),
  redirect: (_, response) => response.writeHead(302, { location: '/good' }).end('moved'),
  loop: (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  malformed: text('a 1\nb{ 2\n'),
  'open-metrics': text('# TYPE c counter\nc_total 5 # {trace="t"} 1\n# EOF\n', {
    'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  }),
  'open-metrics-cut': text('c_total 5\n', { 'content-type': 'application/openmetrics-text; version=0.0.1' }),
  'open-metrics-untyped': (_, response) => response.writeHead(200).end('a 1 1.5\n# EOF\n'),
  empty: text(''),
};

const requests: IncomingMessage[] = [];
/** The port from which each request came. */
const ports: number[] = [];
const managers: ScrapeManager[] = [];

const server = createServer((request, response) => {
  requests.push(request);
  ports.push(request.socket.remotePort!);
  const path = new URL(request.url!, 'http://x').pathname.slice(1);
  (answers[path] ?? answers['not-found']!)(request, response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const PORT = (server.address() as AddressInfo).port;
const ADDRESS = `127.0.0.1:${PORT}`;

afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.stop()));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

interface Running {
  readonly manager: ScrapeManager;
  readonly storage: RecordingStorage;
  readonly metrics: () => string;
}

function start(...jobs: readonly ScrapeSettings[]): Running {
  const storage = new RecordingStorage();
  const registry = createRegistry(systemClock);
  const manager = new ScrapeManager({
    appendable: storage,
    discover: createDiscoverer,
    clock: systemClock,
    log: silentLog,
    registry,
    hashSeed: 1,
    offsetSeedText: 'test',
    timestampToleranceMs: 2,
    userAgent: 'Prometheus/3.14.0',
  });
  managers.push(manager);
  manager.apply(jobs);
  return { manager, storage, metrics: () => registry.render() };
}

function job(path: string, settings: Partial<ScrapeSettings> = {}, addresses = [ADDRESS]): ScrapeSettings {
  const targets = addresses.map((address) => ({ __address__: address }));
  return {
    ...defaultScrapeSettings,
    jobName: path,
    metricsPath: `/${path}`,
    scrapeIntervalMs: 300,
    scrapeTimeoutMs: 200,
    discovery: [{ kind: 'static', groups: [{ source: '0', targets, labels: {} }] }],
    ...settings,
  };
}

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (let i = 0; i < 9000; i++) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come to pass within 90 seconds');
}

/** The target once it has been scraped well: on a busy machine the first scrapes may take longer than they may. */
function scraped({ manager }: Running): Promise<ActiveTargetView> {
  return until(() => manager.active().find((target) => target.health === 'up'));
}

/** The error with which scrapes end, once it is the one that is wanted; else the last one. */
async function lastError(
  path: string,
  wanted: string | RegExp,
  settings: Partial<ScrapeSettings> = {},
  addresses = [ADDRESS],
): Promise<string> {
  const { manager, storage } = start(job(path, settings, addresses));
  let seen = 'not scraped';
  const isThere = () => {
    const target = manager.active().find(({ health }) => health !== 'unknown');
    if (target === undefined) return false;
    seen = target.lastError;
    expect(target.health).toBe(seen === '' ? 'up' : 'down');
    expect(storage.samples('up').at(-1)!.value).toBe(seen === '' ? 1 : 0);
    return typeof wanted === 'string' ? seen === wanted : wanted.test(seen);
  };
  await until(isThere).catch(() => {});
  return seen;
}

test('a target is scraped with the headers that exporters expect', async () => {
  requests.length = 0;
  const running = start(job('good', { params: { module: ['a b'] } }));
  const target = await scraped(running);
  expect(target).toMatchObject({
    health: 'up',
    lastError: '',
    scrapePool: 'good',
    scrapeInterval: '300ms',
    scrapeTimeout: '200ms',
  });
  expect(target.scrapeUrl).toBe(`http://${ADDRESS}/good?module=a+b`);
  expect(running.storage.samples('b', `{instance="${ADDRESS}", job="good", x="y"}`)[0]!.value).toBe(2);
  expect(requests.find(({ url }) => url === '/good?module=a+b')!.headers).toMatchObject({
    accept:
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'accept-encoding': 'gzip',
    'user-agent': 'Prometheus/3.14.0',
    'x-prometheus-scrape-timeout-seconds': '0.2',
  });
});

test('scrapes come at the interval, on a grid, over one connection', async () => {
  const running = start(job('good', { jobName: 'rhythm' }));
  // A loaded machine may be late for one of them, which does not move the others, and may need a while for six in a row.
  const isOnGrid = (times: readonly number[]) => {
    const onGridOf = (first: number) =>
      times.filter((time) => {
        const behind = Math.abs(time - first) % 300;
        return Math.min(behind, 300 - behind) <= 50;
      });
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    const median = gaps.sort((a, b) => a - b)[gaps.length >> 1]!;
    return Math.max(...times.map((time) => onGridOf(time).length)) > times.length / 2 && Math.abs(median - 300) < 100;
  };
  await until(() => {
    const times = running.storage.samples('up').map(({ time }) => time);
    return times.length >= 6 && isOnGrid(times.slice(-6)) && new Set(ports.slice(-6)).size === 1;
  });
  expect(running.metrics()).toContain('prometheus_target_interval_length_seconds_count{interval="300ms"}');
});

test('gzip, redirects and empty bodies are good scrapes', async () => {
  for (const path of ['gzip', 'redirect', 'empty']) expect([path, await lastError(path, '')]).toEqual([path, '']);
});

test('every way to misbehave ends in the error that the reference shows', async () => {
  const url = (path: string) => `Get "http://${ADDRESS}/${path}"`;
  const expected: Record<string, string> = {
    'not-found': 'server returned HTTP status 404 Not Found',
    'error-page': 'server returned HTTP status 500 Internal Server Error',
    hang: `${url('hang')}: context deadline exceeded`,
    'hang-in-body': 'context deadline exceeded',
    drip: 'context deadline exceeded',
    reset: `${url('reset')}: read: connection reset by peer`,
    close: `${url('close')}: EOF`,
    'cut-body': 'unexpected EOF',
    'no-gzip': 'gzip: invalid header',
    'cut-gzip': 'unexpected EOF',
    'no-type':
      'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    html: 'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
    loop: 'Get "/loop": stopped after 10 redirects',
    malformed: 'expected label name, got "2" ("INVALID") while parsing: "b{ 2"',
  };
  const errors = await Promise.all(
    Object.entries(expected).map(async ([path, error]) => [path, await lastError(path, error)]),
  );
  expect(Object.fromEntries(errors)).toEqual(expected);
});

test('a target that nobody answers for says so', async () => {
  const refused = 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused';
  expect(await lastError('x', refused, {}, ['127.0.0.1:1'])).toBe(refused);
  const parse = /parse "http:\/\/x:y\/x": /;
  expect(await lastError('x', parse, {}, ['x:y'])).toMatch(parse);
  const plain = `Get "https://${ADDRESS}/good": http: server gave HTTP response to HTTPS client`;
  expect(await lastError('good', plain, { scheme: 'https', scrapeTimeoutMs: 300 })).toBe(plain);
});

test('redirects are not followed where the job says so', async () => {
  const httpClient = { ...defaultHttpClientSettings, followRedirects: false };
  const found = 'server returned HTTP status 302 Found';
  expect(await lastError('redirect', found, { httpClient })).toBe(found);
});

test('a body without end meets the deadline', async () => {
  const late = 'context deadline exceeded';
  expect(await lastError('endless', late, { scrapeTimeoutMs: 100 })).toBe(late);
});

test('the body size limit holds for endless bodies and for zip bombs', async () => {
  const settings = { bodySizeLimit: 100_000, extraScrapeMetrics: true, scrapeTimeoutMs: 300 };
  for (const path of ['endless', 'bomb']) {
    const running = start(job(path, settings));
    await until(() => running.manager.active()[0]?.lastError === 'body size limit exceeded');
    await until(() => running.storage.samples('scrape_body_size_bytes').at(-1)?.value === -1);
    expect(running.metrics()).toMatch(/prometheus_target_scrapes_exceeded_body_size_limit_total [1-9]/);
  }
});

test('a fallback protocol stands in for a missing Content-Type', async () => {
  expect(await lastError('no-type', '', { fallbackScrapeProtocol: 'PrometheusText0.0.4' })).toBe('');
});

test('too many targets fail all of them', async () => {
  const running = start(job('good', { targetLimit: 1 }, [ADDRESS, `localhost:${PORT}`]));
  const target = await until(() => running.manager.active().find(({ health }) => health === 'down'));
  expect(target.lastError).toBe('target_limit exceeded (number of targets: 2, limit: 1)');
  expect(running.metrics()).toContain('prometheus_target_scrape_pool_exceeded_target_limit_total 1');
});

test('credentials and headers of the job are sent, and not to another host', async () => {
  requests.length = 0;
  const httpClient = {
    ...defaultHttpClientSettings,
    basicAuth: { username: 'u', usernameFile: '', password: 'ü', passwordFile: '' },
    headers: { 'X-Own': { values: ['1', '2'], secrets: ['3'], files: [] } },
  };
  answers['elsewhere'] = (_, response) => response.writeHead(302, { location: `http://localhost:${PORT}/good` }).end();
  await scraped(start(job('elsewhere', { httpClient })));
  const at = requests.findIndex(({ url }) => url === '/good');
  const [first, second] = requests.slice(at - 1);
  expect(first!.headers.authorization).toBe(`Basic ${Buffer.from('u:ü').toString('base64')}`);
  expect(first!.headers['x-own']).toBe('1, 2, 3');
  expect([second!.headers.authorization, second!.headers['x-own']]).toEqual([undefined, undefined]);
});

test('a removed target has its series ended after two intervals; the others go on', async () => {
  const both = job('good', {}, [ADDRESS, `localhost:${PORT}`]);
  const running = start(both);
  await until(() => running.manager.active().filter((target) => target.health === 'up').length === 2);
  running.manager.apply([job('good')]);
  const removed = `{instance="localhost:${PORT}", job="good"}`;
  await until(() => running.storage.samples('up', removed).at(-1)?.value === 'stale');
  expect(running.storage.samples('a', removed).at(-1)!.value).toBe('stale');
  const kept = running.storage.samples('up', `{instance="${ADDRESS}", job="good"}`);
  expect(kept.every(({ value }) => value !== 'stale')).toBe(true);
  expect(running.manager.active().map(({ labels }) => labels.get('instance'))).toEqual([ADDRESS]);
});

test('a reload with another interval keeps the series; one with other labels ends the old ones', async () => {
  const running = start(job('good'));
  await scraped(running);
  running.manager.apply([job('good', { scrapeIntervalMs: 200, scrapeTimeoutMs: 150 })]);
  const before = running.storage.samples('a').length;
  await until(() => running.storage.samples('a').length > before + 2);
  // It is ended by a scrape that takes too long, and by nothing else.
  const failed = new Set(running.storage.samples('up').flatMap(({ time, value }) => (value === 0 ? [time] : [])));
  const ended = running.storage.samples('a').filter(({ value }) => value === 'stale');
  expect(ended.filter(({ time }) => !failed.has(time))).toEqual([]);
  expect(running.metrics()).toContain('prometheus_target_scrape_pool_reloads_total 1');
  const relabelled = {
    targetLabel: 'extra',
    replacement: 'x',
    sourceLabels: [],
    separator: ';',
    regex: '(.*)',
    modulus: 0,
    action: 'replace' as const,
  };
  running.manager.apply([job('good', { relabelConfigs: [relabelled] })]);
  const old = `{instance="${ADDRESS}", job="good"}`;
  await until(() => running.storage.samples('a', old).at(-1)?.value === 'stale');
  await until(() => running.storage.samples('a', `{extra="x", instance="${ADDRESS}", job="good"}`).length > 0);
});

test('stop() gives scrapes under way up and ends no series', async () => {
  const running = start(job('good'), job('hang', { scrapeTimeoutMs: 290 }));
  await until(() => running.storage.samples('a').at(-1)?.value === 1);
  // A scrape that was waited for would commit that its target is down.
  const { commits } = running.storage;
  await running.manager.stop();
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(running.storage.commits).toBe(commits);
  expect(running.storage.samples('a').at(-1)!.value).toBe(1);
});

test('dropped targets are shown, up to the limit, and all are counted', async () => {
  const drop = {
    targetLabel: '',
    replacement: '$1',
    sourceLabels: ['job'],
    separator: ';',
    regex: '.*',
    modulus: 0,
    action: 'drop' as const,
  };
  const settings = job('good', { relabelConfigs: [drop], keepDroppedTargets: 1 }, [ADDRESS, 'b:1', 'c:1']);
  const { manager } = start(settings);
  await until(() => manager.dropped().length > 0);
  expect(manager.dropped().map(({ discoveredLabels }) => discoveredLabels.get('__address__'))).toEqual([ADDRESS]);
  expect([manager.droppedCounts(), manager.pools()]).toEqual([{ good: 3 }, ['good']]);
});

test('a target may answer in OpenMetrics, and must then end with # EOF', async () => {
  const running = start(job('open-metrics'));
  expect((await scraped(running)).lastError).toBe('');
  expect(running.storage.samples('c_total')[0]!.value).toBe(5);
  expect(running.storage.exemplars[0]).toContain(`c_total{instance="${ADDRESS}", job="open-metrics"} {trace="t"} 1@`);
  const cut = 'data does not end with # EOF';
  expect(await lastError('open-metrics-cut', cut)).toBe(cut);
});

test('scrape_protocols and fallback_scrape_protocol may name OpenMetrics', async () => {
  requests.length = 0;
  const protocols: Partial<ScrapeSettings> = {
    scrapeProtocols: ['OpenMetricsText0.0.1'],
    fallbackScrapeProtocol: 'OpenMetricsText0.0.1',
  };
  const running = start(job('open-metrics-untyped', protocols));
  expect((await scraped(running)).lastError).toBe('');
  expect(running.storage.samples('a')[0]).toEqual({ time: 1500, value: 1 });
  expect(requests.find(({ url }) => url === '/open-metrics-untyped')!.headers.accept).toBe(
    'application/openmetrics-text;version=0.0.1;q=0.6,*/*;q=0.5',
  );
});
