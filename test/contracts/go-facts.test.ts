import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCompetitors, type RunningServer, startServer } from '../../bench/peers/server.ts';
import { bodyFromBytes } from '../../src/exposition/body.ts';
import { createExpositionRows } from '../../src/exposition/rows.ts';
import { labelPairsFromSeries } from '../../src/exposition/series-labels.ts';
import { parseTextBody } from '../../src/exposition/text-format.ts';
import { crc32c } from '../../src/kernels/crc32c.ts';
import { writePlainNumber, writeSampleNumber, writeTimestamp } from '../../src/kernels/format-number.ts';
import { naturalLogarithm } from '../../src/kernels/logarithm.ts';
import { power } from '../../src/kernels/power.ts';
import { readVarint64, writeVarint64 } from '../../src/kernels/varint.ts';
import { LabelBuilder } from '../../src/model/label-builder.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { compileRelabelConfigs, defaultRelabelConfig, relabel } from '../../src/model/relabel.ts';
import { isStale, writeNormalNaN, writeStale } from '../../src/model/stale.ts';
import { compareUtf8, stringFromUtf8, utf8FromString } from '../../src/model/utf8.ts';
import { labelsFraction } from '../../src/promql/exec/aggregate/labels-fraction.ts';
import { Engine, engineOptions, evaluate, MemoryQueryable } from '../../src/promql/library.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import { createSampleBatch, REFUSED } from '../../src/storage/append.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openDatabase } from '../../src/tsdb/tsdb.ts';

/** The facts of docs/decisions/0002-go-facts.md, each held by at least one test here; more stands beside the sources. */

function written(
  write: (bytes: Uint8Array, view: DataView, at: number, value: number) => number,
  value: number,
): string {
  const bytes = new Uint8Array(400);
  return Buffer.from(bytes.subarray(0, write(bytes, new DataView(bytes.buffer), 0, value))).toString('latin1');
}

function parsedLine(line: string): { bits: string; pairs: string[] } {
  const body = bodyFromBytes(Buffer.from(line));
  const rows = createExpositionRows(8);
  parseTextBody(body, rows);
  expect(rows.length).toBe(1);
  return {
    bits: `0x${(rows.bits[1]! >>> 0).toString(16).padStart(8, '0')}${(rows.bits[0]! >>> 0).toString(16).padStart(8, '0')}`,
    pairs: labelPairsFromSeries(body.bytes, rows.seriesStart[0]!, rows.seriesEnd[0]!, 'histogram'),
  };
}

function statusOf(
  server: RunningServer,
  path: string,
  headers: Record<string, string> = {},
  body: string | null = null,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      `${server.url}${path}`,
      { method: body === null ? 'GET' : 'POST', headers },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

describe('1 text is UTF-8 bytes', () => {
  test('labels order by bytes, not by UTF-16 units', () => {
    expect(compareUtf8('\uffff', '\u{10000}')).toBeLessThan(0);
    expect('\uffff' < '\u{10000}').toBe(false);
  });

  test('decoding keeps a byte order mark and refuses bad bytes instead of replacing them', () => {
    expect(stringFromUtf8(utf8FromString('\ufeffx'))).toBe('\ufeffx');
    expect(() => stringFromUtf8(Uint8Array.of(0x61, 0xff))).toThrow(TypeError);
  });
});

describe('2 numbers out', () => {
  test.each([
    [1e-7, '1e-07'],
    [9.99e-7, '9.99e-07'],
    [1e-6, '0.000001'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [-0, '-0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [5e-324, '5e-324'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
  ])('the sample value %d is written %s', (value, text) => {
    expect(written(writeSampleNumber, value)).toBe(text);
  });

  test('scalars and count_values are always plain', () => {
    expect(written(writePlainNumber, 1e-7)).toBe('0.0000001');
    expect(written(writePlainNumber, 1e21)).toBe('1000000000000000000000');
  });

  test('timestamps are seconds with up to three decimals', () => {
    expect(written(writeTimestamp, 1_500)).toBe('1.500');
    expect(written(writeTimestamp, -1)).toBe('-0.001');
    expect(written(writeTimestamp, 2000)).toBe('2');
  });
});

describe('3 numbers in', () => {
  test('a parsed NaN has the payload that Go gives it, unlike JavaScript\u2019s', () => {
    expect(parsedLine('a NaN\n').bits).toBe('0x7ff8000000000001');
    const own = new Uint32Array(Float64Array.of(Number.NaN).buffer);
    expect(own[0]).toBe(0);
  });

  test.each(['a 0x1p4\n', 'a 1_000\n', 'a 1e\n'])('%j is refused', (line) => {
    expect(() => parsedLine(line)).toThrow();
  });

  test.each([
    ['+Inf', '0x7ff0000000000000'],
    ['-inf', '0xfff0000000000000'],
    ['1e3', '0x408f400000000000'],
  ])('%s is taken', (text, bits) => {
    expect(parsedLine(`a ${text}\n`).bits).toBe(bits);
  });
});

describe('4 label values that are numbers', () => {
  test('le is normalised for the text format too', () => {
    expect(parsedLine('a_bucket{le="1"} 1\n').pairs).toContain('1.0');
    expect(parsedLine('a_bucket{le="1e6"} 1\n').pairs).toContain('1e+06');
  });
});

describe('5 hashes', () => {
  test('hashmod is the end of MD5, big-endian', () => {
    const [rule] = compileRelabelConfigs(
      [{ ...defaultRelabelConfig, action: 'hashmod', sourceLabels: ['a'], targetLabel: 'shard', modulus: 1000 }],
      'utf8',
    );
    const builder = new LabelBuilder(labelsFromObject({ a: 'x' }));
    relabel(builder, [rule!]);
    const expected = createHash('md5').update('x').digest().readBigUInt64BE(8) % 1000n;
    expect(builder.labels().get('shard')).toBe(String(expected));
  });

  test('limit_ratio hashes length-prefixed names and values with xxhash64', () => {
    // Values of Go's xxhash over the bytes 01 61 01 62, and with FF FF 00 00 before 255 times 62.
    expect(labelsFraction(labelsFromObject({ a: 'b' }))).toBe(0.882198581303642);
    expect(labelsFraction(labelsFromObject({ a: 'b'.repeat(255) }))).toBe(0.1047627868659207);
  });

  test('zlib.crc32 is not Castagnoli', () => {
    const bytes = Buffer.from('123456789');
    expect(crc32c(bytes, 0, bytes.length, 0) >>> 0).toBe(0xe3069283);
    expect(crc32(bytes)).not.toBe(0xe3069283);
  });
});

describe('6 times', () => {
  test('a time beyond 2^53-1 ms is refused as out of bounds, never rounded', async () => {
    const fileSystem = new MemoryFiles();
    const database = await openDatabase({ directory: 'data', fileSystem, clock: new ManualClock(0), log: silentLog });
    const appender = database.appender();
    const batch = createSampleBatch(2);
    batch.length = 2;
    batch.refs.fill(appender.resolve(labelsFromObject({ __name__: 'a' })));
    batch.times.set([2 ** 53, -(2 ** 53)]);
    const outcome = appender.append(batch);
    appender.rollback();
    await database.close();
    expect([...outcome.reasons.subarray(0, outcome.refusedCount)]).toEqual([REFUSED.outOfBounds, REFUSED.outOfBounds]);
  });

  test('64-bit varints work on 32-bit halves', () => {
    const bytes = new Uint8Array(16);
    const halves = new Uint32Array(2);
    const end = writeVarint64(bytes, 0, 0xffff_fffe, 0x7fff_ffff);
    expect(readVarint64(bytes, 0, end, halves)).toBe(end);
    expect([...halves]).toEqual([0xffff_fffe, 0x7fff_ffff]);
  });
});

describe('7 transcendental functions', () => {
  test('differ from V8\u2019s in the last bit for some arguments', () => {
    let different = 0;
    for (let i = 1; i <= 20_000; i++) {
      if (naturalLogarithm(i / 7) !== Math.log(i / 7) || power(1 + i / 1000, 1.7) !== (1 + i / 1000) ** 1.7)
        different++;
    }
    // The vectors in src/kernels/transcendental.test.ts say which of the two is Go's.
    expect(different).toBeGreaterThan(0);
  });
});

describe('8 the limits of the HTTP server', () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer(findCompetitors([])[0]!, 'global: {}\n');
  });
  afterAll(() => server.stop());

  test('label names of thousands of characters pass in a path', async () => {
    expect(await statusOf(server, `/api/v1/label/${'a'.repeat(5000)}/values`)).toBe(200);
  });

  test('headers of half a megabyte pass', async () => {
    expect(await statusOf(server, '/-/healthy', { 'x-long': 'a'.repeat(500_000) })).toBe(200);
  });

  test('a form body of more than a megabyte passes', async () => {
    const form = `query=1%2B${'1%2B'.repeat(300)}1&padding=${'x'.repeat(1_500_000)}`;
    const status = await statusOf(
      server,
      '/api/v1/query',
      { 'content-type': 'application/x-www-form-urlencoded' },
      form,
    );
    expect(status).toBe(200);
  });
});

describe('9 stale markers', () => {
  test('are told from other NaNs by their bits, after a way through the log and back', async () => {
    const fileSystem = new MemoryFiles();
    const options = { directory: 'data', fileSystem, clock: new ManualClock(0), log: silentLog };
    const database = await openDatabase(options);
    const appender = database.appender();
    const batch = createSampleBatch(2);
    batch.length = 2;
    batch.refs.fill(appender.resolve(labelsFromObject({ __name__: 'a' })));
    batch.times.set([1000, 2000]);
    writeNormalNaN(batch.bits, 0);
    writeStale(batch.bits, 1);
    appender.append(batch);
    appender.commit();
    await database.close();
    const again = await openDatabase(options);
    const querier = again.querier({ minTime: 0, maxTime: 9000 });
    const series = await querier.select({
      matchers: [{ type: '=', name: '__name__', value: 'a' }],
      range: { minTime: 0, maxTime: 9000 },
      sorted: false,
      limit: 0,
    });
    const column = createSampleColumn(4);
    series.read(0, column);
    expect([isStale(column.bits, 0), isStale(column.bits, 1)]).toEqual([false, true]);
    querier.close();
    await again.close();
  });
});

describe('10 series that collide', () => {
  const engine = new Engine(engineOptions());
  function storage(...samples: readonly (readonly [name: string, time: number])[]): MemoryQueryable {
    const data = new MemoryQueryable();
    for (const [name, time] of samples) {
      data.append({
        labels: labelsFromObject({ __name__: name, job: 'x' }),
        samples: [{ time, startTime: 0, value: 1, stale: false, histogram: null }],
      });
    }
    return data;
  }

  test('merge when they never share a step', async () => {
    const data = storage(['a', 0], ['b', 600_000]);
    const result = await evaluate(engine, data, '-{job="x"}', { start: 0, end: 600_000, step: 600_000 });
    expect(result.series).toHaveLength(1);
  });

  test('fail at a step that they share', async () => {
    const data = storage(['a', 0], ['b', 0]);
    await expect(evaluate(engine, data, '-{job="x"}', { time: 0 })).rejects.toThrow('same labelset');
  });
});

describe.skipIf(process.platform !== 'linux')('11 and 12 what main.ts does first', () => {
  test('libuv gets sixteen threads, and what was compiled is kept for the next start', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'narthex-facts-'));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = temporary;
    const server = await startServer(findCompetitors([])[0]!, 'global: {}\n').finally(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    // Reading a file is the first use of the threads.
    await statusOf(server, '/query');
    const threads = readdirSync(`/proc/${server.pid}/task`).filter(
      (thread) => readFileSync(`/proc/${server.pid}/task/${thread}/comm`, 'utf8').trim() === 'libuv-worker',
    );
    await server.stop();
    expect(threads).toHaveLength(16);
    // Beside what was built, or where Node keeps it for sources.
    const built = join(import.meta.dirname, '../../dist/compile-cache');
    const kept = existsSync(built) ? built : join(temporary, 'node-compile-cache');
    expect(readdirSync(kept).length).toBeGreaterThan(0);
    rmSync(temporary, { recursive: true });
  });
});
