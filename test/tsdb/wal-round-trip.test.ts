import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Histogram } from '../../src/model/histogram.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { HistogramEntry } from '../../src/storage/append.ts';
import { PAGE_SIZE } from '../../src/tsdb/wal/framing.ts';
import { METRIC_TYPES } from '../../src/tsdb/wal/record-types.ts';
import {
  exemplarsRecord,
  histogramRecords,
  metadataRecord,
  samplesRecord,
  seriesRecord,
  tombstonesRecord,
} from '../../src/tsdb/wal/records.ts';
import { bitsOf, hex, memoryDisk, openWriter, replay, samplesOf, seriesOf } from './wal-support.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const refs = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: MAX }));
const times = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.integer({ min: -MAX, max: MAX }),
  fc.constantFrom(0, -1, MAX, -MAX),
);
const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 120, maxLength: 300 }));
const labels = fc.dictionary(texts, texts, { maxKeys: 8 }).map(labelsFromObject);
const counts = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: MAX }));
const spans = fc.array(fc.record({ offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), length: fc.nat() }));
const layout = {
  counterResetHint: fc.constantFrom('unknown', 'reset', 'notReset', 'gauge'),
  zeroThreshold: fc.double(),
  positiveSpans: spans,
  negativeSpans: spans,
  sum: fc.double(),
} as const;
const integer = fc.record({
  ...layout,
  kind: fc.constant('integer' as const),
  schema: fc.integer({ min: -4, max: 8 }),
  customValues: fc.constant([]),
  count: counts,
  zeroCount: counts,
  positiveDeltas: fc.array(fc.integer({ min: -MAX, max: MAX })),
  negativeDeltas: fc.array(fc.integer()),
});
const float = fc.record({
  ...layout,
  kind: fc.constant('float' as const),
  schema: fc.integer({ min: -4, max: 8 }),
  customValues: fc.constant([]),
  count: fc.double(),
  zeroCount: fc.double(),
  positiveCounts: fc.array(fc.double()),
  negativeCounts: fc.array(fc.double()),
});
const custom = fc
  .tuple(fc.oneof(integer, float), fc.array(fc.double()))
  .map(([base, customValues]): Histogram => ({ ...base, schema: -53, customValues }));
const histograms = fc.record({
  ref: refs,
  time: times,
  startTime: fc.constant(0),
  histogram: fc.oneof(integer, float, custom) as fc.Arbitrary<Histogram>,
});

function writeAndReplay(...batches: Uint8Array[][]) {
  const disk = memoryDisk();
  const writer = openWriter(disk, { segmentSize: 4 * PAGE_SIZE });
  for (const batch of batches) writer.append(batch);
  const { seen, report } = replay(disk);
  expect(report).toMatchObject({ damages: [], tornTail: null });
  expect(report.records).toBe(batches.flat().length);
  return { seen, report, writer };
}

describe('records through the log', () => {
  it('keep every sample, to the bit', () => {
    const rows = fc.array(fc.tuple(refs, times, fc.nat(0xffffffff), fc.nat(0xffffffff)), { maxLength: 60 });
    fc.assert(
      fc.property(rows, (samples) => {
        const bits = Uint32Array.from(samples.flatMap((row) => [row[2], row[3]]));
        const record = samplesRecord(
          Float64Array.from(samples, (row) => row[0]),
          Float64Array.from(samples, (row) => row[1]),
          bits,
          Uint32Array.from(samples, (_, index) => index),
          samples.length,
        );
        expect(writeAndReplay([record]).seen.samplesSeen).toEqual(
          samples.map(([ref, time, low, high]) => [ref, time, hex(high) + hex(low), null]),
        );
      }),
    );
  });

  it('take only the rows that the indexes name', () => {
    const record = samplesRecord(
      Float64Array.of(5, 6, 7, 8),
      Float64Array.of(10, 20, 30, 40),
      new Uint32Array(Float64Array.of(1, 2, 3, 4).buffer),
      Uint32Array.of(3, 1, 0),
      2,
    );
    expect(writeAndReplay([record]).seen.samplesSeen).toEqual([
      [8, 40, bitsOf(4), null],
      [6, 20, bitsOf(2), null],
    ]);
  });

  it('keep series with any labels', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ ref: refs, labels }), { maxLength: 20 }), (entries) => {
        const { seen } = writeAndReplay([seriesRecord(entries)]);
        expect(seen.seriesSeen.map(([ref, found]) => [ref, found.pairs])).toEqual(
          entries.map((entry) => [entry.ref, entry.labels.pairs]),
        );
      }),
    );
  });

  it('keep histograms of all kinds', () => {
    fc.assert(
      fc.property(fc.array(histograms, { maxLength: 12 }), (entries: HistogramEntry[]) => {
        const { seen } = writeAndReplay(histogramRecords(entries));
        const inOrder = (a: HistogramEntry, b: HistogramEntry) => entries.indexOf(a) - entries.indexOf(b);
        expect(seen.histogramsSeen.length).toBe(entries.length);
        for (const kind of ['integer', 'float'] as const) {
          for (const isCustom of [false, true]) {
            const chosen = (entry: HistogramEntry) =>
              entry.histogram.kind === kind && (entry.histogram.schema === -53) === isCustom;
            expect(seen.histogramsSeen.filter(chosen)).toEqual(entries.filter(chosen).sort(inOrder));
          }
        }
      }),
    );
  });

  it('keep exemplars, tombstones and metadata', () => {
    const exemplar = fc.record({ ref: refs, time: times, value: fc.double(), labels });
    const tombstone = fc.record({ ref: refs, minTime: times, maxTime: times });
    const metadata = fc.record({ ref: refs, type: fc.constantFrom(...METRIC_TYPES), unit: texts, help: texts });
    fc.assert(
      fc.property(fc.array(exemplar), fc.array(tombstone), fc.array(metadata), (exemplars, tombstones, metadatas) => {
        const { seen } = writeAndReplay(
          [exemplarsRecord(exemplars), tombstonesRecord(tombstones)],
          [metadataRecord(metadatas)],
        );
        expect(seen.exemplarsSeen.map((entry) => [entry, entry.labels.pairs])).toEqual(
          exemplars.map((entry) => [entry, entry.labels.pairs]),
        );
        expect(seen.tombstonesSeen).toEqual(tombstones);
        expect(seen.metadataSeen).toEqual(metadatas);
      }),
    );
  });

  it('may be larger than a page, than a segment, and end anywhere in a page', () => {
    for (const compression of ['none', 'snappy', 'zstd'] as const) {
      const disk = memoryDisk();
      const writer = openWriter(disk, { segmentSize: 4 * PAGE_SIZE, compression });
      const expected: number[] = [];
      for (let size = 1, ref = 1; size < 30_000; size = Math.ceil(size * 1.7), ref++) {
        const rows = Array.from({ length: size }, (_, i) => [ref, i, Math.sin(i)] as const);
        writer.append([samplesOf(rows), seriesOf(ref, { __name__: `m${ref}` })]);
        for (const row of rows) expected.push(row[2]);
      }
      for (let pad = 0; pad < 40; pad++) writer.append([seriesOf(1, { pad: 'x'.repeat(PAGE_SIZE - 40 + pad) })]);
      const { seen, report } = replay(disk);
      expect(report).toMatchObject({ damages: [], tornTail: null, missingSegments: 0, lastSegment: writer.segment });
      expect(seen.samplesSeen.map((sample) => sample[2])).toEqual(expected.map(bitsOf));
      expect(writer.segment).toBeGreaterThan(3);
    }
  });

  it('pass over types of a newer writer', () => {
    const { seen, report } = writeAndReplay([Uint8Array.of(77, 1, 2, 3), seriesOf(1, { a: 'b' })]);
    expect(report.entries).toMatchObject({ unknownRecords: 1, series: 1 });
    expect(seen.seriesSeen.length).toBe(1);
  });

  it('gives histograms that are finer than what is stored the finest resolution that is', () => {
    const entry = (schema: number, positiveDeltas: number[]): HistogramEntry => ({
      ref: 1,
      time: schema,
      startTime: 0,
      histogram: {
        kind: 'integer',
        counterResetHint: 'unknown',
        schema,
        zeroThreshold: 0,
        zeroCount: 0,
        count: 3,
        sum: 1,
        positiveSpans: [{ offset: 1, length: 2 }],
        negativeSpans: [],
        positiveDeltas,
        negativeDeltas: [],
        customValues: [],
      },
    });
    const { seen, report } = writeAndReplay(histogramRecords([entry(9, [1, 1]), entry(9, [1]), entry(53, [1, 1])]));
    expect(seen.histogramsSeen.map(({ histogram }) => histogram)).toEqual([
      expect.objectContaining({ schema: 8, positiveSpans: [{ offset: 1, length: 1 }], positiveDeltas: [3] }),
    ]);
    expect(report.entries).toMatchObject({ histograms: 1, leftOut: 2 });
  });
});
