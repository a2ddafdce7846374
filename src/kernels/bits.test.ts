import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BITS_MALFORMED,
  BITS_TRUNCATED,
  bitsAt,
  takeVarbitInt,
  takeVarbitUint,
  takeWide,
  takeXor,
} from './bit-read.ts';
import {
  NO_XOR_WINDOW,
  putBits,
  putVarbitInt,
  putVarbitUint,
  putWide,
  putXor,
  VARBIT_BITS_MAX,
  XOR_BITS_MAX,
} from './bit-write.ts';

const exact = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.integer({ min: -300_000, max: 300_000 }),
  fc.maxSafeInteger(),
);
const phase = fc.nat(7);

describe('putVarbitInt() and takeVarbitInt()', () => {
  it('take the bits that the format gives each range', () => {
    const bytes = new Uint8Array(16);
    for (const [from, to, bits] of [
      [0, 0, 1],
      [-3, 4, 5],
      [-31, 32, 9],
      [-255, 256, 13],
      [-2047, 2048, 17],
      [-131071, 131072, 24],
      [-16777215, 16777216, 32],
      [-(2 ** 53), 2 ** 53, 64],
    ] as const) {
      expect([putVarbitInt(bytes, 0, from), putVarbitInt(bytes, 0, to)]).toEqual([bits, bits]);
    }
    expect([-4, 5, -32, 33, -256, 257, -2048, 2049].map((value) => putVarbitInt(bytes, 0, value))).toEqual([
      9, 9, 13, 13, 17, 17, 24, 24,
    ]);
  });

  it('give back what was put, behind any bits, and see every truncation', () => {
    fc.assert(
      fc.property(exact, phase, (value, before) => {
        const bytes = new Uint8Array(1 + before + VARBIT_BITS_MAX / 8);
        const out = new Float64Array(1);
        const end = putVarbitInt(bytes, putBits(bytes, 0, 0x55, before + 1), value);
        expect(takeVarbitInt(bytes, before + 1, end, out)).toBe(end);
        expect(out[0]).toBe(value);
        for (let cut = before + 1; cut < end; cut++) {
          expect(takeVarbitInt(bytes, before + 1, cut, out)).toBe(BITS_TRUNCATED);
        }
      }),
    );
  });

  it('refuse 64-bit integers that a double does not hold', () => {
    const bytes = new Uint8Array(16);
    const out = new Float64Array(1);
    putWide(bytes, putBits(bytes, 0, 0xff, 8), 1, 0x00200000);
    expect(takeVarbitInt(bytes, 0, 128, out)).toBe(BITS_MALFORMED);
    putWide(bytes, putBits(bytes, 0, 0xff, 8), -5, -1);
    expect([takeVarbitInt(bytes, 0, 128, out), out[0]]).toEqual([72, -5]);
    expect(takeVarbitUint(bytes, 0, 128, out)).toBe(BITS_MALFORMED);
  });
});

describe('putVarbitUint() and takeVarbitUint()', () => {
  it('take the bits that the format gives each range', () => {
    const bytes = new Uint8Array(16);
    const last = [0, 7, 63, 511, 4095, 262143, 33554431, 2 ** 53];
    expect(last.map((value) => putVarbitUint(bytes, 0, value))).toEqual([1, 5, 9, 13, 17, 24, 32, 64]);
  });

  it('give back what was put, behind any bits, and see every truncation', () => {
    fc.assert(
      fc.property(exact, phase, (signed, before) => {
        const value = Math.abs(signed);
        const bytes = new Uint8Array(1 + before + VARBIT_BITS_MAX / 8);
        const out = new Float64Array(1);
        const end = putVarbitUint(bytes, putBits(bytes, 0, 0x2a, before + 1), value);
        expect(takeVarbitUint(bytes, before + 1, end, out)).toBe(end);
        expect(out[0]).toBe(value);
        for (let cut = before + 1; cut < end; cut++) {
          expect(takeVarbitUint(bytes, before + 1, cut, out)).toBe(BITS_TRUNCATED);
        }
      }),
    );
  });
});

describe('putXor() and takeXor()', () => {
  it('give back rows of values by their bits', () => {
    const half = fc.oneof(fc.constant(0), fc.nat(0xff), fc.integer({ min: 0, max: 0xffffffff }));
    const values = fc.array(fc.tuple(half, half), { maxLength: 30 });
    fc.assert(
      fc.property(values, phase, (list, before) => {
        const bytes = new Uint8Array(2 + (list.length * XOR_BITS_MAX) / 8 + before);
        const windows = Uint16Array.of(NO_XOR_WINDOW);
        let end = before;
        let low = 0;
        let high = 0;
        for (const [nextLow, nextHigh] of list) {
          end = putXor(bytes, end, low ^ nextLow, high ^ nextHigh, windows, 0);
          low = nextLow;
          high = nextHigh;
        }
        const halves = new Uint32Array(2);
        windows[0] = 0;
        let at = before;
        for (const [nextLow, nextHigh] of list) {
          at = takeXor(bytes, at, end, halves, windows, 0);
          expect([halves[0], halves[1]]).toEqual([nextLow, nextHigh]);
        }
        expect(at).toBe(end);
        if (list.length > 0) expect(takeXor(bytes, at, end, halves, windows, 0)).toBe(BITS_TRUNCATED);
      }),
    );
  });

  it('see a window that is wider than 64 bits', () => {
    const bytes = new Uint8Array(32);
    putBits(bytes, 0, (3 << 11) | (31 << 6) | 34, 13);
    expect(takeXor(bytes, 0, 256, new Uint32Array(2), new Uint16Array(1), 0)).toBe(BITS_MALFORMED);
  });
});

describe('bitsAt() and takeWide()', () => {
  it('read what putBits() and putWide() wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.integer(), phase, (count, value, before) => {
        const bytes = new Uint8Array(24);
        const end = putWide(bytes, putBits(bytes, before, value, count), value, ~value);
        expect(bitsAt(bytes, before, count)).toBe(count === 32 ? value >>> 0 : (value & ((1 << count) - 1)) >>> 0);
        const halves = new Uint32Array(4);
        expect(takeWide(bytes, before + count, end, halves, 1)).toBe(end);
        expect([...halves]).toEqual([0, 0, value >>> 0, ~value >>> 0]);
        expect(takeWide(bytes, before + count, end - 1, halves, 1)).toBe(BITS_TRUNCATED);
      }),
    );
  });
});
