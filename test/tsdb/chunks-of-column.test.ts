import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FloatHistogram } from '../../src/model/histogram.ts';
import { writeStale } from '../../src/model/stale.ts';
import { createSampleColumn, type EncodedChunk, type SampleColumn } from '../../src/storage/query.ts';
import { ChunkDecoder } from '../../src/tsdb/chunk/chunk-decoder.ts';
import { chunksOfColumn } from '../../src/tsdb/chunk/chunks-of-column.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';

type Sample =
  | number
  | 'stale'
  | 'stale histogram'
  | { readonly counts: readonly number[]; readonly isInteger: boolean };

describe('chunksOfColumn()', () => {
  test('decodes to the samples it was given', () => {
    const histogram = fc.record({
      counts: fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 6 }),
      isInteger: fc.boolean(),
    });
    const sample: fc.Arbitrary<Sample> = fc.oneof(
      { weight: 6, arbitrary: fc.double() },
      { weight: 1, arbitrary: fc.constantFrom<Sample>('stale', 'stale histogram') },
      { weight: 4, arbitrary: histogram },
    );
    const gaps = fc.array(fc.integer({ min: 1, max: 1e7 }), { minLength: 300, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 300 }), gaps, (samples, steps) => {
        const column = columnOf(samples, steps);
        const chunks = [...chunksOfColumn(column)];
        const decoded = decodedColumn(chunks);
        expect(pointsOf(decoded)).toEqual(pointsOf(column));
      }),
    );
  });

  test('goes on with a histogram chunk while the buckets grow no wider', () => {
    const counts = (n: number): Sample => ({ counts: [n, 2 * n], isInteger: true });
    const chunks = [...chunksOfColumn(columnOf([counts(1), counts(2), counts(3), counts(1)], [1, 1, 1, 1]))];
    expect(chunks.map(({ bytes }) => bytes[1])).toEqual([3, 1]);
    // The second begins with a counter reset, and its header says so.
    expect(chunks.map(({ bytes }) => bytes[2])).toEqual([0, 0x80]);
  });

  test('gives no chunk for no samples', () => {
    expect([...chunksOfColumn(createSampleColumn(4))]).toEqual([]);
  });
});

function columnOf(samples: readonly Sample[], steps: readonly number[]): SampleColumn {
  const column = createSampleColumn(samples.length);
  const histograms: (FloatHistogram | undefined)[] = [];
  const integerCounts = new Uint8Array(samples.length);
  let time = 1_700_000_000_000;
  for (const [i, sample] of samples.entries()) {
    time += steps[i]!;
    column.times[i] = time;
    if (typeof sample === 'number') column.values[i] = sample;
    else if (typeof sample === 'string') {
      writeStale(column.bits, i);
      if (sample === 'stale histogram') histograms[i] = histogramOf([]);
    } else {
      column.values[i] = 1;
      histograms[i] = histogramOf(sample.counts);
      integerCounts[i] = sample.isInteger ? 1 : 0;
    }
  }
  column.length = samples.length;
  column.histograms = samples.map((_, i) => histograms[i]);
  column.integerCounts = integerCounts;
  return column;
}

function histogramOf(counts: readonly number[]): FloatHistogram {
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: 0,
    count: counts.reduce((a, b) => a + b, 0),
    sum: 1,
    positiveSpans: counts.length > 0 ? [{ offset: 1, length: counts.length }] : [],
    positiveCounts: counts,
    negativeSpans: [],
    negativeCounts: [],
    customValues: [],
  };
}

function decodedColumn(chunks: readonly EncodedChunk[]): SampleColumn {
  const decoder = new ChunkDecoder();
  const column = createSampleColumn(16);
  for (const { bytes, encoding, minTime, maxTime } of chunks) {
    const from = column.length;
    expect(decoder.decode(encoding, bytes, column)).toBeNull();
    expect([column.times[from], column.times[column.length - 1]]).toEqual([minTime, maxTime]);
    expect(encoding).toBeLessThanOrEqual(ENCODING.floatHistogram);
  }
  return column;
}

/** Everything of a column that must come through: empty buckets and what hints say may differ. */
function pointsOf({ length, times, bits, histograms, integerCounts }: SampleColumn): unknown[] {
  return Array.from({ length }, (_, i) => {
    const histogram = histograms?.[i];
    const value = [times[i], bits[2 * i], bits[2 * i + 1]];
    if (histogram === undefined) return value;
    return [...value, integerCounts?.[i] ?? 0, histogram.count, histogram.positiveCounts.filter((count) => count > 0)];
  });
}
