import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { askData, eventually } from '../support/ask.ts';
import { BIN, SOURCES, status, text, Workbench } from './narthex-process.ts';

const bench = new Workbench();
afterEach(() => bench.cleanUp());

interface Vector {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];
}

test.each([
  ['bin/narthex', [BIN]],
  ['src/main.ts', SOURCES],
])('%s without a configuration scrapes itself and says where it listens, on one line', async (_name, program) => {
  const server = bench.start(bench.directory(), [], program);
  const url = await server.ready();
  expect(server.stdout).toMatch(/^Narthex \S+ listens on http:\/\/127\.0\.0\.1:\d+\/\n$/);
  expect(await status(url, '/-/healthy')).toBe(200);
  expect(await text(url, '/metrics')).toMatch(/^prometheus_ready 1$/m);
  const up = await eventually(
    () => askData<Vector>(url, 'query', { query: 'up' }),
    ({ result }) => result.length > 0,
  );
  expect(up.result).toEqual([
    {
      metric: { __name__: 'up', job: 'prometheus', instance: url.slice('http://'.length) },
      value: [expect.any(Number), '1'],
    },
  ]);
});

test('the storage can be looked at: series, names and values by count', async () => {
  const url = await bench.start(bench.directory()).ready();
  interface Statistics {
    readonly headStats: { readonly numSeries: number };
    readonly labelValueCountByLabelName: readonly { readonly name: string; readonly value: number }[];
    readonly seriesCountByLabelValuePair: readonly { readonly name: string; readonly value: number }[];
  }
  await eventually(
    () => askData<Vector>(url, 'query', { query: 'up' }),
    ({ result }) => result.length > 0,
  );
  const { headStats, labelValueCountByLabelName, seriesCountByLabelValuePair } = await askData<Statistics>(
    url,
    'status/tsdb',
    { limit: '2' },
  );
  expect(headStats.numSeries).toBeGreaterThan(50);
  expect(labelValueCountByLabelName[0]!.name).toBe('__name__');
  expect(seriesCountByLabelValuePair).toEqual([
    { name: `instance=${url.slice('http://'.length)}`, value: headStats.numSeries },
    { name: 'job=prometheus', value: headStats.numSeries },
  ]);
});

test('a configuration named prometheus.yml in the working directory is used', async () => {
  const directory = bench.directory({ 'prometheus.yml': 'scrape_configs: [{job_name: only-this}]\n' });
  const url = await bench.start(directory).ready();
  const { yaml } = await askData<{ yaml: string }>(url, 'status/config');
  expect(yaml).toContain('job_name: only-this');
});

test('several addresses and a route prefix are served', async () => {
  const server = bench.start(bench.directory(), [
    '--web.listen-address=127.0.0.1:0',
    '--web.listen-address=127.0.0.1:0',
    '--web.external-url=https://metrics.example.org/mon/',
  ]);
  const url = await eventually(
    async () => server.stdout,
    (line) => line.endsWith('\n'),
  );
  const urls = [...url.matchAll(/http:\/\/127\.0\.0\.1:\d+\/mon\//g)].map(([found]) => found);
  expect(urls).toHaveLength(2);
  for (const found of urls) expect(await status(found, '-/healthy')).toBe(200);
});

test('flags, build and configuration can be asked for', async () => {
  const url = await bench.start(bench.directory(), ['--query.timeout=90s', '--enable-feature=no-such,old-ui']).ready();
  expect(await askData(url, 'status/flags')).toMatchObject({
    'query.timeout': '1m30s',
    'enable-feature': 'no-such,old-ui',
    'storage.tsdb.path': 'data/',
  });
  expect(await askData(url, 'status/buildinfo')).toMatchObject({
    version: '3.14.0',
    narthexVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
});

test('a start tells whether the lock was given back', async () => {
  const directory = bench.directory();
  const clean = async (url: string) => /^prometheus_tsdb_clean_start (\S+)$/m.exec(await text(url, '/metrics'))?.[1];
  const first = bench.start(directory);
  expect(await clean(await first.ready())).toBe('1');
  first.child.kill('SIGKILL');
  await first.ended;
  const second = bench.start(directory);
  expect(await clean(await second.ready())).toBe('0');
  second.child.kill('SIGTERM');
  await second.ended;
  // A Prometheus takes any file that is there for one that was left.
  expect(existsSync(join(directory, 'data/lock'))).toBe(false);
  const third = bench.start(directory);
  expect(await clean(await third.ready())).toBe('1');
  third.child.kill('SIGTERM');
  await third.ended;
  // So does a Prometheus that is killed, of which it has no text.
  writeFileSync(join(directory, 'data/lock'), '');
  expect(await clean(await bench.start(directory).ready())).toBe('0');
});

test('the status names every limit of what is kept', async () => {
  const retention = 'storage: {tsdb: {retention: {time: 1d, size: 1GB, percentage: 10}}}\n';
  const url = await bench.start(bench.directory({ 'prometheus.yml': retention })).ready();
  expect(await askData(url, 'status/runtimeinfo')).toMatchObject({ storageRetention: '1d or 1GiB or 10%' });
});

test('own metrics are there under the names dashboards use', async () => {
  const url = await bench.start(bench.directory()).ready();
  const metrics = await text(url, '/metrics');
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_virtual_memory_bytes',
    'process_open_fds',
    'process_max_fds',
    'process_start_time_seconds',
    'prometheus_build_info{.*version="3.14.0".*}',
    'prometheus_config_last_reload_successful',
    'prometheus_config_last_reload_success_timestamp_seconds',
    'prometheus_engine_queries',
    'prometheus_tsdb_head_series',
    'prometheus_tsdb_wal_record_bytes_saved_total{compression="snappy"}',
    'prometheus_tsdb_head_appenders_created_total',
    'prometheus_tsdb_symbol_table_size_bytes',
    'prometheus_tsdb_snapshot_replay_error_total',
    'prometheus_api_notification_active_subscribers',
    'process_network_receive_bytes_total',
  ]) {
    expect(metrics).toMatch(new RegExp(`^${name} [\\d.e+]+$`, 'm'));
  }
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)![1]);
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(20e6);
  expect(value('process_virtual_memory_bytes')).toBeGreaterThan(value('process_resident_memory_bytes'));
  expect(Math.abs(value('process_start_time_seconds') - Date.now() / 1000)).toBeLessThan(60);
});

test('--storage.tsdb.block-reload-interval says how often blocks are looked at', async () => {
  const url = await bench.start(bench.directory(), ['--storage.tsdb.block-reload-interval=1s']).ready();
  const reloads = await eventually(
    async () => Number(/^prometheus_tsdb_reloads_total (\d+)$/m.exec(await text(url, '/metrics'))![1]),
    (count) => count >= 3,
    // Without the flag the third look comes after two minutes.
    90_000,
  );
  expect(reloads).toBeGreaterThanOrEqual(3);
});

test('--version prints what clients read the version out of, --help every visible flag', () => {
  const version = spawnSync(BIN, ['--version'], { encoding: 'utf8' });
  expect(version.status).toBe(0);
  expect(version.stdout).toMatch(/^prometheus, version 3\.14\.0 \(branch: \S*, revision: \S+\)$/m);
  expect(version.stdout).toMatch(/^narthex, version \d+\.\d+\.\d+/m);
  expect(/version (\d+)\.(\d+)\.(\d+)/.exec(version.stdout)!.slice(1, 4)).toEqual(['3', '14', '0']);
  const help = spawnSync(BIN, ['-h'], { encoding: 'utf8' });
  expect(help.status).toBe(0);
  expect(help.stdout).toContain('--config.file="prometheus.yml"');
});

test('bin/narthex is found through symbolic links, also relative ones', () => {
  const directory = bench.directory();
  symlinkSync(BIN, join(directory, 'first'));
  mkdirSync(join(directory, 'below'));
  symlinkSync('../first', join(directory, 'below', 'second'));
  const { stdout, status: code } = spawnSync(join(directory, 'below', 'second'), ['--version'], { encoding: 'utf8' });
  expect([code, stdout.split('\n')[0]]).toEqual([0, expect.stringContaining('version 3.14.0')]);
});

test('bin/narthex starts its Node with what keeps the heap small, and passes everything on', () => {
  const directory = bench.directory();
  for (const folder of ['bin', 'dist', 'node_modules/.bin']) mkdirSync(join(directory, folder), { recursive: true });
  cpSync(BIN, join(directory, 'bin', 'narthex'));
  writeFileSync(join(directory, 'dist', 'main.js'), '');
  const node = `#!/bin/sh\nprintf '%s\\n' "$MALLOC_ARENA_MAX" "$@"\n`;
  writeFileSync(join(directory, 'node_modules', '.bin', 'node'), node, { mode: 0o755 });
  const env = { ...process.env };
  delete env.MALLOC_ARENA_MAX;
  const { stdout } = spawnSync(join(directory, 'bin', 'narthex'), ['--config.file=a b.yml', '*'], {
    encoding: 'utf8',
    env,
  });
  expect(stdout.split('\n')).toEqual([
    '2',
    '--max-semi-space-size=4',
    '--v8-pool-size=0',
    join(realpathSync(directory), 'dist', 'main.js'),
    '--config.file=a b.yml',
    '*',
    '',
  ]);
});

test('bin/narthex refuses a Node that is too old, or none, with one sentence', () => {
  const directory = bench.directory();
  mkdirSync(join(directory, 'bin'));
  mkdirSync(join(directory, 'path'));
  cpSync(BIN, join(directory, 'bin', 'narthex'));
  const run = () =>
    spawnSync('/bin/sh', [join(directory, 'bin', 'narthex'), '--version'], {
      encoding: 'utf8',
      env: { PATH: `${join(directory, 'path')}:${TOOLS}` },
    });
  for (const tool of ['dirname', 'readlink', 'find', 'head']) symlinkTool(join(directory, 'path'), tool);
  const none = run();
  expect([none.status, none.stderr]).toEqual([
    1,
    expect.stringMatching(/^narthex: Node\.js 24 or newer is needed and no node was found: .*\n$/),
  ]);
  writeFileSync(join(directory, 'path', 'node'), '#!/bin/sh\necho v20.1.0\n', { mode: 0o755 });
  const old = run();
  expect([old.status, old.stderr]).toEqual([
    1,
    expect.stringMatching(/^narthex: Node\.js 24 or newer is needed, but \S+ is v20\.1\.0: .*\n$/),
  ]);
});

/** Nothing: the path of the test holds just the tools that the script uses. */
const TOOLS = '/nonexistent';

function symlinkTool(directory: string, tool: string): void {
  const { stdout } = spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
  symlinkSync(stdout.trim(), join(directory, tool));
}
