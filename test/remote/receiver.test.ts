import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AT_ONCE_BYTES_MAX,
  createWriteReceiver,
  type WriteOutcome,
  type WriteReceiver,
} from '../../src/remote/write-receiver.ts';
import { ManualClock } from '../../src/std/manual-clock.ts';
import { MemoryFiles } from '../../src/std/memory-files.ts';
import type { Appendable } from '../../src/storage/append.ts';
import { createSampleColumn } from '../../src/storage/query.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { createRegistry } from '../../src/telemetry/metric-registry.ts';
import type { Registry } from '../../src/telemetry/registry.ts';
import { type Database, openDatabase } from '../../src/tsdb/tsdb.ts';
import {
  compress,
  encodeRequest,
  type HistogramMessage,
  labelsOf,
  type SeriesMessage,
  writeBody,
} from './write-message.ts';

const V1 = 'application/x-protobuf';
const NOW = 1_800_000_000_000;

let database: Database;
let registry: Registry;
let clock: ManualClock;
let receiver: WriteReceiver;

beforeEach(async () => {
  clock = new ManualClock(NOW);
  registry = createRegistry(clock);
  database = await openDatabase({ directory: '/d', fileSystem: new MemoryFiles(), clock, log: silentLog, lock: false });
  receiver = receiverOver(database);
});

afterEach(() => database.close());

/** `pause` is called between any two steps of a large request. */
function receiverOver(appendable: Appendable, pause = async () => {}): WriteReceiver {
  const messages = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'];
  return createWriteReceiver({
    appendable,
    queryable: database,
    clock,
    log: silentLog,
    registry,
    messages,
    turns: { now: () => clock.monotonic(), pause, pieceMs: 0 },
    hashSeed: 1,
  });
}

function write(...series: SeriesMessage[]) {
  return receive(V1, writeBody(series));
}

/** A request that is not large is answered at once. */
function receive(contentType: string, body: Uint8Array): WriteOutcome {
  const outcome = receiver.receive(contentType, body);
  if (outcome instanceof Promise) throw new Error('a small request was not answered at once');
  return outcome;
}

function one(name: string, ...samples: [number, number][]): SeriesMessage {
  return { labels: labelsOf({ __name__: name }), samples: samples.map(([timestamp, value]) => ({ timestamp, value })) };
}

/** Everything stored, as `{labels} time=value ...` lines. */
async function stored(): Promise<string[]> {
  const querier = database.querier({ minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER });
  const set = await querier.select({
    matchers: [{ type: '=~', name: '__name__', value: '.+' }],
    range: { minTime: -Number.MAX_SAFE_INTEGER, maxTime: Number.MAX_SAFE_INTEGER },
    sorted: true,
    limit: 0,
  });
  const column = createSampleColumn(16);
  const lines: string[] = [];
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    const samples = Array.from({ length: column.length }, (_, i) => `${column.times[i]! - NOW}=${column.values[i]}`);
    lines.push([set.labels(row).toString(), ...samples].join(' '));
  }
  querier.close();
  return lines;
}

function invalidLabelsTotal(): number {
  return Number(/^prometheus_api_remote_write_invalid_labels_samples_total (\d+)$/m.exec(registry.render())![1]);
}

describe('what is taken', () => {
  test('samples of several series, whatever the order of their labels', async () => {
    const outcome = write(
      { labels: labelsOf({ job: 'a', __name__: 'up' }), samples: [{ timestamp: NOW, value: 1 }] },
      one('load', [NOW - 2, 0.5], [NOW - 1, 0.25]),
    );
    expect(outcome).toEqual({ status: 204, message: '' });
    expect(await stored()).toEqual(['{__name__="load"} -2=0.5 -1=0.25', '{__name__="up", job="a"} 0=1']);
  });

  test('the same series again and again, through the cache', async () => {
    for (let i = 0; i < 5; i++) {
      expect(write(one('a', [NOW + i, i]), one('b', [NOW + i, -i]), one('c', [NOW + i, 7])).status).toBe(204);
    }
    expect(write(one('c', [NOW + 9, 7]), one('a', [NOW + 9, 9])).status).toBe(204);
    expect(await stored()).toEqual([
      '{__name__="a"} 0=0 1=1 2=2 3=3 4=4 9=9',
      '{__name__="b"} 0=0 1=-1 2=-2 3=-3 4=-4',
      '{__name__="c"} 0=7 1=7 2=7 3=7 4=7 9=7',
    ]);
  });

  test('series that stayed away for longer than the cache remembers', async () => {
    for (let i = 0; i < 4; i++) {
      expect(write(one('a', [NOW + i, i])).status).toBe(204);
      clock.advance(25 * 60_000);
      expect(write(one('other', [NOW + i, i])).status).toBe(204);
    }
    expect((await stored())[0]).toBe('{__name__="a"} 0=0 1=1 2=2 3=3');
  });

  test('labels with other fields between them', async () => {
    const label = (name: string, value: string) => encodeRequest([{ labels: [{ name, value }] }]).subarray(2);
    const sample = encodeRequest([{ labels: [], samples: [{ timestamp: NOW, value: 4 }] }]).subarray(2);
    const series = Buffer.concat([label('__name__', 'm'), sample, label('a', '1')]);
    const request = Buffer.concat([Uint8Array.of(0x0a, series.length), series]);
    expect(receive(V1, compress(request)).status).toBe(204);
    expect(await stored()).toEqual(['{__name__="m", a="1"} 0=4']);
  });

  test('an empty request and one with metadata only', () => {
    expect(write().status).toBe(204);
    expect(receive('', writeBody([], [{ type: 1, metricFamilyName: 'm', help: 'h' }])).status).toBe(204);
  });

  test('histograms and exemplars go to the log', () => {
    const outcome = write({
      ...one('h'),
      histograms: [
        { countInt: 3, sum: 4, positiveSpans: [{ offset: 0, length: 2 }], positiveDeltas: [1, 1], timestamp: NOW },
      ],
      exemplars: [{ labels: labelsOf({ trace_id: 'x' }), value: 1, timestamp: NOW }],
    });
    expect(outcome.status).toBe(204);
    const { histogramsLogged, exemplarsLogged } = database.stats().head;
    expect({ histogramsLogged, exemplarsLogged }).toEqual({ histogramsLogged: 1, exemplarsLogged: 1 });
  });

  test('labels without samples make no series', () => {
    expect(write({ labels: labelsOf({ __name__: 'bare' }) }, one('a', [NOW, 1])).status).toBe(204);
    expect(database.stats().head.series).toBe(1);
  });

  test('the same sample twice', async () => {
    expect(write(one('a', [NOW, 1])).status).toBe(204);
    expect(write(one('a', [NOW, 1], [NOW + 1, 2])).status).toBe(204);
    expect(await stored()).toEqual(['{__name__="a"} 0=1 1=2']);
  });
});

describe('what is dropped', () => {
  test('series with labels that are not allowed, counted, the others stored', async () => {
    const bad: SeriesMessage = { labels: labelsOf({ job: 'nameless' }), samples: [{ timestamp: NOW, value: 1 }] };
    for (let i = 0; i < 3; i++) expect(write(one('a', [NOW + i, i]), bad, one('b', [NOW + i, i])).status).toBe(204);
    expect(await stored()).toEqual(['{__name__="a"} 0=0 1=1 2=2', '{__name__="b"} 0=0 1=1 2=2']);
    expect(invalidLabelsTotal()).toBe(3);
  });

  test('samples out of order only against earlier ones of the same request', async () => {
    expect(write(one('a', [NOW, 1], [NOW - 5, 2]), one('b', [NOW, 1], [NOW, 2], [NOW + 1, 3])).status).toBe(204);
    expect(await stored()).toEqual(['{__name__="a"} 0=1', '{__name__="b"} 0=1 1=3']);
  });
});

test('floats and histograms of a series are taken in the order of the request', async () => {
  const histogram = (name: string, timestamp: number, sum: number): SeriesMessage => ({
    labels: labelsOf({ __name__: name }),
    histograms: [{ ...HISTOGRAM, sum, timestamp }],
  });
  const bad: SeriesMessage = { labels: labelsOf({ job: 'no name' }), samples: [{ timestamp: NOW, value: 1 }] };
  const request = [
    histogram('a', NOW + 1, 1),
    one('b', [NOW + 1, 1]),
    bad,
    one('a', [NOW + 2, 2], [NOW + 3, 3]),
    histogram('b', NOW + 2, 2),
    histogram('a', NOW + 4, 4),
    one('a', [NOW + 5, 5]),
    one('b', [NOW + 3, 3]),
    histogram('a', NOW + 4, 7),
  ];
  expect(write(...request).status).toBe(204);
  expect(await stored()).toEqual(['{__name__="a"} 1=1 2=2 3=3 4=4 5=5', '{__name__="b"} 1=1 2=2 3=3']);
});

const HISTOGRAM: HistogramMessage = {
  countInt: 3,
  sum: 4,
  positiveSpans: [{ offset: 0, length: 2 }],
  positiveDeltas: [1, 1],
};

describe('what is refused, whole', () => {
  beforeEach(() => {
    expect(write(one('a', [NOW, 1])).status).toBe(204);
  });

  test.each<[string, [number, number][], string]>([
    ['out of order', [[NOW - 1, 5]], 'out of order sample'],
    [
      'another value at the same time',
      [[NOW, 5]],
      `duplicate sample for timestamp ${NOW}; overrides not allowed: existing 1, new value 5`,
    ],
    ['too old', [[NOW - 86_400_000, 5]], 'out of bounds'],
    ['more than ten minutes ahead', [[NOW + 600_001, 5]], 'out of bounds: timestamp is too far in the future'],
    ['before all times', [[-9.2e18, 5]], 'out of bounds'],
    ['after all times', [[9.2e18, 5]], 'out of bounds: timestamp is too far in the future'],
    [
      'the first of two mistakes',
      [
        [NOW - 1, 5],
        [NOW + 600_001, 5],
      ],
      'out of order sample',
    ],
    [
      'newer, then older than what is stored',
      [
        [NOW + 1, 5],
        [NOW - 1, 5],
      ],
      'out of order sample',
    ],
  ])('%s', async (_, samples, message) => {
    expect(write(one('b', [NOW, 9]), one('a', ...samples))).toEqual({ status: 400, message });
    expect(await stored()).toEqual(['{__name__="a"} 0=1']);
    expect(write(one('a', [NOW + 2, 2])).status).toBe(204);
  });

  describe('of histograms', () => {
    const histogram = (timestamp: number, sum = 4) => ({ ...HISTOGRAM, sum, timestamp });
    const withHistograms = (name: string, ...histograms: HistogramMessage[]) => ({ ...one(name), histograms });
    beforeEach(() => {
      expect(write(withHistograms('h', histogram(NOW))).status).toBe(204);
    });

    test.each<[string, SeriesMessage[], string]>([
      ['out of order', [withHistograms('h', histogram(NOW - 1))], 'out of order sample'],
      ['another one at the same time', [withHistograms('h', histogram(NOW, 5))], 'duplicate sample for timestamp'],
      ['too old', [withHistograms('h', histogram(NOW - 86_400_000))], 'out of bounds'],
      [
        'a float at the same time',
        [one('h', [NOW, 5])],
        `duplicate sample for timestamp ${NOW}; overrides not allowed: existing is a histogram, new value 5`,
      ],
      [
        'series by series',
        [
          withHistograms('h', histogram(NOW - 1)),
          one('a', [NOW, 7]),
          withHistograms('b', { ...HISTOGRAM, countInt: 9 }),
        ],
        'out of order sample',
      ],
      [
        'of one series the floats first',
        [{ ...one('h', [NOW, 7]), histograms: [{ ...histogram(NOW + 1), countInt: 9 }] }],
        `duplicate sample for timestamp ${NOW}; overrides not allowed: existing is a histogram, new value 7`,
      ],
      [
        'what is no histogram before a float of the next series',
        [withHistograms('b', { ...histogram(NOW + 1), countInt: 9 }), one('a', [NOW, 7])],
        '3 observations found in buckets, but the Count field is 9: ' +
          "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
      ],
    ])('%s', (_, series, message) => {
      expect(write(...series)).toEqual({ status: 400, message });
      expect(write(withHistograms('h', histogram(NOW + 2))).status).toBe(204);
    });

    test('older than an earlier one of the same request: dropped', () => {
      expect(write(withHistograms('i', histogram(NOW), histogram(NOW - 1))).status).toBe(204);
    });
  });

  test('ten minutes ahead exactly is taken', () => {
    expect(write(one('b', [NOW + 600_000, 1])).status).toBe(204);
  });

  test('a histogram more than ten minutes ahead', () => {
    expect(write({ ...one('h'), histograms: [{ countInt: 0, sum: 0, timestamp: NOW + 600_001 }] })).toEqual({
      status: 400,
      message: 'out of bounds: timestamp is too far in the future',
    });
  });

  test('a histogram whose spans promise billions of buckets', () => {
    const histograms = [
      { countInt: 1, schema: 20, positiveSpans: [{ offset: 0, length: 4_000_000_000 }], timestamp: NOW },
    ];
    expect(write({ ...one('h'), histograms }).message).toContain('spans need 4000000000 buckets, have 0 buckets');
  });

  test('a histogram that contradicts itself', () => {
    const histograms = [
      { countInt: 5, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [1], timestamp: NOW },
    ];
    expect(write({ ...one('h'), histograms })).toEqual({
      status: 400,
      message:
        '1 observations found in buckets, but the Count field is 5: ' +
        "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
    });
  });

  test('a storage that fails answers 500, and the next request works', async () => {
    let fails = true;
    receiver = receiverOver({
      appender() {
        const appender = database.appender();
        return {
          resolve: (labels) => appender.resolve(labels),
          resolveBytes: (bytes, start, end) => appender.resolveBytes(bytes, start, end),
          append: (batch) => appender.append(batch),
          refuses: (...float) => appender.refuses(...float),
          lastValue: (ref) => appender.lastValue(ref),
          rollback: () => appender.rollback(),
          commit() {
            if (!fails) return appender.commit();
            appender.rollback();
            throw new Error('no space left on device');
          },
        };
      },
    });
    expect(write(one('a', [NOW + 1, 1]))).toEqual({ status: 500, message: 'no space left on device' });
    fails = false;
    expect(write(one('a', [NOW + 1, 1])).status).toBe(204);
    expect(await stored()).toEqual(['{__name__="a"} 0=1 1=1']);
  });
});

describe('refs that the storage forgot', () => {
  test('are asked for anew', async () => {
    let forgotten = 0;
    receiver = receiverOver({
      appender() {
        const appender = database.appender();
        return {
          resolve: (labels) => appender.resolve(labels) + forgotten * 1000,
          resolveBytes: (bytes, start, end) => appender.resolveBytes(bytes, start, end) + forgotten * 1000,
          append(batch) {
            const refs = batch.refs.map((ref) => (ref > forgotten * 1000 ? ref - forgotten * 1000 : 999));
            return appender.append({ ...batch, refs });
          },
          refuses: (...float) => appender.refuses(...float),
          lastValue: (ref) => appender.lastValue(ref),
          rollback: () => appender.rollback(),
          commit: () => appender.commit(),
        };
      },
    });
    expect(write(one('a', [NOW, 1]), one('b', [NOW, 1])).status).toBe(204);
    forgotten = 1;
    expect(write(one('a', [NOW + 1, 2]), one('b', [NOW + 1, 2])).status).toBe(204);
    expect(await stored()).toEqual(['{__name__="a"} 0=1 1=2', '{__name__="b"} 0=1 1=2']);
  });
});

describe('a large request', () => {
  /** Label sets that take so many bytes together, with a sample each at `time`. */
  const series = (time: number, bytes: number): SeriesMessage[] =>
    Array.from({ length: Math.ceil(bytes / 1000) }, (_, i) => ({
      labels: labelsOf({ __name__: 'large', id: String(i), padding: 'x'.repeat(1000) }),
      samples: [{ timestamp: time, value: i }],
    }));

  test('is seen as a whole, and others are answered between its turns', async () => {
    const seen: number[] = [];
    let pauses = 0;
    receiver = receiverOver(database, async () => {
      const lines = await stored();
      seen.push(lines.filter((line) => line.includes('large')).length);
      expect(write(one('small', [NOW + ++pauses, pauses])).status).toBe(204);
    });
    const message = series(NOW + 1, 2 * AT_ONCE_BYTES_MAX);
    expect(await receiver.receive(V1, writeBody(message))).toEqual({ status: 204, message: '' });
    expect(pauses).toBeGreaterThan(10);
    expect(new Set(seen)).toEqual(new Set([0]));
    const lines = await stored();
    expect(lines.filter((line) => line.includes('large'))).toHaveLength(message.length);
    expect(lines.filter((line) => line.includes('small'))).toHaveLength(1);
    // The series are known now.
    expect((await receiver.receive(V1, writeBody(series(NOW + 2, 2 * AT_ONCE_BYTES_MAX)))).status).toBe(204);
    expect(await samplesOf('large')).toBe(2 * message.length);
  });

  test('is refused whole, and two of them wait for each other', async () => {
    receiver = receiverOver(database);
    const message = series(NOW + 1, AT_ONCE_BYTES_MAX);
    const late = { labels: message.at(-1)!.labels, samples: [{ timestamp: NOW, value: 1 }] };
    const outcomes = await Promise.all([
      receiver.receive(V1, writeBody(message)),
      receiver.receive(V1, writeBody([...series(NOW + 2, AT_ONCE_BYTES_MAX), late])),
      receiver.receive(V1, writeBody(series(NOW + 3, AT_ONCE_BYTES_MAX))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([204, 400, 204]);
    expect(await samplesOf('large')).toBe(2 * message.length);
  });
});

/** Samples of all series of a metric. */
async function samplesOf(name: string): Promise<number> {
  const lines = await stored();
  return lines.filter((line) => line.includes(name)).reduce((sum, line) => sum + line.match(/ -?\d+=/g)!.length, 0);
}

test('of a request with a sample too far ahead no series behind it are made', async () => {
  const ahead = NOW + 11 * 60_000;
  const invalid = { labels: labelsOf({ job: 'a' }), samples: [{ timestamp: ahead, value: 1 }] };
  const outcome = write(
    invalid,
    one('a', [NOW, 1]),
    one('b', [NOW, 1], [ahead, 2]),
    one('c', [NOW, 1]),
    one('d', [ahead, 1]),
  );
  expect(outcome.status).toBe(400);
  expect(outcome.message).toContain('too far in the future');
  expect(database.stats().head.series).toBe(2);
  expect(await stored()).toEqual([]);
  expect(write(one('c', [NOW, 1])).status).toBe(204);
});

describe('of a request with a sample that is too old or out of order', () => {
  const at = NOW - 3_600_000;
  const old = at - 7_200_000;
  const seriesMade = (...message: SeriesMessage[]) => {
    const before = database.stats().head.series;
    const { status } = write(...message);
    return [status, database.stats().head.series - before];
  };

  test('no series behind it are made', async () => {
    expect(write(one('a', [at, 1]), one('h', [at, 1])).status).toBe(204);
    const dropped = { labels: labelsOf({ job: 'a' }), samples: [{ timestamp: old, value: 1 }] };
    expect(seriesMade(dropped, one('n1', [at, 1]), one('a', [at - 1, 1]), one('n2', [at, 1]))).toEqual([400, 1]);
    expect(seriesMade(one('n3', [at, 1]), one('a', [at, 2]), one('n4', [at, 1]))).toEqual([400, 1]);
    expect(seriesMade(one('n5', [at, 1], [old, 1]), one('n6', [at, 1]))).toEqual([400, 1]);
    // What is refused only for the request's own order is left out.
    expect(
      seriesMade(one('a', [at, 1], [at + 5, 1], [at + 3, 2]), one('n7', [at, 1], [at, 2]), one('n8', [at, 1])),
    ).toEqual([204, 2]);
    expect((await stored()).length).toBe(4);
  });

  test('series behind it are made where late samples are taken', () => {
    database.setOutOfOrderWindow(10_000);
    expect(write(one('a', [at, 1])).status).toBe(204);
    expect(seriesMade(one('n1', [at, 1]), one('a', [at - 10_000, 1]), one('n2', [at - 10_000, 1]))).toEqual([204, 2]);
    expect(seriesMade(one('n3', [at - 10_001, 1]), one('n4', [at, 1]))).toEqual([204, 2]);
    expect(seriesMade(one('n5', [at, 1]), one('a', [at - 10_001, 1]), one('n6', [at, 1]))).toEqual([400, 1]);
    expect(seriesMade(one('n7', [at, 1]), one('a', [at, 2]), one('n8', [at, 1]))).toEqual([400, 1]);
  });
});

test('a request is taken whole where what it would have been refused for has gone meanwhile', async () => {
  receiver = receiverOver({
    appender() {
      const appender = database.appender();
      return {
        resolve: (labels) => appender.resolve(labels),
        resolveBytes: (bytes, start, end) => appender.resolveBytes(bytes, start, end),
        append: (batch) => appender.append(batch),
        refuses: () => true,
        lastValue: (ref) => appender.lastValue(ref),
        rollback: () => appender.rollback(),
        commit: () => appender.commit(),
      };
    },
  });
  expect(write(one('a', [NOW, 1]), one('b', [NOW, 1]), one('c', [NOW, 1])).status).toBe(204);
  expect((await stored()).length).toBe(3);
});

describe('bytes that are no request', () => {
  const body = writeBody([
    { ...one('a', [NOW + 1, 1]), exemplars: [{ labels: labelsOf({ id: 'x' }), value: 1, timestamp: NOW }] },
    { ...one('h'), histograms: [{ countInt: 0, sum: 0, timestamp: NOW }] },
    one('b', [NOW + 1, 1], [NOW + 2, 2]),
  ]);

  test('a block cut at any byte is corrupt, and nothing is stored', async () => {
    for (let end = 0; end < body.length; end++) {
      expect(receive(V1, body.subarray(0, end))).toEqual({ status: 400, message: 's2: corrupt input' });
    }
    expect(await stored()).toEqual([]);
  });

  test('a flipped byte never does worse than 400', () => {
    for (let at = 0; at < body.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        const flipped = body.slice();
        flipped[at]! ^= mask;
        expect([204, 400]).toContain(receive(V1, flipped).status);
      }
    }
  });

  test('a message cut at any byte that is not the end of a field is refused, and nothing is stored', async () => {
    const message = encodeRequest([one('a', [NOW + 1, 1]), one('b', [NOW + 1, 1])]);
    const half = encodeRequest([one('a', [NOW + 1, 1])]).length;
    for (let end = 1; end < message.length; end++) {
      if (end === half) continue;
      expect(receive(V1, compress(message.subarray(0, end))).status).toBe(400);
    }
    expect(await stored()).toEqual([]);
    expect(database.stats().head.series).toBe(0);
  });

  test('a block that claims to be huge is refused before memory is taken', () => {
    // 64 MiB from 6 bytes is impossible; 64 MiB from 4 MiB is too much.
    expect(receive(V1, Uint8Array.of(0x80, 0x80, 0x80, 0x20, 0, 0)).message).toBe('s2: corrupt input');
    const large = new Uint8Array(4 << 20);
    large.set([0x80, 0x80, 0x80, 0x20]);
    expect(receive(V1, large)).toEqual({
      status: 400,
      message: 'decoded size exceeds the 33554432 bytes limit',
    });
  });
});

describe('a request of large or many messages', () => {
  test('one long series is decoded in turns too', async () => {
    const samples = Array.from({ length: 60_000 }, (_, k): [number, number] => [NOW + k, k * 0.1]);
    const outcome = receiver.receive(V1, writeBody([one('long', ...samples)]));
    expect(outcome).toBeInstanceOf(Promise);
    expect((await outcome).status).toBe(204);
    expect((await stored())[0]).toMatch(/ 59999=5999\.9\d*$/);
  });

  test.each([
    ['unknown fields', [0x28, 0], 204, ''],
    ['empty exemplars', [0x1a, 0], 400, 'a request may not hold more than 262144 exemplars'],
    ['empty histograms', [0x22, 0], 400, 'a request may not hold more than 262144 histograms'],
  ])('a series of %s only is walked through in turns', async (_, field, status, message) => {
    const inner = new Uint8Array(2 << 20);
    for (let at = 0; at < inner.length; at += 2) inner.set(field, at);
    const outcome = receiver.receive(V1, compress(Buffer.concat([Buffer.of(0x0a, 0x80, 0x80, 0x80, 0x01), inner])));
    expect(outcome).toBeInstanceOf(Promise);
    expect(await outcome).toEqual({ status, message });
  });

  test('what would be walked through whole is refused', async () => {
    const size = [0x80, 0x80, 0x80, 0x01];
    const inner = new Uint8Array(2 << 20).fill(0x08);
    for (const [head, message] of [
      [[0x0a, ...size], 'TimeSeries'],
      [[0x1a, ...size], 'MetricMetadata'],
    ] as const) {
      const body = Buffer.concat([Buffer.from(head), inner]);
      if (message === 'TimeSeries') body.set([0x12, 0xfb, 0xff, 0x7f], head.length);
      const outcome = await receiver.receive(V1, compress(body));
      expect(outcome).toEqual({
        status: 400,
        message: expect.stringContaining(`a field of ${message} has more than 262144 bytes`),
      });
    }
    const groups = Uint8Array.from({ length: 2 << 20 }, (_, i) => (i === 0 ? 0x2b : i % 2 === 1 ? 0x28 : 0));
    expect((await receiver.receive(V1, compress(groups))).message).toContain('has more than 262144 bytes');
    expect(await stored()).toEqual([]);
  });
});

describe('headers', () => {
  test.each([
    [
      'application/json',
      'expected application/x-protobuf as the first (media) part, got application/json content-type',
    ],
    [
      'application/x-protobuf;proto=foo',
      'got application/x-protobuf;proto=foo content type; unknown type for remote write protobuf message foo, ' +
        'supported: prometheus.WriteRequest, io.prometheus.write.v2.Request',
    ],
    [
      'application/x-protobuf;charset',
      'as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got charset in ' +
        'application/x-protobuf;charset content-type',
    ],
    [
      'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts prometheus.WriteRequest',
    ],
  ])('%s is 415', (contentType, message) => {
    expect(receive(contentType, writeBody([]))).toEqual({ status: 415, message });
  });

  test('encodings other than snappy are 415', () => {
    expect(receiver.refusesEncoding('snappy')).toBeNull();
    expect(receiver.refusesEncoding('')).toBeNull();
    expect(receiver.refusesEncoding('gzip')?.message).toBe(
      'gzip encoding (compression) is not accepted by this server; only snappy is acceptable',
    );
  });
});
