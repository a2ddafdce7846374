import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunks, type Sample, xor2Chunk } from '../../test/support/plain-xor2.ts';
import { XOR2_MALFORMED, XOR2_TIME_OUT_OF_RANGE, XOR2_TRUNCATED, xor2Decode } from './xor2-decode.ts';

describe('xor2Decode()', () => {
  it('reads what an independent writer wrote, with start times and without', () => {
    fc.assert(
      fc.property(chunks, (samples) => {
        const chunk = xor2Chunk(samples);
        expect(decode(chunk, samples.length)).toEqual(samples);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the steps at the edges of their forms', () => {
    for (const dod of [-4097, -4096, 4095, 4096, -524289, -524288, 524287, 524288, 2 ** 40, -(2 ** 40)]) {
      const samples = [0, 2 ** 41, 2 ** 42 + dod, 3 * 2 ** 41 + 2 * dod].map((time) => ({ time, value: 7n, start: 0 }));
      expect(decode(xor2Chunk(samples), 4)).toEqual(samples);
    }
  });

  it('stops at every truncated byte', () => {
    const samples = Array.from({ length: 140 }, (_, i) => ({
      time: 1000 * i + (i % 3),
      value: BigInt(i * i) << 40n,
      start: i > 20 ? 500 : 0,
    }));
    const chunk = xor2Chunk(samples);
    for (let size = 0; size < chunk.length; size++) {
      const code = run(chunk.subarray(0, size), samples.length).code;
      expect([XOR2_TRUNCATED, XOR2_MALFORMED]).toContain(code);
    }
    expect(run(chunk, samples.length).code).toBe(chunk.length);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 300 }), (bytes, count) => {
        expect(run(bytes, count).code).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses times that a double does not hold exactly', () => {
    const chunk = xor2Chunk([
      { time: 2 ** 52, value: 1n, start: 0 },
      { time: 2 ** 53 + 2 ** 52, value: 1n, start: 0 },
    ]);
    expect(run(chunk, 2).code).toBe(XOR2_TIME_OUT_OF_RANGE);
  });
});

function run(chunk: Uint8Array, count: number) {
  const times = new Float64Array(count);
  const bits = new Uint32Array(2 * count);
  const starts = new Float64Array(count);
  return { code: xor2Decode(chunk, 0, chunk.length, count, times, bits, starts, 0), times, bits, starts };
}

function decode(chunk: Uint8Array, count: number): Sample[] {
  const { bits, code, starts, times } = run(chunk, count);
  expect(code).toBe(chunk.length);
  return Array.from(times, (time, i) => ({
    time,
    value: (BigInt(bits[2 * i + 1]!) << 32n) | BigInt(bits[2 * i]!),
    start: starts[i]! + 0,
  }));
}
