import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogramFromMessage } from '../../src/remote/write-histogram.ts';
import { labelsFromMessage } from '../../src/remote/write-labels.ts';
import {
  createWriteRequest,
  decodeWriteRequest,
  type WriteRequest,
  WriteRequestError,
} from '../../src/remote/write-request.ts';
import { runInTurns } from '../../src/std/turns.ts';
import { encodeRequest, type HistogramMessage, HistogramType, labelsOf, type SeriesMessage } from './write-message.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed());
const time = fc.oneof(fc.integer(), fc.maxSafeInteger());
const series: fc.Arbitrary<SeriesMessage> = fc.record({
  labels: fc.array(fc.record({ name: text, value: text }), { maxLength: 6 }),
  samples: fc.array(fc.record({ value: fc.double(), timestamp: time }), { maxLength: 5 }),
  exemplars: fc.array(
    fc.record({
      labels: fc.array(fc.record({ name: text, value: text }), { maxLength: 2 }),
      value: fc.double(),
      timestamp: time,
    }),
    { maxLength: 2 },
  ),
  histograms: fc.array(fc.record({ countInt: fc.nat(), timestamp: time }), { maxLength: 2 }),
});

/** Samples of each series, as the columns hold them. */
function samplesOf(request: WriteRequest): { value: number; timestamp: number }[][] {
  const values = new Float64Array(request.bits.buffer);
  const all: { value: number; timestamp: number }[][] = [];
  let from = 0;
  for (let index = 0; index < request.seriesCount; index++) {
    const to = request.seriesSamplesEnd[index]!;
    const samples: { value: number; timestamp: number }[] = [];
    for (; from < to; from++) samples.push({ value: values[from]!, timestamp: request.times[from]! });
    all.push(samples);
  }
  return all;
}

function decode(bytes: Uint8Array, request: WriteRequest): void {
  runInTurns(decodeWriteRequest(bytes, request), null);
}

describe('decodeWriteRequest()', () => {
  const request = createWriteRequest();

  test('reads what protobufjs wrote', () => {
    fc.assert(
      fc.property(fc.array(series, { maxLength: 8 }), fc.boolean(), (list, withMetadata) => {
        const metadata = withMetadata ? [{ type: 2, metricFamilyName: 'a', help: 'h', unit: 's' }] : [];
        decode(encodeRequest(list, metadata), request);
        expect(request.seriesCount).toBe(list.length);
        expect(samplesOf(request)).toEqual(list.map(({ samples }) => samples));
        const counts = (ends: Uint32Array) => list.map((_, i) => ends[i]! - (i === 0 ? 0 : ends[i - 1]!));
        expect(counts(request.seriesHistogramsEnd)).toEqual(list.map(({ histograms }) => histograms!.length));
        expect(counts(request.seriesExemplarsEnd)).toEqual(list.map(({ exemplars }) => exemplars!.length));
      }),
    );
  });

  test('keeps the bits of every value', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1, maxLength: 40 }), (values) => {
        decode(encodeRequest([{ labels: [], samples: values.map((value) => ({ value, timestamp: 1 })) }]), request);
        const expected = new Uint32Array(Float64Array.from(values).buffer);
        expect([...request.bits.subarray(0, 2 * values.length)]).toEqual([...expected]);
      }),
    );
    // A stale marker, as its bytes travel: value 0x7ff0000000000002.
    decode(Uint8Array.of(0x0a, 0x0b, 0x12, 0x09, 0x09, 2, 0, 0, 0, 0, 0, 0xf0, 0x7f), request);
    expect([request.bits[0], request.bits[1]]).toEqual([2, 0x7ff00000]);
  });

  test('grows for long series and many of them', () => {
    const samples = Array.from({ length: 10_000 }, (_, i) => ({ value: i, timestamp: i }));
    const list = Array.from({ length: 9000 }, () => ({ labels: [], samples: [] as typeof samples }));
    decode(encodeRequest([{ labels: [], samples }, ...list]), request);
    expect(request.seriesCount).toBe(9001);
    expect(request.sampleCount).toBe(10_000);
    expect(request.times[9999]).toBe(9999);
  });

  test('a time beyond 2^53 becomes an infinity', () => {
    // Sample { timestamp: 2^62 } and { timestamp: -2^63 }
    const late = [0x12, 0x0a, 0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    const early = [0x12, 0x0b, 0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    decode(Uint8Array.of(0x0a, late.length + early.length, ...late, ...early), request);
    expect([request.times[0], request.times[1]]).toEqual([Infinity, -Infinity]);
  });

  test('labels between which other fields lie are marked as scattered', () => {
    const label = [0x0a, 0x06, 0x0a, 0x01, 0x61, 0x12, 0x01, 0x62];
    const sample = [0x12, 0x02, 0x10, 0x01];
    const both = [...label, ...sample, ...label];
    decode(Uint8Array.of(0x0a, both.length, ...both, 0x0a, 2 * label.length, ...label, ...label), request);
    expect([...request.seriesScattered.subarray(0, 2)]).toEqual([1, 0]);
  });

  test('passes over unknown fields of every wire type', () => {
    const unknown = [
      0x78, 0x05, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 0x01, 0x00, 0x7d, 1, 2, 3, 4, 0x7b, 0x08, 0x01, 0x7c,
    ];
    const sample = [0x12, 2 + unknown.length, ...unknown, 0x10, 0x07];
    decode(Uint8Array.of(...unknown, 0x0a, sample.length + unknown.length, ...unknown, ...sample), request);
    expect(request.seriesCount).toBe(1);
    expect(request.times[0]).toBe(7);
  });

  test.each([
    ['a message cut short', [0x0a, 0x05, 0x0a], 'unexpected EOF'],
    [
      'a varint without end',
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      'proto: integer overflow',
    ],
    [
      'a negative size',
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      'proto: negative length found',
    ],
    ['field number zero', [0x02, 0x00], 'proto: WriteRequest: illegal tag'],
    ['the end of no group', [0x7c], 'proto: WriteRequest: wiretype end group for non-group'],
    ['wire type 7', [0x7f], 'proto: illegal wireType'],
    ['a series that is a number', [0x08, 0x01], 'proto: wrong wireType'],
    ['a sample value that is a varint', [0x0a, 0x04, 0x12, 0x02, 0x08, 0x01], 'proto: wrong wireType'],
    ['groups nested without end', Array(5000).fill(0x7b), 'proto: illegal wireType'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decode(Uint8Array.from(bytes), request)).toThrow(message);
  });

  test('never does anything but decode or throw, whatever the bytes', () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        decode(bytes, request);
      } catch (error) {
        expect(error).toBeInstanceOf(WriteRequestError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
    fc.assert(
      fc.property(
        fc.array(series, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (list, at, mask) => {
          const bytes = encodeRequest(list).slice();
          if (bytes.length === 0) return;
          bytes[at % bytes.length]! ^= mask;
          attempt(bytes);
          attempt(bytes.subarray(0, at % bytes.length));
        },
      ),
    );
  });

  test('messages of nothing but empty samples are refused before they fill the memory', () => {
    const count = 5_000_000;
    const body = new Uint8Array(2 * count);
    for (let i = 0; i < body.length; i += 2) body[i] = 0x12;
    const size: number[] = [];
    for (let rest = body.length; ; rest >>>= 7) {
      if (rest < 0x80) {
        size.push(rest);
        break;
      }
      size.push((rest & 0x7f) | 0x80);
    }
    const bytes = new Uint8Array(1 + size.length + body.length);
    bytes.set([0x0a, ...size]);
    bytes.set(body, 1 + size.length);
    expect(() => decode(bytes, createWriteRequest())).toThrow('may not hold more than 4194304 samples');
  });
});

describe('labelsFromMessage()', () => {
  const halves = new Uint32Array(2);
  const labels = (pairs: [string, string][]): string | null => {
    const bytes = encodeRequest([{ labels: pairs.map(([name, value]) => ({ name, value })) }]);
    const request = createWriteRequest();
    decode(bytes, request);
    return (
      labelsFromMessage(bytes, request.seriesLabelsStart[0]!, request.seriesLabelsEnd[0]!, halves)?.toString() ?? null
    );
  };

  test('sorts them and leaves empty ones out', () => {
    expect(
      labels([
        ['b', '2'],
        ['__name__', 'up'],
        ['c', ''],
        ['a', '1'],
      ]),
    ).toBe('{__name__="up", a="1", b="2"}');
  });

  test.each<[string, [string, string][]]>([
    ['no metric name', [['a', '1']]],
    ['an empty metric name', [['__name__', '']]],
    [
      'an empty label name',
      [
        ['__name__', 'up'],
        ['', 'x'],
      ],
    ],
    [
      'a name twice',
      [
        ['__name__', 'up'],
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['no labels at all', []],
  ])('does not allow %s', (_, pairs) => {
    expect(labels(pairs)).toBeNull();
  });

  test('does not allow bytes that are no UTF-8', () => {
    const bytes = encodeRequest([{ labels: labelsOf({ __name__: 'up', a: 'Z' }) }]).slice();
    const request = createWriteRequest();
    decode(bytes, request);
    const read = () => labelsFromMessage(bytes, request.seriesLabelsStart[0]!, request.seriesLabelsEnd[0]!, halves);
    expect(read()?.get('a')).toBe('Z');
    bytes[bytes.lastIndexOf(0x5a)] = 0xff;
    expect(read()).toBeNull();
  });
});

describe('histogramFromMessage()', () => {
  const span = fc.record({ offset: fc.integer({ min: -1000, max: 1000 }), length: fc.nat({ max: 1000 }) });
  const deltas = fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { maxLength: 6 });
  const doubles = fc.array(fc.double({ noNaN: true }), { maxLength: 6 });
  const common = {
    sum: fc.double({ noNaN: true }),
    schema: fc.integer({ min: -53, max: 60 }),
    zeroThreshold: fc.double({ noNaN: true }),
    negativeSpans: fc.array(span, { maxLength: 3 }),
    positiveSpans: fc.array(span, { maxLength: 3 }),
    resetHint: fc.nat({ max: 3 }),
    timestamp: fc.maxSafeInteger(),
    customValues: doubles,
  };

  function decoded(message: HistogramMessage) {
    const bytes = HistogramType.encode(HistogramType.fromObject(message)).finish();
    return histogramFromMessage(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
  }

  test('reads integer histograms that protobufjs wrote', () => {
    const message = fc.record({
      ...common,
      countInt: fc.maxSafeNat(),
      zeroCountInt: fc.maxSafeNat(),
      negativeDeltas: deltas,
      positiveDeltas: deltas,
    });
    fc.assert(
      fc.property(message, (m) => {
        const { time, histogram } = decoded(m);
        expect(time).toBe(m.timestamp);
        expect(histogram).toEqual({
          kind: 'integer',
          counterResetHint: ['unknown', 'reset', 'notReset', 'gauge'][m.resetHint],
          schema: m.schema,
          zeroThreshold: m.zeroThreshold,
          positiveSpans: m.positiveSpans,
          negativeSpans: m.negativeSpans,
          customValues: m.customValues,
          sum: m.sum,
          count: m.countInt,
          zeroCount: m.zeroCountInt,
          positiveDeltas: m.positiveDeltas,
          negativeDeltas: m.negativeDeltas,
        });
      }),
    );
  });

  test('reads float histograms that protobufjs wrote', () => {
    const message = fc.record({
      ...common,
      countFloat: fc.double({ noNaN: true }),
      zeroCountFloat: fc.double({ noNaN: true }),
      negativeCounts: doubles,
      positiveCounts: doubles,
    });
    fc.assert(
      fc.property(message, (m) => {
        const { histogram } = decoded(m);
        expect(histogram.kind).toBe('float');
        expect(histogram).toMatchObject({
          count: m.countFloat,
          zeroCount: m.zeroCountFloat,
          positiveCounts: m.positiveCounts,
          negativeCounts: m.negativeCounts,
        });
      }),
    );
  });

  test('reads repeated numbers one by one as well as packed', () => {
    // positive_deltas: 1, -1 as two fields; positive_counts: 1.0 as a field of its own
    const bytes = Uint8Array.of(0x60, 0x02, 0x60, 0x01, 0x69, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f);
    const { histogram } = histogramFromMessage(bytes, new DataView(bytes.buffer), 0, bytes.length);
    expect(histogram).toMatchObject({ kind: 'integer', positiveDeltas: [1, -1] });
  });

  test('a cut anywhere is either shorter or refused', () => {
    const bytes = HistogramType.encode(
      HistogramType.fromObject({
        countInt: 3,
        sum: 2.5,
        positiveSpans: [{ offset: -1, length: 2 }],
        positiveDeltas: [1, 1],
        timestamp: 99,
      }),
    ).finish();
    for (let end = 0; end < bytes.length; end++) {
      try {
        histogramFromMessage(bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, end);
      } catch (error) {
        expect(error).toBeInstanceOf(WriteRequestError);
      }
    }
  });
});
