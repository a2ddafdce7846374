import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampleColumns, decodeSamples } from './decode-samples.ts';
import { samplesRecord } from './records.ts';
import { type SampleTimes, scanSampleTimes } from './scan-sample-times.ts';

function recordOf(samples: readonly (readonly [ref: number, time: number])[]): Uint8Array {
  const refs = Float64Array.from(samples, ([ref]) => ref);
  const times = Float64Array.from(samples, ([, time]) => time);
  const bits = new Uint32Array(2 * samples.length).fill(0x80808080);
  return samplesRecord(
    refs,
    times,
    bits,
    Uint32Array.from(samples, (_, i) => i),
    samples.length,
  );
}

const refs = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 2 ** 30 }),
  fc.integer({ min: 1, max: 2 ** 40 }),
);
const records = fc
  .tuple(
    fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
    fc.array(fc.tuple(refs, fc.integer({ min: -3000, max: 3000 })), { minLength: 1 }),
  )
  .map(([base, samples]) => samples.map(([ref, delta]) => [ref, base + delta] as const));

describe('scanSampleTimes()', () => {
  it('finds what decoding finds', () => {
    fc.assert(
      fc.property(records, (samples) => {
        const found: SampleTimes = { count: 0, minTime: 0, maxTime: 0 };
        expect(scanSampleTimes(recordOf(samples), found)).toBe(true);
        const times = samples.map(([, time]) => time);
        expect(found).toEqual({ count: samples.length, minTime: Math.min(...times), maxTime: Math.max(...times) });
      }),
    );
  });

  it('is not sure of anything but whole records, wherever they are cut or damaged', () => {
    const columns = createSampleColumns();
    fc.assert(
      fc.property(records, fc.nat(), fc.nat(255), fc.boolean(), (samples, place, byte, cuts) => {
        const record = recordOf(samples);
        const at = 1 + (place % (record.length - 1));
        const broken = cuts ? record.slice(0, at) : record.slice();
        if (!cuts) broken[at] = byte;
        const found: SampleTimes = { count: 0, minTime: 0, maxTime: 0 };
        if (!scanSampleTimes(broken, found)) return;
        const leftOut = decodeSamples(broken, columns);
        expect(leftOut).toBeGreaterThanOrEqual(0);
        expect(columns.length + leftOut).toBe(found.count);
        for (let i = 0; i < columns.length; i++) {
          expect(columns.times[i]).toBeGreaterThanOrEqual(found.minTime);
          expect(columns.times[i]).toBeLessThanOrEqual(found.maxTime);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leaves times that are far apart to the decoder', () => {
    const found: SampleTimes = { count: 0, minTime: 0, maxTime: 0 };
    expect(
      scanSampleTimes(
        recordOf([
          [1, 0],
          [2, 1e9],
        ]),
        found,
      ),
    ).toBe(false);
  });
});
