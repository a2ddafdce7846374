import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunks, type Sample, STALE, xor2Chunk } from '../../test/support/plain-xor2.ts';
import { xor2Decode } from './xor2-decode.ts';
import {
  createXor2State,
  XOR2_APPEND_BYTES_MAX,
  XOR2_STEP_MAX,
  xor2Append,
  xor2Begin,
  xor2ByteLength,
  xor2Fits,
} from './xor2-encode.ts';

describe('xor2Append()', () => {
  it('writes what an independent writer writes, wherever the chunk lies', () => {
    fc.assert(
      fc.property(chunks, fc.nat(40), (samples, offset) => {
        expect(encode(samples, offset)).toEqual(xor2Chunk(samples));
      }),
      { numRuns: 500 },
    );
  });

  it('writes steps at the edges of their forms, in the bits that the format says', () => {
    for (const dod of [-4097, -4096, 4095, 4096, -524289, -524288, 524287, 524288, 2 ** 40, -(2 ** 40)]) {
      const samples = [0, 2 ** 41, 2 ** 42 + dod, 3 * 2 ** 41 + 2 * dod].map((time) => ({ time, value: 7n, start: 0 }));
      expect(encode(samples)).toEqual(xor2Chunk(samples));
    }
  });

  it('keeps NaN payloads, stale markers and extreme times', () => {
    const times = [-(2 ** 53 - 1), -(2 ** 53 - 1) + XOR2_STEP_MAX, -(2 ** 53 - 1) + XOR2_STEP_MAX + 1];
    const values = [STALE, 0x7ff8000000000123n, 0xfff0000000000001n];
    const samples = times.map((time, i) => ({ time, value: values[i]!, start: 0 }));
    expect(decode(encode(samples), 3)).toEqual(samples);
    const late = [2 ** 53 - 3, 2 ** 53 - 2, 2 ** 53 - 1].map((time) => ({ time, value: STALE, start: 0 }));
    expect(decode(encode(late), 3)).toEqual(late);
  });

  it('writes a start time with each sample behind the 127th', () => {
    const samples = Array.from({ length: 140 }, (_, i) => ({ time: 1000 * i, value: 1n, start: 500 }));
    samples[135]!.start = 600;
    expect(encode(samples)).toEqual(xor2Chunk(samples));
    expect(decode(encode(samples), 140)).toEqual(samples);
  });

  it('takes the room that it says at most', () => {
    fc.assert(
      fc.property(chunks, (samples) => {
        const state = createXor2State();
        const bytes = new Uint8Array(32 * 1024);
        xor2Begin(bytes, 0, state);
        for (const { start, time, value } of samples) {
          const before = xor2ByteLength(state);
          xor2Append(bytes, 0, state, time, low(value), high(value), start);
          expect(xor2ByteLength(state) - before).toBeLessThan(XOR2_APPEND_BYTES_MAX);
        }
      }),
    );
  });

  it('xor2Fits() refuses steps that can not be told exactly', () => {
    const state = createXor2State();
    const bytes = new Uint8Array(100);
    xor2Begin(bytes, 0, state);
    expect(xor2Fits(state, 2 ** 53 - 1)).toBe(true);
    xor2Append(bytes, 0, state, -10, 0, 0, 0);
    expect(xor2Fits(state, XOR2_STEP_MAX - 10)).toBe(true);
    expect(xor2Fits(state, XOR2_STEP_MAX - 9)).toBe(false);
  });
});

function encode(samples: readonly Sample[], offset = 0): Uint8Array {
  const bytes = new Uint8Array(offset + 32 * 1024).fill(0xff);
  const state = createXor2State();
  xor2Begin(bytes, offset, state);
  for (const { start, time, value } of samples) xor2Append(bytes, offset, state, time, low(value), high(value), start);
  bytes[offset] = state.count >>> 8;
  bytes[offset + 1] = state.count;
  return bytes.slice(offset, offset + xor2ByteLength(state));
}

function decode(chunk: Uint8Array, count: number): Sample[] {
  const times = new Float64Array(count);
  const bits = new Uint32Array(2 * count);
  const starts = new Float64Array(count);
  expect(xor2Decode(chunk, 0, chunk.length, count, times, bits, starts, 0)).toBe(chunk.length);
  return Array.from(times, (time, i) => ({
    time,
    value: (BigInt(bits[2 * i + 1]!) << 32n) | BigInt(bits[2 * i]!),
    start: starts[i]! + 0,
  }));
}

function low(value: bigint): number {
  return Number(value & 0xffffffffn);
}

function high(value: bigint): number {
  return Number(value >> 32n);
}
