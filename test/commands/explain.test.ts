import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workbench } from '../server/narthex-process.ts';
import { narthex } from './run-narthex.ts';

const bench = new Workbench();
let directory: string;
let url: string;

beforeAll(async () => {
  directory = bench.directory({ 'prometheus.yml': 'global:\n  evaluation_interval: 30s\n' });
  url = await bench.start(directory).ready();
});
afterAll(() => bench.cleanUp());

async function ask(method: 'GET' | 'POST', pairs: Record<string, string>): Promise<{ status: number; json: unknown }> {
  const form = new URLSearchParams(pairs).toString();
  const { statusCode, body } = await request(
    `${url}/api/v1/explain${method === 'GET' ? `?${form}` : ''}`,
    method === 'GET' ? {} : { method, body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  );
  return { status: statusCode, json: await body.json() };
}

test('/api/v1/explain answers as the command does', async () => {
  const query = 'sum by (job) (rate(a[5m])) / 2';
  const pairs = { query, start: '1000', end: '1600', step: '60' };
  const flags = ['--start=1000', '--end=1600', '--step=1m', '-o', 'json'];
  const printed = await narthex(directory, 'promql', 'explain', ...flags, query);
  const expected = { status: 200, json: { status: 'success', data: JSON.parse(printed.stdout) } };
  expect(await ask('GET', pairs)).toEqual(expected);
  expect(await ask('POST', pairs)).toEqual(expected);
});

test('/api/v1/explain goes by the settings of the server', async () => {
  const { json } = await ask('GET', { query: 'max_over_time(a[10m:])', time: '1000' });
  expect(json).toMatchObject({
    data: { start: 1_000_000, step: 0, plan: { inputs: [{ node: 'subquery', detail: '[10m:30s]' }] } },
  });
});

test('/api/v1/explain runs the query where asked to, and leaves out passes', async () => {
  const { json } = await ask('GET', {
    query: 'vector(1 + 1)',
    time: '1000',
    analyze: 'true',
    without: 'fold-constants',
  });
  expect(json).toMatchObject({
    data: {
      analysis: { series: 1, samples: 1 },
      plan: { cost: { series: 1 }, inputs: [{ inputs: [{ node: 'scalarBinary' }] }] },
    },
  });
  const mistake = async (pairs: Record<string, string>) => (await ask('GET', { query: 'a', ...pairs })).json;
  expect(await mistake({ analyze: 'yes' })).toMatchObject({ errorType: 'bad_data' });
  expect(await mistake({ without: 'x' })).toMatchObject({
    error: expect.stringContaining('invalid parameter "without": there is no pass x, only fold-constants,'),
  });
  expect(await mistake({ query: 'label_replace(up, "x", "", "", "(")', analyze: 'true' })).toMatchObject({
    errorType: 'execution',
  });
});

test('/api/v1/explain words mistakes as queries do', async () => {
  expect(await ask('GET', { query: 'sum(' })).toEqual({
    status: 400,
    json: {
      status: 'error',
      errorType: 'bad_data',
      error: 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
    },
  });
  expect(await ask('GET', { query: 'a', start: '1' })).toMatchObject({ status: 400 });
  const deep = Array.from({ length: 300 }, () => 'a').join('+');
  expect(await ask('POST', { query: deep })).toMatchObject({ status: 422, json: { errorType: 'execution' } });
});
