import { connect } from 'node:net';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Labels, labelsFromObject } from '../../src/model/labels.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { formOptions, type Got, type SendOptions, sendTo } from './send.ts';
import { jsonReply, startTestServer, type TestServer } from './test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    answer: async (request) => {
      if (request.text === '') {
        return { ok: false, errorType: 'bad_data', message: 'no expression', warnings: [], infos: [] };
      }
      return jsonReply({ resultType: 'string', result: [request.start / 1000, request.text] });
    },
  });
  const appender = server.database.appender();
  const batch = createSampleBatch(4);
  const now = Date.now();
  for (const labels of [
    { __name__: 'up', job: 'api', instance: 'a:1' },
    { __name__: 'up', job: 'web', instance: 'b:1' },
    { __name__: 'queue_depth', queue: 'mail' },
    { __name__: 'http.requests', 'service.name': '<shop>' },
  ]) {
    batch.refs[batch.length] = appender.resolve(labelsFromObject(labels));
    batch.times[batch.length] = now;
    batch.values[batch.length++] = 1;
  }
  appender.append(batch);
  appender.commit();
});

afterAll(() => server.close());

function send(path: string, options: SendOptions = {}): Promise<Got> {
  return sendTo(server, path, options);
}

function form(path: string, body: string): Promise<Got> {
  return send(path, formOptions(body));
}

describe('parameters', () => {
  test('of a form come before those of the URL', async () => {
    expect((await form('/api/v1/query?query=1&time=5', 'query=2')).json.data).toEqual({
      resultType: 'string',
      result: [5, '2'],
    });
    expect((await send('/api/v1/query?query=a%2Bb+c&query=x')).json.data).toMatchObject({
      result: [expect.any(Number), 'a+b c'],
    });
  });

  test('reach the runner', async () => {
    await send('/api/v1/query_range?query=x&start=10&end=20.5&step=1m&timeout=3s&limit=7&stats=all&lookback_delta=30');
    expect(server.queries.at(-1)).toEqual({
      text: 'x',
      withoutPasses: [],
      kind: 'range',
      start: 10_000,
      end: 20_500,
      step: 60_000,
      timeoutMs: 3000,
      lookbackMs: 30_000,
      limit: 7,
      stats: 'all',
      priority: 'interactive',
      form: 'json',
    });
    await send('/api/v1/query?query=x&time=7&timeout=9999h&lookback_delta=-1');
    expect(server.queries.at(-1)).toMatchObject({
      start: 7000,
      end: 7000,
      timeoutMs: 120_000,
      lookbackMs: 300_000,
      stats: null,
    });
  });

  test.each([
    ['/api/v1/query?query=', 'invalid parameter "query": no expression'],
    [
      '/api/v1/query?query=1&time=x',
      `invalid parameter "time": invalid time value for 'time': cannot parse "x" to a valid timestamp`,
    ],
    ['/api/v1/query?query=1&timeout=x', 'invalid parameter "timeout": cannot parse "x" to a valid duration'],
    [
      '/api/v1/query?query=1&lookback_delta=x',
      'error parsing lookback delta duration: cannot parse "x" to a valid duration',
    ],
    ['/api/v1/query?query=1&limit=x', 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
    ['/api/v1/query?query=1&limit=-1', 'invalid parameter "limit": limit must be non-negative'],
    ['/api/v1/query_range?query=1&end=1&step=1', 'invalid parameter "start": cannot parse "" to a valid timestamp'],
    [
      '/api/v1/query_range?query=1&start=2&end=1&step=1',
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    [
      '/api/v1/query_range?query=1&start=1&end=1&step=0',
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ],
    [
      '/api/v1/query_range?query=1&start=1&end=11002&step=1',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    ],
    [
      '/api/v1/query_range?query=1&start=1&end=1&step=1e-9',
      'invalid parameter "step": step "1e-9" is below one millisecond',
    ],
    [
      '/api/v1/query_range?query=1&start=1&end=1&step=1e300',
      'invalid parameter "step": cannot parse "1e300" to a valid duration. It overflows int64',
    ],
    ['/api/v1/series', 'no match[] parameter provided'],
    [
      '/api/v1/series?match[]=up%7B',
      'invalid parameter "match[]": 1:4: parse error: unexpected end of input inside braces',
    ],
    ['/api/v1/series?match[]=up&x=%zz', 'error parsing form values: invalid URL escape "%zz"'],
    ['/api/v1/labels?match[]=%7B%7D', 'match[] must contain at least one non-empty matcher'],
    ['/api/v1/label/%ff/values', 'invalid label name: "\\xff"'],
    ['/api/v1/status/tsdb?limit=10001', 'limit must not exceed 10000'],
    ['/api/v1/parse_query?query=(', 'invalid parameter "query": 1:2: parse error: unclosed left parenthesis'],
    ['/api/v1/query_exemplars?query=up&start=2&end=1', 'end timestamp must not be before start timestamp'],
  ])('%s is bad data', async (path, error) => {
    const { status, json } = await send(path);
    expect(json).toEqual({ status: 'error', errorType: 'bad_data', error });
    expect(status).toBe(400);
  });
});

describe('series and labels', () => {
  test.each([
    ['/api/v1/labels', ['__name__', 'instance', 'job', 'queue', 'service.name']],
    ['/api/v1/labels?match[]=up&match[]=queue_depth', ['__name__', 'instance', 'job', 'queue']],
    ['/api/v1/label/job/values', ['api', 'web']],
    ['/api/v1/label/__name__/values?match[]=queue_depth&match[]=up', ['queue_depth', 'up']],
    ['/api/v1/label/U__service_2e_name/values', ['<shop>']],
    ['/api/v1/label/service.name/values', ['<shop>']],
    ['/api/v1/label/nope/values', []],
    ['/api/v1/label/job/values?start=0&end=1', []],
    [`/api/v1/label/${'x'.repeat(5000)}/values`, []],
  ])('%s', async (path, data) => {
    expect((await send(path)).json).toEqual({ status: 'success', data });
  });

  test('several selectors give each series once, in order', async () => {
    const { json } = await send('/api/v1/series?match[]=up&match[]=%7Bjob%3D%22web%22%7D&match[]=queue_depth');
    expect(json.data).toEqual([
      { __name__: 'queue_depth', queue: 'mail' },
      { __name__: 'up', instance: 'a:1', job: 'api' },
      { __name__: 'up', instance: 'b:1', job: 'web' },
    ]);
  });

  test('a limit cuts and says so', async () => {
    const warnings = ['results truncated due to limit'];
    expect((await send('/api/v1/series?match[]=up&limit=1')).json).toMatchObject({ data: [{}], warnings });
    expect((await send('/api/v1/labels?limit=2')).json).toEqual({
      status: 'success',
      data: ['__name__', 'instance'],
      warnings,
    });
    expect((await send('/api/v1/series?match[]=up&limit=2')).json.warnings).toBeUndefined();
  });

  test('forms work here too', async () => {
    expect((await form('/api/v1/series', 'match%5B%5D=queue_depth')).json.data).toEqual([
      { __name__: 'queue_depth', queue: 'mail' },
    ]);
  });
});

describe('answers around the API', () => {
  test('compress by what the client names plainly', async () => {
    const plain = await send('/api/v1/labels');
    const zipped = await send('/api/v1/labels', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes).toString()).toBe(plain.text);
    const deflated = await send('/api/v1/labels', { headers: { 'accept-encoding': 'deflate' } });
    expect(inflateSync(deflated.bytes).toString()).toBe(plain.text);
    expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding, Origin' });
    expect(
      (await send('/api/v1/labels', { headers: { 'accept-encoding': 'gzip;q=1' } })).headers['content-encoding'],
    ).toBeUndefined();
  });

  test('let pages of other origins read', async () => {
    const expected = {
      'access-control-allow-origin': 'http://ui.example',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': 'Accept, Authorization, Content-Type, Origin',
      'access-control-expose-headers': 'Date',
    };
    for (const method of ['GET', 'OPTIONS']) {
      expect(
        (await send('/api/v1/labels', { method, headers: { origin: 'http://ui.example' } })).headers,
      ).toMatchObject(expected);
    }
    expect((await send('/api/v1/anything', { method: 'OPTIONS' })).status).toBe(204);
  });

  test.each([
    ['PUT', '/api/v1/query', 405, 'GET, OPTIONS, POST'],
    ['POST', '/api/v1/label/job/values', 405, 'GET, OPTIONS'],
    ['DELETE', '/api/v1/admin/tsdb/snapshot', 405, 'OPTIONS, POST, PUT'],
    ['POST', '/-/healthy', 405, 'GET, HEAD, OPTIONS'],
    ['GET', '/api/v1/write', 405, 'OPTIONS, POST'],
    ['OPTIONS', '/metrics', 200, 'GET, OPTIONS'],
    ['GET', '/nope', 404, undefined],
  ])('%s %s is %d', async (method, path, status, allow) => {
    const got = await send(path, { method });
    expect([got.status, got.headers.allow]).toEqual([status, allow]);
  });

  test('an answer without content names the encoding that it would have', async () => {
    const headers = { 'accept-encoding': 'br, deflate, gzip' };
    const got = await send('/api/v1/anything', { method: 'OPTIONS', headers });
    expect([got.status, got.headers['content-encoding'], got.text]).toEqual([204, 'deflate', '']);
    const plain = await send('/api/v1/anything', { method: 'OPTIONS' });
    expect([plain.status, plain.headers['content-encoding']]).toEqual([204, undefined]);
  });

  test.each(['/-/healthy', '/-/ready'])('HEAD %s is empty, without a type or an encoding', async (path) => {
    const got = await send(path, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } });
    expect(got.status).toBe(200);
    expect(got.headers).toMatchObject({ 'content-length': '0' });
    expect(got.headers).not.toHaveProperty('content-type');
    expect(got.headers).not.toHaveProperty('content-encoding');
  });

  test.each([
    ['/', 302, '/query'],
    ['/graph?g0.expr=up', 302, '/query?g0.expr=up'],
    ['/api/v1', 307, '/api/v1/'],
    ['/api/v1//query?query=1', 307, '/api/v1/query?query=1'],
    ['/api/v1/../../etc/passwd', 307, '/etc/passwd'],
    ['/metrics/', 301, '/metrics'],
    ['/METRICS', 301, '/metrics'],
  ])('%s leads on', async (path, status, location) => {
    const got = await send(path);
    expect([got.status, got.headers.location]).toEqual([status, location]);
  });

  test('count in the metrics under the route', async () => {
    await send('/api/v1/label/a/values');
    await send('/api/v1/label/b/values?limit=x');
    const text = (await send('/metrics')).text;
    expect(text).toMatch(
      /^prometheus_http_requests_total\{handler="\/api\/v1\/label\/:name\/values",code="400"\} \d+$/m,
    );
    expect(text).toMatch(
      /^prometheus_http_request_duration_seconds_bucket\{handler="\/api\/v1\/labels",le="0.1"\} \d+$/m,
    );
    expect(text).toContain('prometheus_http_requests_total{handler="/federate",code="200"} 0');
  });

  test('/metrics comes gzipped to whoever takes it', async () => {
    const got = await send('/metrics', { headers: { 'accept-encoding': 'zstd, gzip;q=0.5' } });
    expect(got.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
    });
    expect(gunzipSync(got.bytes).toString()).toContain('promhttp_metric_handler_requests_in_flight 1\n');
    const plain = await send('/metrics', { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
  });

  test('notices stream to whoever listens, until they leave', async () => {
    const listeners = new Set<(notification: { text: string; date: number; active: boolean }) => void>();
    const on = await startTestServer({
      deps: {
        notifications: {
          current: () => [{ text: 'old', date: 0, active: true }],
          subscribe(listener) {
            if (listeners.size > 0) return null;
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },
      },
    });
    expect((await send('/api/v1/notifications', { on })).json.data).toEqual([
      { text: 'old', date: '1970-01-01T00:00:00Z', active: true },
    ]);
    const socket = connect(on.port, '127.0.0.1', () => {
      socket.write('GET /api/v1/notifications/live HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    let received = '';
    const isThere = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        received += chunk.toString();
        if (received.includes('event-stream'))
          for (const listen of listeners) listen({ text: 'new', date: 1500, active: false });
        if (received.includes('"new"')) resolve();
      });
    });
    await isThere;
    expect(received).toContain('data: {"text":"new","date":"1970-01-01T00:00:01.5Z","active":false}\n\n');
    expect((await send('/api/v1/notifications/live', { on })).status).toBe(204);
    socket.destroy();
    await expect.poll(() => listeners.size).toBe(0);
    await on.close();
  });

  test('no page outside the built directory is served', async () => {
    for (const path of ['/assets/..%2f..%2fpackage.json', '/assets/%2e%2e/index.html', '/assets/x%00y']) {
      expect([404, 307]).toContain((await send(path)).status);
    }
  });

  test('the page says how to build it where it is not built', async () => {
    expect((await send('/query')).text).toContain('npm run build');
  });
});

describe('before the storage is open', () => {
  test('only what needs no storage answers', async () => {
    let readiness: 'starting' | 'stopping' = 'starting';
    const starting = await startTestServer({
      deps: { lifecycle: { readiness: () => readiness, reload: async () => {}, quit: () => {} } },
    });
    for (const path of ['/api/v1/query?query=1', '/-/ready', '/federate']) {
      const got = await send(path, { on: starting });
      expect([got.status, got.text, got.headers['x-prometheus-stopping']]).toEqual([
        503,
        'Service Unavailable',
        'false',
      ]);
    }
    readiness = 'stopping';
    expect((await send('/-/ready', { on: starting })).headers['x-prometheus-stopping']).toBe('true');
    for (const path of ['/-/healthy', '/metrics', '/api/v1/status/walreplay', '/api/v1/notifications', '/version']) {
      expect((await send(path, { on: starting })).status).toBe(200);
    }
    await starting.close();
  });
});

describe('settings', () => {
  test('a route prefix moves everything', async () => {
    const prefixed = await startTestServer({
      settings: { routePrefix: '/prom', externalUrl: new URL('http://x.example/prom/') },
    });
    const on = prefixed;
    expect((await send('/prom/api/v1/labels', { on })).status).toBe(200);
    expect((await send('/prom/-/healthy', { on })).status).toBe(200);
    expect((await send('/', { on })).headers.location).toBe('/prom');
    expect((await send('/prom/', { on })).headers.location).toBe('/prom/query');
    expect((await send('/api/v1/labels', { on })).status).toBe(404);
    expect((await send('/prom/api/v1/nope', { on })).status).toBe(404);
    await prefixed.close();
  });

  test('the lifecycle API reloads and quits where it is on', async () => {
    expect((await send('/-/quit', { method: 'POST' })).text).toBe('Lifecycle API is not enabled.');
    expect((await send('/-/reload', { method: 'PUT' })).status).toBe(403);
    const calls: string[] = [];
    const on = await startTestServer({
      settings: { enableLifecycle: true },
      deps: {
        lifecycle: {
          readiness: () => 'ready',
          reload: async () => {
            calls.push('reload');
            if (calls.length > 1) throw new Error('bad file');
          },
          quit: () => calls.push('quit'),
        },
      },
    });
    expect((await send('/-/reload', { method: 'POST', on })).status).toBe(200);
    const failed = await send('/-/reload', { method: 'POST', on });
    expect([failed.status, failed.text]).toEqual([500, 'failed to reload config: bad file\n']);
    expect((await send('/-/quit', { method: 'PUT', on })).text).toBe('Requesting termination... Goodbye!');
    expect(calls).toEqual(['reload', 'reload', 'quit']);
    await on.close();
  });

  test.each([
    [
      'group_limit=x',
      'group_limit',
      'group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    ['group_limit=0', 'group_limit', 'group_limit needs to be greater than 0'],
    ['group_next_token=x', 'group_next_token', 'group_limit needs to be present in order to paginate over the groups'],
    ['group_limit=1&group_next_token=x', 'group_next_token', "invalid group_next_token 'x'. were rule groups changed?"],
    [
      'exclude_alerts=zz',
      'exclude_alerts',
      'error converting exclude_alerts: strconv.ParseBool: parsing "zz": invalid syntax',
    ],
    ['type=foo', 'type', 'not supported value "foo"'],
  ])('/api/v1/rules?%s is refused', async (query, name, problem) => {
    const got = await send(`/api/v1/rules?${query}`);
    expect([got.status, got.json.error]).toEqual([400, `invalid parameter "${name}": ${problem}`]);
  });

  test.each([
    ['GET', '/api/v1/label/a%2Fb/values', 404],
    ['POST', '/api/v1/label/a%2fb/values', 404],
    ['OPTIONS', '/api/v1/label/a%2Fb/values', 204],
    ['GET', '/api/v1/query%2F', 301],
    ['HEAD', '/api/v1/label/%ff/values', 405],
    ['GET', '/user', 404],
  ])('%s %s is answered with %d', async (method, path, status) => {
    expect((await send(path, { method })).status).toBe(status);
  });

  test('a media type that is none fails where a form is looked for, and nowhere else', async () => {
    const headers = { 'content-type': 'a/b/c' };
    const series = await send('/api/v1/series', { method: 'POST', headers, body: '' });
    expect(series.json.error).toBe('error parsing form values: mime: unexpected content after media subtype');
    expect((await send('/api/v1/query?query=1', { method: 'POST', headers, body: '' })).status).toBe(200);
    expect((await send('/api/v1/label/x/values', { method: 'POST', headers, body: '' })).status).toBe(405);
  });

  test('what is configured and not supported is no empty answer', async () => {
    expect((await send('/api/v1/rules')).json.data).toEqual({ groups: [] });
    const on = await startTestServer({
      deps: {
        configuration: {
          yaml: () => '',
          externalLabels: () => Labels.EMPTY,
          hasRuleFiles: true,
          hasAlertmanagers: true,
        },
      },
    });
    for (const path of ['/api/v1/rules', '/api/v1/alerts', '/api/v1/alertmanagers']) {
      expect((await send(path, { on })).json).toMatchObject({ status: 'error', errorType: 'execution' });
    }
    await on.close();
  });

  test('the write receiver is off unless it is switched on', async () => {
    const on = await startTestServer({ settings: { enableRemoteWriteReceiver: false } });
    const got = await send('/api/v1/write', { method: 'POST', body: 'x', on });
    expect([got.status, got.text]).toEqual([
      404,
      'remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n',
    ]);
    await on.close();
  });
});
