import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../kernels/crc32c.ts';
import { snappyDecode } from '../../kernels/snappy-decode.ts';
import { runInTurns } from '../../std/turns.ts';
import { type SampleColumns, SampleCompressor } from './compressed-samples.ts';
import { RecordKernel } from './record-kernel.ts';
import { recordBytes } from './records.ts';

function columnsOf(samples: readonly (readonly [ref: number, time: number, value: number])[], from = 0): SampleColumns {
  const values = Float64Array.from(samples, ([, , value]) => value);
  return {
    refs: Float64Array.from(samples, ([ref]) => ref),
    times: Float64Array.from(samples, ([, time]) => time),
    bits: new Uint32Array(values.buffer),
    // Some rows of the batch, not in its order.
    indexes: Uint32Array.from(samples, (_, i) => samples.length - 1 - i),
    from,
    to: samples.length,
  };
}

function decoded(compressor: SampleCompressor): Uint8Array {
  const record = new Uint8Array(compressor.recordSize);
  const { bytes, end, start } = compressor;
  expect(snappyDecode(bytes, start, end, record, 0, record.length)).toBe(record.length);
  return record;
}

const value = fc.oneof(
  fc.constantFrom(0, -0, 1, 2, 256, 65_536, 0.1, 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY),
  fc.nat(5000),
  fc.nat(5000).map((n) => n / 16),
  fc.double(),
);
const ref = fc.oneof(fc.nat(300), fc.nat(2 ** 28));

describe('SampleCompressor', () => {
  it('makes snappy of the record that samplesRecord() makes', () => {
    const compressor = new SampleCompressor();
    const near = fc.oneof(fc.constant(0), fc.nat(20_000), fc.nat(2 ** 28));
    const rows = fc.array(fc.tuple(ref, near, value), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(rows, fc.nat(), fc.boolean(), (some, from, areConsecutive) => {
        const samples = some.map(
          ([some, after, value], i) => [areConsecutive ? 7 + i : some, 1.7e12 - after, value] as const,
        );
        const columns = columnsOf(samples, from % samples.length);
        expect(compressor.compress(columns)).toBe(true);
        expect(decoded(compressor)).toEqual(recordBytes(columns));
      }),
      { numRuns: 400 },
    );
  });

  it('is what the kernel makes, byte for byte, record after record', () => {
    const compressor = new SampleCompressor();
    const kernel = new RecordKernel();
    const row = fc.tuple(ref, fc.oneof(fc.constant(0), fc.nat(20_000), fc.nat(2 ** 29 + 10)), value);
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 400 }),
        fc.nat(),
        fc.boolean(),
        (some, from, areConsecutive) => {
          const samples = some.map(
            ([some, after, value], i) => [areConsecutive ? 7 + i : some, 1.7e12 - after, value] as const,
          );
          const columns = columnsOf(samples, from % samples.length);
          if (areConsecutive) columns.indexes.reverse();
          const made = kernel.compress(columns);
          expect(made !== null).toBe(compressor.compress(columns));
          if (made === null) return;
          const { bytes, start, end, recordSize } = compressor;
          expect(Buffer.compare(made, bytes.subarray(start, end))).toBe(0);
          expect(kernel.recordSize).toBe(recordSize);
          expect(kernel.checksum(made, 3, made.length)).toBe(crc32c(bytes, start + 3, end, 0));
        },
      ),
      { numRuns: 600 },
    );
  });

  it('is made in parts by the kernel where there are more samples than it has room for', () => {
    const kernel = new RecordKernel();
    const rows = fc.array(fc.tuple(fc.nat(2 ** 20), value), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 32_700, max: 140_000 }), fc.boolean(), (some, count, areInOrder) => {
        const samples = Array.from({ length: count }, (_, i) => {
          const [after, value] = some[i % some.length]!;
          return [1 + i, 1.7e12 - (i % 3) * after, value] as const;
        });
        const columns = columnsOf(samples);
        if (areInOrder) columns.indexes.reverse();
        const made = kernel.compress(columns)!;
        const record = new Uint8Array(kernel.recordSize);
        expect(snappyDecode(made, 0, made.length, record, 0, record.length)).toBe(record.length);
        expect(Buffer.compare(record, recordBytes(columns))).toBe(0);
        expect(kernel.checksum(made, 3, 20_003)).toBe(crc32c(made, 3, 20_003, 0));
        // The record behind it knows nothing of it.
        const next = columnsOf(samples.slice(0, 50));
        const compressor = new SampleCompressor();
        compressor.compress(next);
        const { bytes, start, end } = compressor;
        expect(Buffer.compare(kernel.compress(next)!, bytes.subarray(start, end))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('gives a large record up where another comes in between its parts', () => {
    const kernel = new RecordKernel();
    const large = columnsOf(Array.from({ length: 70_000 }, (_, i) => [i, 5, i] as const));
    const small = columnsOf([[1, 2, 3]]);
    const whole = Buffer.from(kernel.compress(large)!);
    const steps = kernel.compressLarge(large);
    expect(steps.next().done).toBe(false);
    kernel.compress(small);
    expect(steps.next()).toEqual({ done: true, value: null });
    expect(Buffer.compare(runInTurns(kernel.compressLarge(large), null)!, whole)).toBe(0);
  });

  it('leaves a large record to others where its refs lie far apart, and goes on', () => {
    const kernel = new RecordKernel();
    const samples = Array.from({ length: 40_000 }, (_, i) => [i < 35_000 ? i : 2 ** 30, 0, i] as const);
    expect(kernel.compress(columnsOf(samples))).toBeNull();
    const next = columnsOf(samples.slice(0, 50));
    const compressor = new SampleCompressor();
    compressor.compress(next);
    const { bytes, start, end } = compressor;
    expect(Buffer.compare(kernel.compress(next)!, bytes.subarray(start, end))).toBe(0);
  });

  it('takes 4 bytes a sample of values that repeat, and little more than there are of those that can not be compressed', () => {
    const compressor = new SampleCompressor();
    const sizeOf = (valueAt: (i: number) => number) => {
      compressor.compress(columnsOf(Array.from({ length: 1000 }, (_, i) => [1 + i, 1.7e12, valueAt(i)])));
      return (compressor.end - compressor.start) / compressor.recordSize;
    };
    expect(sizeOf(() => 0)).toBeLessThan(0.38);
    expect(sizeOf((i) => i % 5)).toBeLessThan(0.4);
    expect(sizeOf((i) => 1000 + 7 * i)).toBeLessThan(0.8);
    expect(sizeOf((i) => Math.sqrt(i + 0.3))).toBeLessThan(1.03);
  });

  it('leaves refs and times that lie far apart to others', () => {
    const compressor = new SampleCompressor();
    expect(
      compressor.compress(
        columnsOf([
          [1, 0, 1],
          [2 ** 30, 0, 1],
        ]),
      ),
    ).toBe(false);
    expect(
      compressor.compress(
        columnsOf([
          [1, 0, 1],
          [2, 2 ** 40, 1],
        ]),
      ),
    ).toBe(false);
  });
});
