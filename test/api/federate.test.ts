import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { writeStale } from '../../src/model/stale.ts';
import { createSampleBatch, type HistogramEntry } from '../../src/storage/append.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const MINUTE = 60_000;
const now = Date.now();
const recent = now - MINUTE;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const appender = server.database.appender();
  const batch = createSampleBatch(16);
  const add = (labels: Record<string, string>, time: number, value: number): void => {
    batch.refs[batch.length] = appender.resolve(labelsFromObject(labels));
    batch.times[batch.length] = time;
    batch.values[batch.length++] = value;
  };
  add({ __name__: 'up', job: 'a' }, now - 4 * MINUTE, 0);
  add({ __name__: 'up', job: 'a' }, recent, 1);
  add({ __name__: 'up', job: 'b', cluster: 'own', instance: 'b:1' }, recent, 1e6);
  add({ __name__: 'old' }, now - 6 * MINUTE, 1);
  add({ __name__: 'gone' }, recent, 1);
  writeStale(batch.bits, batch.length - 1);
  add({ __name__: 'a.b', 'x.y': 'line\n"quote"\\' }, recent, Number.POSITIVE_INFINITY);
  add({ job: 'nameless' }, recent, 1);
  add({ __name__: 'Zone' }, recent, -0.5);
  const histograms: HistogramEntry[] = [
    { labels: { __name__: 'native' }, histogram: nativeHistogram },
    { labels: { __name__: 'classic' }, histogram: customHistogram },
  ].map(({ labels, histogram }) => ({
    ref: appender.resolve(labelsFromObject(labels)),
    time: recent,
    startTime: 0,
    histogram,
  }));
  appender.append({ ...batch, histograms });
  appender.commit();
});

afterAll(() => server.close());

const nativeHistogram: Histogram = {
  kind: 'integer',
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0.001,
  zeroCount: 1,
  count: 3,
  sum: 4,
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveDeltas: [2],
  negativeSpans: [],
  negativeDeltas: [],
  customValues: [],
};

const customHistogram: Histogram = {
  ...nativeHistogram,
  schema: -53,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 9,
  sum: 10.5,
  customValues: [0.5, 1, 2],
  positiveSpans: [
    { offset: 0, length: 1 },
    { offset: 1, length: 2 },
  ],
  positiveDeltas: [2, 1, 1],
};

async function get(query: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/federate${query}`, { headers });
}

function matching(...selectors: string[]): string {
  return `?${selectors.map((selector) => `match[]=${encodeURIComponent(selector)}`).join('&')}`;
}

describe('/federate', () => {
  test('gives the newest sample within the lookback, with the external labels', async () => {
    const answer = await get(matching('up'));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
    expect(answer.headers.get('vary')).toBe('Accept-Encoding');
    expect(await answer.text()).toBe(
      '# TYPE up untyped\n' +
        `up{cluster="own",instance="b:1",job="b"} 1e+06 ${recent}\n` +
        `up{job="a",cluster="test",instance=""} 1 ${recent}\n`,
    );
  });

  test('leaves out stale, old, nameless and native series, and sorts by name', async () => {
    const text = await (await get(matching('{__name__=~".*"}'))).text();
    const types = text.split('\n').filter((line) => line.startsWith('#'));
    expect(types).toEqual([
      '# TYPE Zone untyped',
      '# TYPE a_b untyped',
      '# TYPE classic histogram',
      '# TYPE up untyped',
    ]);
    expect(text).not.toContain('nameless');
  });

  test('merges what several selectors find', async () => {
    const text = await (await get(matching('up', 'up{job="a"}', 'Zone'))).text();
    expect(text.split('\n').filter((line) => line.includes('job="a"'))).toHaveLength(1);
    expect(text).toContain(`Zone{cluster="test",instance=""} -0.5 ${recent}\n`);
  });

  test('writes custom buckets as a classic histogram', async () => {
    const added = 'cluster="test",instance=""';
    expect(await (await get(matching('classic'))).text()).toBe(
      '# TYPE classic histogram\n' +
        `classic_bucket{${added},le="0.5"} 2 ${recent}\n` +
        `classic_bucket{${added},le="1"} 2 ${recent}\n` +
        `classic_bucket{${added},le="2"} 5 ${recent}\n` +
        `classic_bucket{${added},le="+Inf"} 9 ${recent}\n` +
        `classic_sum{${added}} 10.5 ${recent}\n` +
        `classic_count{${added}} 9 ${recent}\n`,
    );
  });

  test.each([
    ['underscores', 'a_b{x_y="line\\n\\"quote\\"\\\\"'],
    ['allow-utf-8', '{"a.b","x.y"="line\\n\\"quote\\"\\\\"'],
    ['dots', 'a_dot_b{x_dot_y="line\\n\\"quote\\"\\\\"'],
    ['values', 'U__a_2e_b{U__x_2e_y="line\\n\\"quote\\"\\\\"'],
  ])('escapes names by %s', async (scheme, start) => {
    const accept = `application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;escaping=${scheme};q=0.4`;
    const answer = await get(matching('{"a.b"}'), { accept });
    expect(answer.headers.get('content-type')).toContain(`escaping=${scheme}`);
    expect((await answer.text()).split('\n')[1]).toBe(`${start},cluster="test",instance=""} +Inf ${recent}`);
  });

  test('tells mistakes in selectors and forms', async () => {
    const syntax = await get(matching('up{'));
    expect([syntax.status, await syntax.text()]).toEqual([
      400,
      '1:4: parse error: unexpected end of input inside braces\n',
    ]);
    const badEscape = await get('?match[]=%zz');
    expect([badEscape.status, await badEscape.text()]).toEqual([
      400,
      'error parsing form values: invalid URL escape "%zz"\n',
    ]);
  });

  test('answers nothing without selectors, and no POST', async () => {
    const nothing = await get('');
    expect([nothing.status, await nothing.text()]).toEqual([200, '']);
    expect((await fetch(`${server.url}/federate`, { method: 'POST' })).status).toBe(405);
  });

  test('registers its counters', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('prometheus_web_federation_errors_total 0\n');
    expect(text).toContain('prometheus_web_federation_warnings_total 0\n');
  });
});
