import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampleColumn, type SampleColumn } from '../../src/storage/query.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import { flatHistogram } from '../../src/tsdb/chunk/flat-histogram.ts';
import { HistogramChunkWriter } from '../../src/tsdb/chunk/histogram-chunk-writer.ts';
import { CHUNK_RESET } from '../../src/tsdb/chunk/histogram-layout.ts';
import { readHistogramChunk } from '../../src/tsdb/chunk/read-histogram-chunk.ts';
import {
  bucketsOf,
  histogramFrom,
  type PlainHistogram,
  plainBuckets,
  plainHistograms,
  wideHistograms,
} from './histogram-support.ts';

/** A chunk of the first histogram's kind and buckets; the others give it numbers. */
function chunkOf(
  shape: PlainHistogram,
  list: readonly PlainHistogram[],
): { encoding: number; bytes: Uint8Array; plain: PlainHistogram[] } {
  const added = (count = 0) => (shape.isInteger ? Math.floor(count % 2 ** 40) : count);
  const plain = [shape, ...list].map((next, row) => ({
    ...shape,
    sum: next.sum,
    positive: shape.positive.map(([index, count], i) => [index, count + row * added(next.positive[i]?.[1])] as const),
    negative: shape.negative.map(([index, count], i) => [index, count + row * added(next.negative[i]?.[1])] as const),
  }));
  const samples = plain.map((next) => flatHistogram(histogramFrom(next))!);
  const first = samples[0]!;
  const writer = new HistogramChunkWriter(first.encoding, first.layout, CHUNK_RESET.unknown);
  const bytes = new Uint8Array(64 * 1024);
  for (const [i, sample] of samples.entries()) {
    if (i === 0) writer.begin(timeOf(i), sample);
    else writer.append(timeOf(i), sample);
    writer.copyTo(bytes, 0);
  }
  return { encoding: writer.encoding, bytes: bytes.slice(0, writer.byteLength), plain };
}

function timeOf(i: number): number {
  return 1_700_000_000_000 + 15_000 * i + (i % 3);
}

function read(
  bytes: Uint8Array,
  byteLength: number,
  encoding: number,
  count: number,
): { code: number; column: SampleColumn } {
  const column = createSampleColumn(1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { code: readHistogramChunk(bytes, view, 0, byteLength, encoding, count, column), column };
}

const shapes = fc.oneof(plainHistograms, wideHistograms);
const lists = fc.array(shapes, { maxLength: 20 });

describe('readHistogramChunk()', () => {
  it('gives what HistogramChunkWriter wrote, at the end of a buffer and before other bytes', () => {
    fc.assert(
      fc.property(shapes, lists, fc.constantFrom(0, 40), (shape, list, behind) => {
        const { bytes, encoding, plain } = chunkOf(shape, list);
        const longer = new Uint8Array(bytes.length + behind).fill(0xff);
        longer.set(bytes);
        const { code, column } = read(longer, bytes.length, encoding, plain.length);
        expect([code, column.length]).toEqual([0, plain.length]);
        for (const [i, next] of plain.entries()) {
          const { count, customValues, schema, sum, zeroCount, zeroThreshold } = histogramFrom(next);
          const histogram = column.histograms![i]!;
          expect(column.times[i]).toBe(timeOf(i));
          expect(histogram).toMatchObject({ count, customValues, schema, sum, zeroCount, zeroThreshold });
          expect(bucketsOf(histogram)).toEqual(plainBuckets(next));
        }
      }),
    );
  });

  it('sees a chunk that was cut anywhere, also where other bytes follow', () => {
    fc.assert(
      fc.property(shapes, lists, fc.constantFrom(0, 40), (shape, list, behind) => {
        const { bytes, encoding, plain } = chunkOf(shape, list);
        for (let cut = 0; cut < bytes.length; cut++) {
          const longer = new Uint8Array(cut + behind);
          longer.set(bytes.subarray(0, cut));
          expect(read(longer, cut, encoding, plain.length).code).toBeLessThan(0);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('ends on any bytes, with bounded memory', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 120 });
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom(ENCODING.histogram, ENCODING.floatHistogram),
        fc.nat(65_535),
        (any, encoding, count) => {
          const { code, column } = read(any, any.length, encoding, count);
          expect(code).toBeLessThanOrEqual(0);
          let buckets = 0;
          for (const histogram of column.histograms ?? []) {
            buckets += histogram!.positiveCounts.length + histogram!.negativeCounts.length;
          }
          expect(buckets).toBeLessThanOrEqual(any.length * 8);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('ends on a good chunk with any bit flipped', () => {
    fc.assert(
      fc.property(shapes, lists, fc.nat(), (shape, list, where) => {
        const { bytes, encoding, plain } = chunkOf(shape, list);
        const bit = where % (bytes.length * 8);
        bytes[bit >>> 3]! ^= 0x80 >>> (bit & 7);
        const { code, column } = read(bytes, bytes.length, encoding, plain.length);
        expect(code).toBeLessThanOrEqual(0);
        expect(column.length).toBeLessThanOrEqual(plain.length);
      }),
    );
  });
});

describe('HistogramChunkWriter', () => {
  it('writes the bytes that the format says', () => {
    const shape: PlainHistogram = {
      isInteger: true,
      hint: 'unknown',
      schema: 1,
      zeroThreshold: 0.5,
      zeroCount: 2,
      sum: 1,
      positive: [[3, 4]],
      negative: [],
    };
    const { bytes } = chunkOf(shape, []);
    expect(bitsOf(bytes)).toBe(
      [
        '0000000000000000', // count, the owner's to write
        '00000000', // counter reset: unknown
        '11110011', // zero threshold 2^-1
        '10001', // schema 1
        '10001', // one positive span
        '10001', // of 1 bucket
        '10011', // at 3
        '0', // no negative span
        '11111110',
        BigInt(timeOf(0)).toString(2).padStart(56, '0'), // time
        '10110', // count 6
        '10010', // zero count 2
        (0x3ff0_0000).toString(2).padStart(32, '0'),
        '0'.repeat(32), // sum 1.0
        '10100', // bucket 4
      ]
        .join('')
        .padEnd(bytes.length * 8, '0'),
    );
  });
});

function bitsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
}
