import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { freePort } from '../../bench/peers/server.ts';
import { eventually } from '../support/ask.ts';
import { type Ended, SOURCES, Workbench } from './narthex-process.ts';

const bench = new Workbench();
afterEach(() => bench.cleanUp());

/** The messages of severity error, one for each line. */
function errors({ stderr }: Ended): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.includes('level=ERROR'))
    .map((line) => / msg=(.*)$/.exec(line)![1]!);
}

test('an unknown field is told with file, line and what would be right; nothing listens, nothing is written', async () => {
  const directory = bench.directory({
    'prometheus.yml': 'global:\n  scrape_interval: 15s\nscrape_configs:\n- job_name: a\n  scrape_intervall: 5s\n',
  });
  const ended = await bench.start(directory).ended;
  expect(ended.code).toBe(2);
  expect(ended.stdout).toBe('');
  expect(errors(ended)).toEqual([expect.stringContaining('Error loading config (--config.file=prometheus.yml)')]);
  expect(errors(ended)[0]).toContain('parsing YAML file prometheus.yml');
  expect(errors(ended)[0]).toContain(
    'line 5: field scrape_intervall not found in type config.ScrapeConfig (did you mean scrape_interval?)',
  );
  expect(readdirSync(directory)).toEqual(['prometheus.yml']);
});

test.each([
  ['a wrong value', 'global:\n  scrape_interval: soon\n', 'line 2: not a valid duration string: \\"soon\\"'],
  ['text that is no YAML', 'global: [\n', 'yaml: line '],
  [
    'a value that contradicts another',
    'global: {scrape_interval: 1s, scrape_timeout: 2s}\n',
    'line 1: global scrape timeout greater than scrape interval',
  ],
  [
    'what is not supported yet',
    'scrape_configs: [{job_name: a, scrape_native_histograms: true}]\n',
    'not supported yet',
  ],
])('a configuration with %s ends with code 2', async (_what, yaml, message) => {
  const directory = bench.directory({ 'c.yml': yaml });
  const ended = await bench.start(directory, ['--config.file=c.yml']).ended;
  expect([ended.code, ended.stdout]).toEqual([2, '']);
  expect(errors(ended)[0]).toContain(message);
});

test('a configuration file that was named must exist', async () => {
  const ended = await bench.start(bench.directory(), ['--config.file=none.yml']).ended;
  expect([ended.code, ended.stdout]).toEqual([2, '']);
  expect(errors(ended)[0]).toContain('open none.yml: no such file or directory');
});

test.each([
  [['--web.enable-lifecyle'], 2, "unknown long flag '--web.enable-lifecyle'", 'Did you mean --web.enable-lifecycle?'],
  [['--storage.agent.path=x'], 3, 'can only be used in agent mode', ''],
  [['--web.cors.origin=('], 2, 'could not compile CORS regex string', 'missing closing )'],
])('the arguments %j end with code %i', async (args, code, ...messages) => {
  const ended = await bench.start(bench.directory(), args).ended;
  expect([ended.code, ended.stdout]).toEqual([code, '']);
  for (const message of messages) expect(ended.stderr).toContain(message);
});

test('a port that is taken ends with code 1 and one sentence', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => {
    holder.listen(0, '127.0.0.1', resolve);
  });
  const { port } = holder.address() as { port: number };
  const ended = await bench.start(bench.directory(), [`--web.listen-address=127.0.0.1:${port}`]).ended;
  holder.close();
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  expect(errors(ended)).toEqual([
    `"Cannot listen on 127.0.0.1:${port}: another process listens there already; stop it or choose another --web.listen-address"`,
  ]);
});

test('a data directory in use ends with code 1 and one sentence that names its user', async () => {
  const directory = bench.directory();
  const first = bench.start(directory);
  await first.ready();
  const ended = await bench.start(directory).ended;
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  expect(errors(ended)).toHaveLength(1);
  expect(errors(ended)[0]).toMatch(
    /^"Cannot use data directory data: .*\d+.* holds it; stop it or choose another --storage\.tsdb\.path"$/,
  );
});

test('a file in the place of the data directory ends with code 1 and one sentence', async () => {
  const directory = bench.directory({ data: 'not a directory' });
  const ended = await bench.start(directory).ended;
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  expect(errors(ended)).toHaveLength(1);
  expect(errors(ended)[0]).toMatch(/^"Cannot .*data.*; choose another --storage\.tsdb\.path"$/);
});

/** The server run by somebody whom permissions bind: root is made a nobody first. */
const asNobody: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...SOURCES] : SOURCES;
const canBeNobody = spawnSync(asNobody[0]!, [...asNobody.slice(1), '--version']).status === 0;
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'ro', 'none', '/mnt']).status === 0;

test.skipIf(!canBeNobody).each([
  ['data', /^"Cannot open data\/lock: permission denied; make it writable or choose another --storage\.tsdb\.path"$/],
  [
    'data/inner/deeper',
    /^"Cannot create directory data\/inner: permission denied.*; make it writable or choose another --storage\.tsdb\.path"$/,
  ],
])('a directory %s that may not be written ends with code 1 and one sentence', async (path, message) => {
  const directory = bench.directory({ 'prometheus.yml': '' });
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'data'), { mode: 0o555 });
  const ended = await bench.start(directory, [`--storage.tsdb.path=${path}`], asNobody).ended;
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  expect(errors(ended)).toEqual([expect.stringMatching(message)]);
});

test.skipIf(!canMount)('a read-only file system ends with code 1 and one sentence', async () => {
  const mount = 'mkdir data && mount -t tmpfs -o ro none data && exec "$@"';
  const program = ['unshare', '-rm', 'sh', '-c', mount, 'sh', ...SOURCES];
  const ended = await bench.start(bench.directory(), [], program).ended;
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  expect(errors(ended)).toEqual([
    '"Cannot open data/lock: the file system is read-only; choose another --storage.tsdb.path"',
  ]);
});

test('a file in the place of the log ends with code 1 and one sentence', async () => {
  const directory = bench.directory();
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'data', 'wal'), 'no log');
  const ended = await bench.start(directory).ended;
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  expect(errors(ended)).toEqual([
    expect.stringMatching(/^"Cannot \S+.* data\/wal.*: not a directory; choose another --storage\.tsdb\.path"$/),
  ]);
});

const prometheus = findProgram('prometheus');
/** Debian's package leaves the lock out unless it is asked for. */
const lockFlag =
  prometheus !== null && spawnSync(prometheus, ['--help'], { encoding: 'utf8' }).stdout.includes('use-lockfile')
    ? ['--storage.tsdb.use-lockfile']
    : [];

test.skipIf(prometheus === null)(
  'Prometheus and Narthex notice each other in a data directory (skips without prometheus)',
  async () => {
    const directory = bench.directory({ 'prometheus.yml': 'global: {}\n' });
    const port = await freePort();
    const args = [
      ...lockFlag,
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const other = spawn(prometheus!, args, { cwd: directory, stdio: 'ignore' });
    try {
      await eventually(
        async () => fetch(`http://127.0.0.1:${port}/-/ready`),
        ({ status }) => status === 200,
      );
      const ended = await bench.start(directory).ended;
      expect(ended.code).toBe(1);
      expect(errors(ended)[0]).toContain('Cannot use data directory data: ');
    } finally {
      const gone = new Promise((resolve) => other.once('exit', resolve));
      other.kill('SIGKILL');
      await gone;
    }
    const narthex = bench.start(directory);
    await narthex.ready();
    const refused = spawnSync(prometheus!, args, { cwd: directory, encoding: 'utf8', timeout: 90_000 });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/lock DB directory|resource temporarily unavailable/);
  },
);
