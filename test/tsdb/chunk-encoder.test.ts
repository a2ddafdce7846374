import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START_TIME_MAX } from '../../src/kernels/start-time-encode.ts';
import type { EncodedChunk } from '../../src/storage/query.ts';
import { ChunkEncoder } from '../../src/tsdb/chunk/chunk-encoder.ts';
import { decodeChunk } from '../../src/tsdb/chunk/decode-chunk.ts';
import { ENCODING } from '../../src/tsdb/chunk/encoding.ts';
import { flatHistogram, staleHistogram } from '../../src/tsdb/chunk/flat-histogram.ts';
import { histogramFrom, type PlainHistogram, plainHistograms, wideHistograms } from './histogram-support.ts';

/** A float by its bits, or a histogram, or a stale marker of histograms. */
type Value = bigint | PlainHistogram | 'stale';

interface Sample {
  readonly time: number;
  readonly start: number;
  readonly value: Value;
}

describe('ChunkEncoder', () => {
  it('keeps floats, histograms and start times, by their bits', () => {
    fc.assert(
      fc.property(series, fc.constantFrom(1, 7, 120, Infinity), (samples, samplesMax) => {
        const chunks = encoded(samples, samplesMax);
        const seen = chunks.flatMap((chunk) => {
          const { histograms, length, times, bits, startTimes } = decodeChunk(chunk);
          expect([times[0], times[length - 1]]).toEqual([chunk.minTime, chunk.maxTime]);
          expect(length).toBeLessThanOrEqual(samplesMax);
          return Array.from({ length }, (_, i) => {
            const value = histograms === null ? floatText(bits, i) : histogramText(histograms[i]!);
            return [times[i]!, (startTimes?.[i] ?? 0) + 0, value];
          });
        });
        expect(seen).toEqual(samples.map(expected));
      }),
      { numRuns: 300 },
    );
  });

  it('makes the same chunks of floats that come together', () => {
    const sample = fc.record({
      step: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(15_000, 15_000, 15_001, 14_990) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 40 }) },
      ),
      value: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double()),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
        fc.array(sample, { minLength: 1, maxLength: 80 }),
        fc.constantFrom(2, 7, 32, 120),
        fc.array(fc.nat(80), { maxLength: 3 }),
        (start, samples, samplesMax, cuts) => {
          let time = start;
          const times = Float64Array.from(samples, ({ step }) => (time += step));
          const bits = new Uint32Array(Float64Array.from(samples, ({ value }) => value).buffer);
          const order = Uint32Array.from(samples, (_, i) => i);
          const single = new ChunkEncoder(samplesMax);
          for (const [i, at] of times.entries()) single.float(at, bits[2 * i]!, bits[2 * i + 1]!);
          const together = new ChunkEncoder(samplesMax);
          // In pieces.
          const ends = [...cuts.filter((cut) => cut < samples.length), samples.length].sort((a, b) => a - b);
          let from = 0;
          for (const to of ends) {
            together.floats(times, bits, order, from, to);
            from = to;
          }
          expect(together.finish()).toEqual(single.finish());
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes the encodings of start times only where there is one', () => {
    const value = 0x3ff0000000000000n;
    const encodings = (samples: readonly Sample[]) => encoded(samples, Infinity).map(({ encoding }) => encoding);
    expect(encodings([1, 2, 3].map((time) => ({ time, start: 0, value })))).toEqual([ENCODING.xor]);
    // What follows a float with a start time stays with it.
    expect(encodings([0, 1, 0].map((start, i) => ({ time: i + 5, start, value })))).toEqual([
      ENCODING.xor,
      ENCODING.xor2,
    ]);
    const histogram = { ...PLAIN, isInteger: true };
    expect(encodings([0, 1, 1, 0].map((start, i) => ({ time: i + 5, start, value: histogram })))).toEqual([
      ENCODING.histogram,
      ENCODING.histogramStartTimes,
      ENCODING.histogram,
    ]);
  });

  it('begins a chunk where more samples do not fit into the header', () => {
    const encoder = new ChunkEncoder(Infinity);
    const sample = flatHistogram(histogramFrom(PLAIN))!;
    for (let i = 0; i < 0x3fff + 2; i++) encoder.histogram(1000 + i, sample, 5);
    expect(
      encoder
        .finish()
        .map(decodeChunk)
        .map(({ length }) => length),
    ).toEqual([0x3fff, 2]);
  });

  it('leaves start times out that can not be told exactly', () => {
    const late = START_TIME_MAX + 1;
    const samples = [
      { time: 10, start: -late, value: 1n },
      { time: 20, start: 5, value: 1n },
      { time: late, start: 5, value: 2n },
      { time: 2 ** 53 - 1, start: 0, value: 2n },
    ];
    const chunks = encoded(samples, Infinity).map(decodeChunk);
    expect(chunks.flatMap(({ length, times }) => [...times.subarray(0, length)])).toEqual([10, 20, late, 2 ** 53 - 1]);
    expect(
      chunks.flatMap(({ length, startTimes }) => [...(startTimes ?? new Float64Array(length)).subarray(0, length)]),
    ).toEqual([0, 5, 0, 0]);
  });
});

const PLAIN: PlainHistogram = {
  isInteger: false,
  hint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  sum: 1,
  positive: [[1, 2]],
  negative: [],
};

const bits = fc.oneof(
  fc.constantFrom(0n, 0x7ff0000000000002n, 0x8000000000000000n, 0x7ff8000000000001n, 0xfff8000000abcdefn),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const values: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: bits },
  { weight: 4, arbitrary: plainHistograms },
  { weight: 2, arbitrary: wideHistograms },
  { weight: 1, arbitrary: fc.constant('stale' as const) },
);
const steps = fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 2 ** 44 }));
/** Long runs of one kind, start times that seldom change, times anywhere. */
const series: fc.Arbitrary<Sample[]> = fc
  .record({
    first: fc.oneof(fc.constant(1_700_000_000_000), fc.constantFrom(-(2 ** 51), 0, 2 ** 53 - 2 ** 46)),
    runs: fc.array(
      fc.record({
        value: values,
        start: fc.oneof(
          fc.constant(0),
          fc.integer({ min: 1, max: 2 ** 41 }),
          fc.constantFrom(2 ** 51, -(2 ** 51), 2 ** 52),
        ),
        steps: fc.array(fc.tuple(steps, fc.nat(5)), { minLength: 1, maxLength: 12 }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  })
  .map(({ first, runs }) => {
    const samples: Sample[] = [];
    let time = first;
    for (const { start, steps, value } of runs) {
      for (const [step, change] of steps) {
        if (time > 2 ** 53 - 1) break;
        samples.push({ time, start: start === 0 || change > 0 ? start : start + 1, value });
        time += step;
      }
    }
    return samples;
  });

function encoded(samples: readonly Sample[], samplesMax: number): EncodedChunk[] {
  const encoder = new ChunkEncoder(samplesMax);
  for (const { start, time, value } of samples) {
    if (typeof value === 'bigint') {
      encoder.float(time, Number(value & 0xffffffffn), Number(value >> 32n), start);
    } else if (value === 'stale') {
      encoder.histogram(time, staleHistogram(ENCODING.histogram, 'unknown'), start);
    } else {
      encoder.histogram(time, flatHistogram(histogramFrom(value))!, start);
    }
  }
  return encoder.finish();
}

function expected({ start, time, value }: Sample) {
  const isTold = Math.abs(time) <= START_TIME_MAX && Math.abs(start) <= START_TIME_MAX;
  const flat = typeof value === 'bigint' ? null : value === 'stale' ? 'stale' : flatHistogram(histogramFrom(value))!;
  const text =
    flat === null ? (value as bigint).toString(16).padStart(16, '0') : flat === 'stale' ? 'stale' : histogramText(flat);
  return [time, isTold ? start : 0, text];
}

function floatText(bits: Uint32Array, i: number): string {
  return [bits[2 * i + 1]!, bits[2 * i]!].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** Numbers and buckets that are not empty; the layout may have grown. */
function histogramText(sample: NonNullable<ReturnType<typeof flatHistogram>>): string {
  if (sample.isStale) return 'stale';
  const { counts, layout } = sample;
  const buckets: string[] = [];
  const side = (spans: readonly { offset: number; length: number }[], from: number, name: string) => {
    let index = 0;
    let at = from;
    for (const { length, offset } of spans) {
      index += offset;
      for (let i = 0; i < length; i++, index++, at++)
        if (counts[at] !== 0) buckets.push(`${name}${index}=${counts[at]}`);
    }
  };
  side(layout.positiveSpans, 3, '+');
  side(layout.negativeSpans, 3 + layout.positiveBuckets, '-');
  const { customValues, schema, zeroThreshold } = layout;
  return [
    schema,
    zeroThreshold,
    customValues,
    Array.from(counts.subarray(0, 3), (v) => (Number.isNaN(v) ? 'NaN' : v)),
    buckets,
  ].join('|');
}
