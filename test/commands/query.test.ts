import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../bench/peers/find-program.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { Explanation } from '../../src/promql/plan/explain.ts';
import { systemClock } from '../../src/std/clock.ts';
import { nodeFiles } from '../../src/std/node-files.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';
import { Workbench } from '../server/narthex-process.ts';
import { versionOf } from '../tsdb/prometheus-process.ts';
import { narthex } from './run-narthex.ts';

/** Ten minutes before now, on a whole minute: a server would give older samples to blocks. */
const START = Math.floor(Date.now() / 60_000) * 60 - 600;
const MINUTES = 5;
const END = START + 60 * (MINUTES - 1);
const AT = `--time=${END}`;
const RANGE = [`--start=${START}`, `--end=${END}`, '--step=2m'];

/** Series and their value at minute i. */
const SERIES: readonly (readonly [Record<string, string>, (minute: number) => number])[] = [
  [{ __name__: 'up', job: 'a<b>&', instance: 'x' }, () => 1],
  [{ __name__: 'up', job: 'b' }, () => 0],
  [{ __name__: 'requests_total', code: '200' }, (i) => 100 * i],
  [{ __name__: 'requests_total', code: '500' }, (i) => 1e-7 * i],
  [{ __name__: 'requests_total' }, () => 1e21],
  [{ __name__: 'took_seconds_bucket', le: '0.1' }, (i) => i],
  [{ __name__: 'took_seconds_bucket', le: '1' }, (i) => i],
  [{ __name__: 'took_seconds_bucket', le: '+Inf' }, (i) => 3 * i],
];

const bench = new Workbench();
let directory: string;
let url: string;

beforeAll(async () => {
  directory = bench.directory({ 'prometheus.yml': 'global: {}\n' });
  await fill(join(directory, 'data'));
  url = await bench.start(directory).ready();
});
afterAll(() => bench.cleanUp());

async function fill(data: string): Promise<void> {
  const database = await openDatabase({ directory: data, fileSystem: nodeFiles, clock: systemClock, log: silentLog });
  for (let minute = 0; minute < MINUTES; minute++) {
    const appender = database.appender();
    const batch = createSampleBatch(SERIES.length);
    batch.length = SERIES.length;
    for (const [i, [labels, valueAt]] of SERIES.entries()) {
      batch.refs[i] = appender.resolve(labelsFromObject(labels));
      batch.times[i] = 1000 * (START + 60 * minute);
      batch.values[i] = valueAt(minute);
    }
    expect(appender.append(batch).refusedCount).toBe(0);
    appender.commit();
  }
  await database.close();
}

const query = (...args: string[]) => narthex(directory, 'query', ...args);

test('narthex query instant prints a vector, a scalar, a string and a matrix', async () => {
  const vector = await query('instant', AT, url, 'requests_total{code="500"}');
  expect(vector).toEqual({ code: 0, stdout: `requests_total{code="500"} => 0.0000004 @[${END}]\n`, stderr: '' });
  expect((await query('instant', AT, url, '1/3')).stdout).toBe(`scalar: 0.3333333333333333 @[${END}]\n`);
  expect((await query('instant', AT, url, '"text"')).stdout).toBe('text\n');
  expect((await query('instant', AT, url, 'up{job="b"}[2m]')).stdout).toBe(
    `up{job="b"} =>\n0 @[${END - 60}]\n0 @[${END}]\n`,
  );
});

test('narthex query range prints a matrix, sorted by labels', async () => {
  expect((await query('range', ...RANGE, url, 'up')).stdout).toBe(
    [
      'up{job="b"} =>',
      ...[START, START + 120, END].map((time) => `0 @[${time}]`),
      'up{instance="x", job="a<b>&"} =>',
      ...[START, START + 120, END].map((time) => `1 @[${time}]`),
      '',
    ].join('\n'),
  );
});

test('narthex query -o json prints what the API calls the result', async () => {
  const { stdout } = await query('-o', 'json', 'instant', AT, url, 'up{instance="x"}');
  expect(stdout).toContain('"job":"a\\u003cb\\u003e\\u0026"');
  expect(JSON.parse(stdout)).toEqual([{ metric: { __name__: 'up', instance: 'x', job: 'a<b>&' }, value: [END, '1'] }]);
  const { stdout: large } = await query('--format=json', 'instant', AT, url, 'sum(requests_total{code=""})');
  expect(large).toBe(`[{"metric":{},"value":[${END},"1000000000000000000000"]}]\n`);
});

test('narthex query series and labels print what is there', async () => {
  expect((await query('series', '--match=up', url)).stdout).toBe(
    '{__name__="up", instance="x", job="a<b>&"}\n{__name__="up", job="b"}\n',
  );
  expect((await query('labels', '--match=requests_total', url, 'code')).stdout).toBe('200\n500\n');
  expect((await query('labels', '-ojson', url, 'job')).stdout).toBe('["a\\u003cb\\u003e\\u0026","b"]\n');
});

test('narthex promql explain --analyze runs the query on a server or a data directory', async () => {
  const explain = (...args: string[]) => narthex(directory, 'promql', 'explain', '--analyze', ...args);
  const text = 'sum by (job) (up) + sum by (job) (up)';
  const { stdout: remote, code } = await explain(AT, '--server', url, '-ojson', text);
  expect(code).toBe(0);
  const { stdout: local } = await explain(AT, '--dir', join(directory, 'data'), '-ojson', text);
  for (const printed of [remote, local]) {
    const { analysis, plan } = JSON.parse(printed) as Explanation;
    expect(analysis).toMatchObject({ series: 2, samples: 2, samplesRead: 2 });
    const [first, second] = plan.inputs;
    expect([plan, first, second].map((node) => node!.cost!.series)).toEqual([2, 2, 2]);
    const sum = first!.inputs[0]!;
    expect(sum.inputs[0]).toMatchObject({ node: 'instantSelect', cost: { series: 2, samples: 2 } });
    expect(plan.cost!.milliseconds).toBeGreaterThanOrEqual(sum.cost!.milliseconds);
    expect(second!.inputs).toEqual([]);
  }
  const { stdout } = await explain(AT, '--server', url, '--without-pass=share-subexpressions', text);
  expect(stdout).toMatch(/analysis:\n {2}answer: 2 series, 2 samples\n {2}samples: 4 read/);
  expect(stdout).toMatch(/instantSelect \{__name__="up"\} shared {2}\(2 series, 2 samples, \d+ bytes, [\d.]+ ms, own/);
  expect((await explain('up')).stderr).toContain('say on what: --dir DIR or --server URL');
  expect((await explain('--without-pass=share-selector', 'up')).stderr).toContain('did you mean share-selectors?');
});

test('narthex query analyze counts the buckets in use', async () => {
  const args = ['analyze', `--server=${url}`, '--type=histogram', '--match=took_seconds_bucket', AT];
  const { stdout, code } = await query(...args);
  expect(code).toBe(0);
  expect(stdout).toContain('- took_seconds_bucket{} (classic): 0/1.600/2/3\n');
  expect(stdout).toContain('\nClassic histogram series (1 in total):\n- min populated: 0/0.000/0\n');
});

test('narthex query --dir answers from a data directory without a server', async () => {
  const dir = join(directory, 'data');
  const instant = await query('--dir', dir, AT, 'sum by (code) (requests_total{code!=""}) > 1');
  expect(instant).toEqual({ code: 0, stdout: `{code="200"} => 400 @[${END}]\n`, stderr: '' });
  const range = await query('--dir', dir, ...RANGE, '-o', 'json', 'up{job="b"}');
  expect(JSON.parse(range.stdout)).toEqual([
    { metric: { __name__: 'up', job: 'b' }, values: [START, START + 120, END].map((time) => [time, '0']) },
  ]);
  const wrong = await query('--dir', dir, 'sum(');
  expect(wrong).toEqual({
    code: 1,
    stdout: '',
    stderr: 'query error: bad_data: 1:5: parse error: unclosed left parenthesis\n',
  });
  expect(await query('--dir', join(directory, 'none'), 'up')).toMatchObject({ code: 1, stdout: '' });
});

test('what can not be asked or answered is one sentence', async () => {
  const wrong = await query('instant', url, 'sum(');
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toBe(
    'query error: bad_data: invalid parameter "query": 1:5: parse error: unclosed left parenthesis\n',
  );
  const nobody = await query('instant', 'http://127.0.0.1:1', 'up');
  expect(nobody).toMatchObject({
    code: 1,
    stderr: 'query error: Post "http://127.0.0.1:1/api/v1/query": dial tcp 127.0.0.1:1: connect: connection refused\n',
  });
  const late = await query('range', '--start=20', '--end=10', url, 'up');
  expect(late).toMatchObject({
    code: 1,
    stderr: 'narthex: error: start time is not before end time, give --start and --end\n',
  });
  const other = await query('labels', `${url}/elsewhere`, 'job');
  expect(other.stderr).toBe('query error: client_error: client error: 404 (detail: 404 page not found)\n');
});

test('narthex query sends headers and credentials, and asks by GET where POST is refused', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(
      `${request.method} ${request.url?.split('?')[0]} ${request.headers['x-a']} ${request.headers.authorization}`,
    );
    response.statusCode = request.method === 'POST' ? 405 : 200;
    response.end('{"status":"success","data":{"resultType":"string","result":[1,"hello"]}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const asked = await query('instant', '--header', 'x-a=b=c', `http://me:secret@127.0.0.1:${port}/prefix/`, '"x"');
  server.close();
  expect(asked).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  expect(seen).toEqual([`POST /prefix/api/v1/query b=c ${credentials}`, `GET /prefix/api/v1/query b=c ${credentials}`]);
});

const promtool = findProgram('promtool');

describe.skipIf(promtool === null)(`beside promtool${promtool === null ? ': none here, skipped' : ''}`, () => {
  const cases: readonly (readonly string[])[] = [
    ['-o', 'json', 'instant', AT, 'URL', '{__name__=~".+"}'],
    ['instant', AT, 'URL', 'sort(requests_total)'],
    ['instant', AT, 'URL', 'nothing'],
    ['-o', 'json', 'instant', AT, 'URL', 'nothing'],
    ['-o', 'json', 'instant', AT, 'URL', 'time()'],
    ['range', ...RANGE, 'URL', 'rate(requests_total[2m])'],
    ['-o', 'json', 'range', ...RANGE, 'URL', 'requests_total'],
    ['range', `--start=${START}`, `--end=${END}`, '--step=0', 'URL', 'up'],
    ['range', `--start=${START}`, `--end=${END}`, '--step=0s', 'URL', 'up'],
    ['range', `--start=${START}`, `--end=${END}`, '--step=1.5m', 'URL', 'up'],
    ['range', `--start=${START}`, `--end=${END}`, '--step=30s30s500ms', 'URL', 'up'],
    ['series', '--match=up', '--match=requests_total', 'URL'],
    ['-o', 'json', 'series', '--match=up', 'URL'],
    ['labels', 'URL', '__name__'],
    ['analyze', '--server=URL', '--type=histogram', '--match=took_seconds_bucket', AT],
  ];
  // Tools of 2.x do not know how to analyze.
  const isOld = promtool !== null && (versionOf(promtool) ?? 3) < 3;
  test.each(isOld ? cases.filter(([word]) => word !== 'analyze') : cases)(
    'narthex query %s %s %s %s %s %s prints the same',
    async (...given) => {
      const args = given.map((argument) => argument.replace('URL', url));
      const theirs = execFileSync(promtool!, ['query', ...args], { encoding: 'utf8' });
      expect(await query(...args)).toEqual({ code: 0, stdout: theirs, stderr: '' });
    },
  );
});
