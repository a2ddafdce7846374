import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { askData, eventually, rawSeries } from '../support/ask.ts';
import { status, text, Workbench } from './narthex-process.ts';

const bench = new Workbench();
const servers: Server[] = [];
afterEach(async () => {
  await bench.cleanUp();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A target that answers with `body()`, or never where that is null. Gives its `host:port`. */
async function target(body: () => string | null): Promise<string> {
  const server = createServer((_request, response) => {
    const answer = body();
    if (answer !== null) response.setHeader('content-type', 'text/plain; version=0.0.4').end(answer);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

const configuration = (address: string, job = 'a') =>
  `global: {scrape_interval: 250ms, scrape_timeout: 250ms}\nscrape_configs:\n- job_name: ${job}\n  static_configs: [{targets: ["${address}"]}]\n`;

const metric = async (url: string, name: string) =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await text(url, '/metrics'))?.[1]);

const pools = async (url: string) => (await askData<{ scrapePools: string[] }>(url, 'scrape_pools')).scrapePools;

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends the server with code 0 without waiting for what is open',
  async (signal) => {
    const hanging = await target(() => null);
    const yaml = configuration(hanging).replaceAll('250ms', '1h');
    const server = bench.start(bench.directory({ 'prometheus.yml': yaml }));
    const url = await server.ready();
    const { hostname, port } = new URL(url);
    const idle = connect(Number(port), hostname);
    idle.on('error', () => {});
    idle.write('GET /-/healthy HTTP/1.1\r\nhost: x\r\n\r\nGET /-/hea');
    await sleep(200);
    const asked = performance.now();
    const { code, stderr } = await server.end(signal);
    const seconds = (performance.now() - asked) / 1000;
    idle.destroy();
    expect([code, stderr.includes('level=ERROR')]).toEqual([0, false]);
    // Some two seconds; the scrape alone would have gone on for an hour.
    expect(seconds).toBeLessThan(90);
  },
);

test('a second signal ends the server at once', async () => {
  const server = bench.start(bench.directory());
  const url = await server.ready();
  const { hostname, port } = new URL(url);
  const busy = connect(Number(port), hostname);
  busy.on('error', () => {});
  busy.write(
    'POST /api/v1/query HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\n',
  );
  await sleep(200);
  server.child.kill('SIGTERM');
  await sleep(100);
  const { code } = await server.end('SIGTERM');
  busy.destroy();
  expect([0, 143]).toContain(code);
});

test('POST /-/quit ends the server where it is allowed', async () => {
  const server = bench.start(bench.directory(), ['--web.enable-lifecycle']);
  const url = await server.ready();
  expect(await status(url, '/-/quit', 'POST')).toBe(200);
  expect((await server.ended).code).toBe(0);
});

test('SIGHUP and POST /-/reload load the configuration again', async () => {
  const address = await target(() => 'x 1\n');
  const directory = bench.directory({ 'prometheus.yml': configuration(address) });
  const file = join(directory, 'prometheus.yml');
  const server = bench.start(directory, ['--web.enable-lifecycle']);
  const url = await server.ready();
  expect(await pools(url)).toEqual(['a']);

  writeFileSync(file, configuration(address, 'b'));
  expect(await status(url, '/-/reload', 'POST')).toBe(200);
  expect(await pools(url)).toEqual(['b']);

  writeFileSync(file, configuration(address, 'c'));
  server.child.kill('SIGHUP');
  await eventually(
    () => pools(url),
    (names) => names.join() === 'c',
  );
  await eventually(
    () => askData<{ result: unknown[] }>(url, 'query', { query: 'x{job="c"}' }),
    ({ result }) => result.length === 1,
  );
});

test('a wrong configuration at reload changes nothing and is told', async () => {
  const address = await target(() => 'x 1\n');
  const directory = bench.directory({ 'prometheus.yml': configuration(address) });
  const server = bench.start(directory, ['--web.enable-lifecycle']);
  const url = await server.ready();
  expect(await metric(url, 'prometheus_config_last_reload_successful')).toBe(1);
  writeFileSync(join(directory, 'prometheus.yml'), 'globul: {}\n');
  expect(await text(url, '/-/reload', 'POST')).toMatch(
    /^failed to reload config: couldn't load configuration \(--config\.file="prometheus\.yml"\): parsing YAML file prometheus\.yml: yaml: unmarshal errors:\n {2}line 1: field globul not found in type config\.plain/,
  );
  expect(await status(url, '/-/reload', 'POST')).toBe(500);
  expect(await metric(url, 'prometheus_config_last_reload_successful')).toBe(0);
  expect(await pools(url)).toEqual(['a']);
  expect(JSON.stringify(await askData(url, 'notifications'))).toContain('Configuration reload has failed.');

  writeFileSync(join(directory, 'prometheus.yml'), configuration(address, 'b'));
  expect(await status(url, '/-/reload', 'POST')).toBe(200);
  expect(await metric(url, 'prometheus_config_last_reload_successful')).toBe(1);
  expect(await askData(url, 'notifications')).toEqual([]);
});

test('--config.auto-reload notices a changed file', async () => {
  const address = await target(() => 'x 1\n');
  const directory = bench.directory({ 'prometheus.yml': configuration(address) });
  const server = bench.start(directory, ['--config.auto-reload', '--config.auto-reload-interval=1s']);
  const url = await server.ready();
  writeFileSync(join(directory, 'prometheus.yml'), configuration(address, 'b'));
  await eventually(
    () => pools(url),
    (names) => names.join() === 'b',
  );
});

test('reload and quit by request are off unless asked for', async () => {
  const url = await bench.start(bench.directory()).ready();
  expect(await status(url, '/-/reload', 'POST')).toBe(403);
  expect(await text(url, '/-/quit', 'POST')).toContain('Lifecycle API is not enabled.');
});

test('kill -9 loses no sample that could be queried; the next start serves them and goes on', async () => {
  let value = 0;
  const address = await target(() => `steps_total ${++value}\n`);
  const directory = bench.directory({ 'prometheus.yml': configuration(address) });
  const first = bench.start(directory);
  const values = async (url: string) =>
    (await rawSeries(url, 'steps_total', 3600, Date.now() / 1000))[0]?.values.map(([, text_]) => text_) ?? [];
  const before = await first.ready().then((url) =>
    eventually(
      () => values(url),
      (seen) => seen.length >= 10,
    ),
  );
  await first.end('SIGKILL');

  const second = bench.start(directory);
  const url = await second.ready();
  const after = await eventually(
    () => values(url),
    (seen) => seen.length > before.length,
  );
  expect(after.slice(0, before.length)).toEqual(before);
  const numbers = after.map(Number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test('what targets say of their metrics is known after a restart, before they answer again', async () => {
  let isUp = true;
  const address = await target(() =>
    isUp ? '# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 1\n' : null,
  );
  const directory = bench.directory({ 'prometheus.yml': configuration(address) });
  const metadata = async (url: string) => [await askData(url, 'metadata'), await askData(url, 'targets/metadata')];
  const expected = [
    { jobs_total: [{ type: 'counter', unit: '', help: 'Jobs done.' }] },
    [
      {
        target: { instance: address, job: 'a' },
        metric: 'jobs_total',
        type: 'counter',
        help: 'Jobs done.',
        unit: '',
      },
    ],
  ];
  for (let run = 0; run < 3; run++) {
    const server = bench.start(directory);
    const url = await server.ready();
    const seen = await eventually(
      () => metadata(url),
      ([byMetric]) => Object.keys(byMetric as object).length > 0,
    );
    expect(seen).toEqual(expected);
    isUp = false;
    expect((await server.end()).code).toBe(0);
  }
});
