import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crc32c } from '../../src/kernels/crc32c.ts';
import { readUvarint64 } from '../../src/kernels/varint.ts';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { writeStale } from '../../src/model/stale.ts';
import { type Clock, systemClock } from '../../src/std/clock.ts';
import { createSampleBatch } from '../../src/storage/append.ts';
import { type Plain, plainFromBytes, type QueryMessage, requestBytes, responseFromBytes } from './read-message.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const START = 1_700_000_000_000;
const STEP = 15_000;
const STALE_BITS = '9218868437227405314';
const SAMPLES = 0;
const CHUNKS = 1;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  fill(server);
});

afterAll(() => server.close());

/** `up`: 300 samples and a stale marker; `lone`: -0 and zero times one; `native`: 3 integer histograms. */
function fill({ database }: TestServer): void {
  const appender = database.appender();
  const batch = createSampleBatch(512);
  const add = (labels: Record<string, string>, time: number, value: number): void => {
    batch.refs[batch.length] = appender.resolve(labelsFromObject(labels));
    batch.times[batch.length] = time;
    batch.values[batch.length++] = value;
  };
  for (let i = 0; i < 300; i++) add({ __name__: 'up', job: 'a' }, START + i * STEP, i % 7);
  add({ __name__: 'up', job: 'a' }, START + 300 * STEP, 0);
  writeStale(batch.bits, batch.length - 1);
  add({ __name__: 'up', job: 'b', cluster: 'own' }, START, 2.5);
  const ref = appender.resolve(labelsFromObject({ __name__: 'native' }));
  appender.append({
    ...batch,
    histograms: [0, 1, 2].map((i) => ({ ref, time: START + i * STEP, startTime: 0, histogram: histogram(i) })),
  });
  appender.commit();
}

function histogram(i: number): Histogram {
  return {
    kind: 'integer',
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: i,
    count: 7 + 3 * i,
    sum: 1.5 + i,
    positiveSpans: [{ offset: -2, length: 2 }],
    positiveDeltas: [3 + i, 1],
    negativeSpans: [],
    negativeDeltas: [],
    customValues: [],
  };
}

function named(name: string, ...more: QueryMessage['matchers']): QueryMessage {
  return { start: START, end: START + 400 * STEP, matchers: [{ type: 0, name: '__name__', value: name }, ...more] };
}

async function post(body: Uint8Array, on = server): Promise<{ response: Response; bytes: Uint8Array }> {
  const response = await fetch(`${on.url}/api/v1/read`, { method: 'POST', body: Buffer.from(body) });
  return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
}

async function samples(queries: readonly QueryMessage[], on = server): Promise<Plain> {
  const { response, bytes } = await post(requestBytes(queries, [SAMPLES]), on);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/x-protobuf');
  expect(response.headers.get('content-encoding')).toBe('snappy');
  return responseFromBytes(bytes).results.map((result: Plain) => result.timeseries);
}

async function frames(queries: readonly QueryMessage[], on = server): Promise<Plain[]> {
  const { response, bytes } = await post(requestBytes(queries, [CHUNKS, SAMPLES]), on);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(
    'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse',
  );
  return messagesOf(bytes);
}

function messagesOf(bytes: Uint8Array): Plain[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const halves = new Uint32Array(2);
  const messages: Plain[] = [];
  for (let at = 0; at < bytes.length; ) {
    const sum = readUvarint64(bytes, at, bytes.length, halves);
    const end = sum + 4 + halves[0]!;
    expect(view.getUint32(sum)).toBe(crc32c(bytes, sum + 4, end, 0));
    messages.push(plainFromBytes('ChunkedReadResponse', bytes.subarray(sum + 4, end)));
    at = end;
  }
  return messages;
}

function labelsOf(series: Plain): Record<string, string> {
  return Object.fromEntries(series.labels.map(({ name, value }: Plain) => [name, value]));
}

describe('/api/v1/read, samples', () => {
  test('gives every sample of the range with the external labels', async () => {
    const [[a, b]] = await samples([named('up')]);
    expect(labelsOf(a)).toEqual({ __name__: 'up', cluster: 'test', job: 'a' });
    expect(a.labels.map(({ name }: Plain) => name)).toEqual(['__name__', 'cluster', 'job']);
    expect(a.samples).toHaveLength(301);
    expect(a.samples[1].time).toBe(START + STEP);
    expect(labelsOf(b)).toEqual({ __name__: 'up', cluster: 'own', job: 'b' });
  });

  test('keeps the bits of a stale marker', async () => {
    const { bytes } = await post(requestBytes([{ ...named('up'), start: START + 300 * STEP }], []));
    const type = responseFromBytes(bytes);
    expect(type.results[0].timeseries[0].samples).toEqual([{ value: Number(STALE_BITS), time: START + 300 * STEP }]);
  });

  test('gives histograms with integer counts as they came', async () => {
    const [[series]] = await samples([named('native')]);
    expect(series.samples).toEqual([]);
    expect(series.histograms).toHaveLength(3);
    expect(series.histograms[2]).toMatchObject({
      count_int: 13,
      zero_count_int: 2,
      sum: 3.5,
      schema: 1,
      zero_threshold: 0.001,
      positive_spans: [{ offset: -2, length: 2 }],
      positive_deltas: [5, 1],
      reset_hint: 2,
      time: START + 2 * STEP,
    });
  });

  test('answers each query by itself, and takes an external label for an absent one', async () => {
    const results = await samples([
      named('up', { type: 0, name: 'cluster', value: 'test' }),
      named('nothing'),
      named('up', { type: 2, name: 'job', value: 'b|c' }),
    ]);
    expect(results.map((series: Plain[]) => series.map((each) => labelsOf(each)['job']))).toEqual([['a'], [], ['b']]);
  });

  test('the range of the hints counts, and a look-up of series has no samples', async () => {
    const [narrowed] = await samples([{ ...named('up'), hints: { start_ms: START, end_ms: START + STEP } }]);
    expect(narrowed[0].samples).toHaveLength(2);
    const hints = { func: 'series', start_ms: START, end_ms: START + STEP };
    const [listed] = await samples([{ ...named('up'), hints }]);
    expect(listed.map((series: Plain) => series.samples)).toEqual([[], []]);
  });

  test('a range that ends before it begins has series and no samples', async () => {
    const query = { ...named('up'), start: START + STEP, end: START };
    expect((await samples([query]))[0].map((series: Plain) => series.samples.length)).toEqual([0, 0]);
    expect(await frames([query])).toEqual([]);
  });

  test('refuses what exceeds the limit of samples', async () => {
    const on = await startTestServer({
      settings: { remoteRead: { samplesMax: 301, concurrencyMax: 1, frameBytes: 1 } },
    });
    fill(on);
    expect((await samples([named('native'), named('up', { type: 0, name: 'job', value: 'a' })], on))[1]).toHaveLength(
      1,
    );
    const { response, bytes } = await post(requestBytes([named('up')], [SAMPLES]), on);
    expect([response.status, Buffer.from(bytes).toString()]).toEqual([400, 'exceeded sample limit (301)\n']);
    await on.close();
  });
});

describe('/api/v1/read, chunks', () => {
  test('gives a frame for each series, sorted, with chunks of known encodings', async () => {
    const messages = await frames([named('up'), named('native')]);
    expect(messages.map(({ query_index }) => query_index ?? 0)).toEqual([0, 0, 1]);
    const [b, a, native] = messages.map(({ series }) => series[0]);
    expect(labelsOf(b)).toEqual({ __name__: 'up', cluster: 'own', job: 'b' });
    expect(labelsOf(a)).toEqual({ __name__: 'up', cluster: 'test', job: 'a' });
    expect(native.chunks.map(({ type, min, max }: Plain) => [type, min, max])).toEqual([[2, START, START + 2 * STEP]]);
  });

  test('chunks are those that are stored, and end where the range does', async () => {
    const query = named('up', { type: 0, name: 'job', value: 'a' });
    const chunksOf = async (query: QueryMessage): Promise<Plain[]> => {
      const [{ series }] = (await frames([query])) as [Plain];
      return series[0].chunks;
    };
    const counts = (chunks: readonly Plain[]): number[] => chunks.map(({ data }) => data[0] * 256 + data[1]);
    const stored = await chunksOf(query);
    // The head looks ahead for equal chunks, and cuts at its ranges of two hours.
    expect(counts(stored)).toEqual([143, 142, 16]);
    expect(stored[1]).toMatchObject({ type: 1, min: START + 143 * STEP, max: START + 284 * STEP });
    const part = await chunksOf({ ...query, start: START + 100 * STEP, end: START + 290 * STEP });
    expect(counts(part)).toEqual([43, 142, 6]);
    expect(part[0]).toMatchObject({ min: START + 100 * STEP, max: START + 142 * STEP });
    expect(part[1]).toEqual(stored[1]);
  });

  test('cuts a series over frames, and lets waiting reads in one after the other', async () => {
    const on = await startTestServer({
      settings: { remoteRead: { samplesMax: 0, concurrencyMax: 1, frameBytes: 100 } },
    });
    fill(on);
    const query = named('up', { type: 0, name: 'job', value: 'a' });
    const answers = await Promise.all([1, 2, 3, 4].map(() => frames([query], on)));
    for (const messages of answers) expect(messages.map(({ series }) => series[0].chunks.length)).toEqual([1, 1, 1]);
    expect(await (await fetch(`${on.url}/metrics`)).text()).toContain('prometheus_remote_read_handler_queries 0\n');
    await on.close();
  });

  test('a client that leaves gives its turn back', async () => {
    const on = await startTestServer({ settings: { remoteRead: { samplesMax: 0, concurrencyMax: 1, frameBytes: 1 } } });
    fill(on);
    const body = Buffer.from(requestBytes(new Array(2000).fill(named('up')), [CHUNKS]));
    const controller = new AbortController();
    const { body: stream } = await fetch(`${on.url}/api/v1/read`, { method: 'POST', body, signal: controller.signal });
    await stream!.getReader().read();
    controller.abort();
    expect(await frames([named('native')], on)).toHaveLength(1);
    await on.close();
  });
});

describe('/api/v1/read, a client that stops reading', () => {
  test('is cut off and gives its turn back', async () => {
    // A minute of this clock is 60 ms.
    const clock: Clock = { ...systemClock, after: (delayMs, action) => systemClock.after(delayMs / 1000, action) };
    const settings = { remoteRead: { samplesMax: 0, concurrencyMax: 1, frameBytes: 1_048_576 } };
    const on = await startTestServer({ settings, deps: { clock } });
    fill(on);
    const body = requestBytes(new Array(9000).fill(named('up')), [CHUNKS]);
    const stalled = connect(on.port, '127.0.0.1');
    stalled.on('error', () => {});
    stalled.write(`POST /api/v1/read HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`);
    stalled.write(body);
    await once(stalled, 'readable');
    expect(await frames([named('native')], on)).toHaveLength(1);
    stalled.destroy();
    await on.close();
  });
});

describe('/api/v1/read, mistakes', () => {
  const text = async (body: Uint8Array): Promise<[number, string]> => {
    const { response, bytes } = await post(body);
    return [response.status, Buffer.from(bytes).toString()];
  };

  test('bytes that are no request', async () => {
    expect(await text(new Uint8Array(0))).toEqual([400, 'snappy: corrupt input\n']);
    expect(await text(Buffer.from('garbage'))).toEqual([400, 'snappy: corrupt input\n']);
    expect(await text(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]))).toEqual([
      400,
      'snappy: decoded length 4294967295 exceeds limit 33554432\n',
    ]);
    expect(await text(Buffer.from([1, 0, 0x0a]))).toEqual([400, 'unexpected EOF (at byte 0 of the decoded request)\n']);
  });

  test('response types that nobody knows', async () => {
    expect(await text(requestBytes([], [7, 9]))).toEqual([
      400,
      'server does not support any of the requested response types: [7 9]; ' +
        'supported: map[SAMPLES:{} STREAMED_XOR_CHUNKS:{}]\n',
    ]);
  });

  test.each([SAMPLES, CHUNKS])('matchers that can not be used, response type %i', async (type) => {
    const query = (matcher: QueryMessage['matchers'][number]) => requestBytes([named('up', matcher)], [type]);
    expect(await text(query({ type: 2, name: 'job', value: '(' }))).toEqual([
      500,
      'error parsing regexp: missing closing ): `(`\n',
    ]);
    expect(await text(query({ type: 4, name: 'job', value: '' }))).toEqual([500, 'invalid matcher type\n']);
  });
});
