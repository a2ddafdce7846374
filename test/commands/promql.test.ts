import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Workbench } from '../server/narthex-process.ts';
import { narthex } from './run-narthex.ts';

const bench = new Workbench();
afterEach(() => bench.cleanUp());

test('narthex promql format prints the query in its pretty form', async () => {
  const ended = await narthex(bench.directory(), 'promql', 'format', 'sum(rate(x{a="b"}[5m]))by(job)');
  expect(ended).toEqual({ code: 0, stdout: 'sum by (job) (rate(x{a="b"}[5m]))\n', stderr: '' });
});

test('narthex promql format tells what is wrong with a query, and where', async () => {
  const ended = await narthex(bench.directory(), 'promql', 'format', 'sum(');
  expect(ended).toEqual({ code: 1, stdout: '', stderr: '1:5: parse error: unclosed left parenthesis\n' });
});

test('narthex promql format refuses a query whose pretty form is longer than any text', async () => {
  const chain = Array.from({ length: 8000 }, () => 'a').join('+');
  const ended = await narthex(bench.directory(), 'promql', 'format', chain);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^the query is too large to be printed: .+\n$/);
});

test('narthex promql format knows experimental functions where their feature is on', async () => {
  const query = 'mad_over_time(a[5m])';
  const off = await narthex(bench.directory(), 'promql', 'format', query);
  expect(off).toMatchObject({ code: 1, stderr: '1:1: parse error: function "mad_over_time" is not enabled\n' });
  const feature = '--enable-feature=promql-experimental-functions';
  expect(await narthex(bench.directory(), 'promql', 'format', feature, query)).toMatchObject({
    code: 0,
    stdout: `${query}\n`,
  });
});

test('narthex promql works as the lines for promtool stand, which has it behind a flag', async () => {
  const directory = bench.directory();
  const ended = await narthex(directory, '--experimental', 'promql', 'format', 'sum(a)by(b)');
  expect(ended).toEqual({ code: 0, stdout: 'sum by (b) (a)\n', stderr: '' });
  const feature = ['--enable-feature', 'promql-experimental-functions', '--experimental'];
  expect(await narthex(directory, ...feature, 'promql', 'format', 'limitk(1,a)')).toMatchObject({ code: 0 });
  expect(await narthex(directory, '--experimental')).toMatchObject({ code: 2, stdout: '' });
});

test('narthex promql label-matchers edits every selector', async () => {
  const edit = (...args: string[]) => narthex(bench.directory(), 'promql', 'label-matchers', ...args);
  const set = await edit('set', '-t', '=~', 'a{b="c"} + d', 'b', 'e');
  expect(set).toMatchObject({ code: 0, stdout: 'a{b=~"e"} + d{b=~"e"}\n' });
  const deleted = await edit('delete', 'a{b="c",x="y"} + d', 'b');
  expect(deleted).toMatchObject({ code: 0, stdout: 'a{x="y"} + d\n' });
  const wrong = await edit('set', '--type=~', 'a', 'b', 'c');
  expect(wrong).toMatchObject({
    code: 1,
    stderr: "narthex: error: enum value must be one of =,!=,=~,!~, got '~', try --help\n",
  });
});

const SCRIPT = `load 1m
  requests{job="a"} 0+60x10

eval instant at 10m rate(requests[5m])
  {job="a"} 1

eval range from 0 to 2m step 1m requests
  requests{job="a"} 0 60 121

eval instant at 1m label_replace(requests, "a", "", "job", "(")
`;

test('narthex promql test prints what failed with file and line', async () => {
  const directory = bench.directory({ 'rate.test': SCRIPT, 'good.test': SCRIPT.split('\n').slice(0, 5).join('\n') });
  const ended = await narthex(directory, 'promql', 'test', 'good.test', 'rate.test');
  expect(ended.code).toBe(1);
  expect(ended.stdout).toBe('good.test: 1 of 1 evaluations pass\nrate.test: 1 of 3 evaluations pass\n');
  expect(ended.stderr).toContain('rate.test:7: requests\n');
  expect(ended.stderr).toContain('expected 121, got 120');
  expect(ended.stderr).toContain(
    'label_replace(requests, "a", "", "job", "(") at 60000: failed: invalid regular expression in label_replace(): (\n',
  );
  expect(await narthex(directory, 'promql', 'test', 'good.test')).toMatchObject({ code: 0, stderr: '' });
});

test('narthex promql test names the line of a script that can not be read', async () => {
  const directory = bench.directory({
    'word.test': 'load 1m\n  a 1\n\nevaluate a\n',
    'query.test': 'load 1m\n  a 1\n\neval instant at 1m nothing(\n',
    'series.test': 'load 1m\n  a 1\n  b two\n',
    'late.test': 'load 1m\n  a 1 2\n\nload 1m\n  a 1\n',
  });
  const ended = await narthex(
    directory,
    'promql',
    'test',
    'word.test',
    'query.test',
    'series.test',
    'late.test',
    'none.test',
  );
  expect(ended.code).toBe(1);
  expect(ended.stderr.split('\n')).toEqual([
    'word.test:4: invalid eval command: evaluate a',
    'query.test:4:28: parse error: unclosed left parenthesis',
    'series.test:3: bad series values: two',
    'late.test:4: out of order: {__name__="a"} @ 0',
    'Cannot read none.test: no such file or directory',
    '',
  ]);
});

test('narthex promql explain prints the plan as a tree', async () => {
  const query = 'sum by (job) (rate(requests[5m])) > bool 1';
  const ended = await narthex(bench.directory(), 'promql', 'explain', '--time=1000', query);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toContain('times: at 1000\n');
  expect(ended.stdout).toContain('  {__name__="requests"} reads 700.001 to 1000\n');
  expect(ended.stdout).toContain(`plan:
  vectorScalar > bool
  ├─ aggregate sum by (job)
  │  └─ rangeCall rate
  │     └─ rangeSelect {__name__="requests"}[5m]
`);
  const json = await narthex(bench.directory(), 'promql', 'explain', '-o', 'json', '--time=1000', query);
  expect(JSON.parse(json.stdout)).toMatchObject({ query, start: 1_000_000, plan: { node: 'vectorScalar' } });
});

test('a mistyped command is told with the one that is meant', async () => {
  const directory = bench.directory();
  const cases: [string[], string][] = [
    [['promql', 'formt', 'x'], 'narthex: error: expected command but got "formt", did you mean format?\n'],
    [['promql'], "narthex: error: must select a subcommand of 'promql', try --help\n"],
    [['promql', 'format'], "narthex: error: required argument 'query' not provided, try --help\n"],
    [['promql', 'format', 'a', 'b'], 'narthex: error: unexpected b, try --help\n'],
    [['query', 'instant', '--tim=1', 'a'], "narthex: error: unknown long flag '--tim', did you mean --time?\n"],
  ];
  for (const [args, stderr] of cases) {
    expect(await narthex(directory, ...args), args.join(' ')).toEqual({ code: 1, stdout: '', stderr });
  }
  const ended = await narthex(directory, 'promq');
  expect(ended.code).toBe(2);
  expect(ended.stderr).toBe(
    'Error parsing command line arguments: unexpected promq\nnarthex: Did you mean narthex promql?\n',
  );
});

test('--help tells of every command', async () => {
  const directory = bench.directory();
  const help = async (...args: string[]) => (await narthex(directory, ...args, '--help')).stdout;
  expect(await help()).toMatch(/^ {2}promql .*\n {2}query .*\n {2}tsdb /m);
  expect(await help('promql')).toContain('promql label-matchers set [<flags>] <query> <name> <value>\n');
  expect(await help('query')).toContain('query series --match=SELECTOR [<flags>] <server>\n');
  expect(await help('query', 'range')).toContain('--step=DURATION');
});

test('examples/promql-over-your-data.ts runs and prints what it says', async () => {
  const { execFileSync } = await import('node:child_process');
  const file = join(import.meta.dirname, '../../examples/promql-over-your-data.ts');
  const printed = execFileSync(process.execPath, [file], { encoding: 'utf8' });
  expect(printed).toBe(
    'sum by (room) (temperature)\n  {room="hall"}: 18 18.5 19\n  {room="study"}: 21 21 20.5\n' +
      'max(max_over_time(temperature[10m])) - 273\n  {}: -252\n',
  );
});
