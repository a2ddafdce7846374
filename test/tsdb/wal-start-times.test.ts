import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Histogram } from '../../src/model/histogram.ts';
import type { HistogramEntry } from '../../src/storage/append.ts';
import { RecordDecoder } from '../../src/tsdb/wal/decode-records.ts';
import { createSampleColumns, decodeSamples, decodeSamplesV2 } from '../../src/tsdb/wal/decode-samples.ts';
import { RECORD } from '../../src/tsdb/wal/record-types.ts';
import { histogramV2Records, samplesV2Record } from '../../src/tsdb/wal/start-time-records.ts';
import { Collector } from './wal-support.ts';

/** Writes records field by field on big integers, from the text of the format alone. */
class SlowRecord {
  readonly bytes: number[];

  constructor(type: number) {
    this.bytes = [type];
  }

  uvarint(value: bigint): this {
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.bytes.push(Number(rest & 0x7fn) | 0x80);
    this.bytes.push(Number(rest));
    return this;
  }

  varint(value: bigint): this {
    const wrapped = BigInt.asIntN(64, value);
    return this.uvarint((wrapped << 1n) ^ (wrapped >> 63n));
  }

  big64(value: bigint): this {
    for (let shift = 56n; shift >= 0n; shift -= 8n)
      this.bytes.push(Number((BigInt.asUintN(64, value) >> shift) & 0xffn));
    return this;
  }

  get record(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

type Row = readonly [ref: bigint, time: bigint, start: bigint, bits: bigint];

function recordV2(rows: readonly Row[]): Uint8Array {
  const record = new SlowRecord(RECORD.samplesV2);
  rows.forEach(([ref, time, start, bits], i) => {
    const [firstRow, previous] = [rows[0]!, rows[i - 1]];
    if (previous === undefined) record.varint(ref).varint(time).varint(start);
    else {
      record.varint(ref - previous[0]).varint(time - firstRow[1]);
      if (start === 0n) record.bytes.push(0);
      else if (start === previous[2]) record.bytes.push(1);
      else {
        record.bytes.push(2);
        record.varint(start - firstRow[2]);
      }
    }
    record.big64(bits);
  });
  return record.record;
}

function recordV1(rows: readonly Row[]): Uint8Array {
  const record = new SlowRecord(RECORD.samples);
  const first = rows[0];
  if (first !== undefined) record.big64(first[0]).big64(first[1]);
  for (const [ref, time, , bits] of rows)
    record
      .varint(ref - first![0])
      .varint(time - first![1])
      .big64(bits);
  return record.record;
}

const EMPTY: readonly Histogram[] = [
  { ...emptyHistogram(0), kind: 'integer', positiveDeltas: [], negativeDeltas: [] },
  { ...emptyHistogram(1), kind: 'float', positiveCounts: [], negativeCounts: [] },
];

function emptyHistogram(sum: number) {
  const none = { positiveSpans: [], negativeSpans: [], customValues: [] };
  return { ...none, counterResetHint: 'unknown', schema: 0, zeroThreshold: 0, zeroCount: 0, count: 0, sum } as const;
}

const MAX = 2n ** 53n - 1n;
const safe = fc.oneof(
  fc.bigInt({ min: -MAX, max: MAX }),
  fc.bigInt({ min: 1_700_000_000_000n, max: 1_700_000_100_000n }),
);
const refs = fc.oneof(fc.bigInt({ min: 1n, max: MAX }), fc.bigInt({ min: 1n, max: 300n }));
const starts = fc.oneof(fc.constantFrom(0n, 1_700_000_000_000n), safe);
const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const row = fc.tuple(refs, safe, starts, bits);
/** Also what only 64 bits hold. */
const wildRow = fc.tuple(
  fc.oneof(refs, fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })),
  fc.oneof(safe, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  starts,
  bits,
);

const isUsable = ([ref, time]: Row) => ref > 0n && ref <= MAX && time >= -MAX && time <= MAX;

function shown(rows: readonly Row[], withStart: boolean) {
  return rows.map(([ref, time, start, value]) => [
    Number(ref),
    Number(time),
    value.toString(16).padStart(16, '0'),
    withStart ? Number(start) : null,
  ]);
}

function visit(record: Uint8Array) {
  const seen = new Collector();
  const decoder = new RecordDecoder(seen);
  expect(decoder.visit(record)).toBeNull();
  return { seen, counts: decoder.counts };
}

describe('samples with start times', () => {
  it('are read as the format says', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        expect(visit(recordV2(rows)).seen.samplesSeen).toEqual(shown(rows, true));
        expect(visit(recordV1(rows)).seen.samplesSeen).toEqual(shown(rows, false));
      }),
      { numRuns: 300 },
    );
  });

  it('are written as the format says, by samplesV2Record() and histogramV2Records()', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
        const values = new BigUint64Array(rows.map(([, , , value]) => value));
        const columns = [0, 1, 2].map((at) => Float64Array.from(rows, (each) => Number(each[at]!)));
        const indexes = Uint32Array.from(rows, (_, i) => i);
        const [refs, times, starts] = columns as [Float64Array, Float64Array, Float64Array];
        const record = samplesV2Record(refs, times, starts, new Uint32Array(values.buffer), indexes, rows.length);
        expect(record).toEqual(recordV2(rows));
        const entries = rows.map(([ref, time, startTime], i) => {
          const place = { ref: Number(ref), time: Number(time), startTime: Number(startTime) };
          return { ...place, histogram: EMPTY[i % 2]! };
        });
        const seen = new Collector();
        for (const each of histogramV2Records(entries)) expect(new RecordDecoder(seen).visit(each)).toBeNull();
        const bySeries = (found: readonly HistogramEntry[]) => [...found].sort((a, b) => a.ref - b.ref);
        expect(bySeries(seen.histogramsSeen)).toEqual(bySeries(entries));
      }),
      { numRuns: 300 },
    );
  });

  it('that doubles can not hold are left out and counted, the others stay exact', () => {
    fc.assert(
      fc.property(fc.array(wildRow, { maxLength: 20 }), (rows) => {
        const usable = rows.filter(isUsable);
        for (const [record, withStart] of [[recordV2(rows), true] as const, [recordV1(rows), false] as const]) {
          const { seen, counts } = visit(record);
          expect(counts.leftOut).toBe(rows.length - usable.length);
          expect(seen.samplesSeen.map((sample) => sample.slice(0, 3))).toEqual(
            shown(usable, withStart).map((sample) => sample.slice(0, 3)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('cut at any byte are refused, or read up to a whole sample', () => {
    const rows: Row[] = [
      [5n, 1000n, 900n, 1n],
      [6n, 1000n, 900n, 2n],
      [700n, 900_000n, 0n, 3n],
      [1n, -5n, 77n, 4n],
    ];
    const columns = createSampleColumns();
    for (const [record, decode] of [
      [recordV2(rows), decodeSamplesV2] as const,
      [recordV1(rows), decodeSamples] as const,
    ]) {
      let whole = 0;
      for (let size = 1; size < record.length; size++) {
        if (decode(record.subarray(0, size), columns) < 0) continue;
        expect([...columns.refs.subarray(0, columns.length)]).toEqual([5, 6, 700, 1].slice(0, columns.length));
        whole++;
      }
      expect(whole).toBeLessThanOrEqual(rows.length + 1);
    }
  });
});

describe('malformed records of every type', () => {
  it('are refused without an exception and without memory for what they claim', () => {
    const types = Object.values(RECORD);
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 200 }), (type, body) => {
        const reason = new RecordDecoder(new Collector()).visit(Uint8Array.of(type, ...body));
        expect(reason === null || reason.length > 0).toBe(true);
      }),
      { numRuns: 3000 },
    );
    // A billion labels, spans, buckets in a few bytes.
    const huge = [0xff, 0xff, 0xff, 0xff, 0x03];
    const zeros = (count: number) => new Array<number>(count).fill(0);
    const claims = [
      [RECORD.series, ...zeros(8), ...huge],
      [RECORD.series, ...zeros(8), 1, ...huge],
      [RECORD.metadata, 1, 1, ...huge],
      [RECORD.histograms, ...zeros(18), 0, 0, ...zeros(8), 0, 0, ...zeros(8), ...huge],
      [RECORD.floatHistograms, ...zeros(18), 0, 0, ...zeros(32), 0, 0, ...huge],
    ];
    for (const bytes of claims) {
      expect(new RecordDecoder(new Collector()).visit(Uint8Array.from(bytes))).toMatch(
        /items in|malformed|record ends/,
      );
    }
  });
});
