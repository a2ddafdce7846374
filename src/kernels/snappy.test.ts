import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snappyContract } from '../../test/kernels/contract/snappy.ts';
import {
  SNAPPY_PAUSED,
  snappyDecode,
  snappyDecodedSize,
  snappyDecodeSome,
  snappyElementsStart,
  snappyFirstByte,
} from './snappy-decode.ts';
import { SNAPPY_TABLE_LENGTH, snappyEncode, snappyEncodedSizeMax } from './snappy-encode.ts';

snappyContract({
  tableLength: SNAPPY_TABLE_LENGTH,
  encode: snappyEncode,
  encodedSizeMax: snappyEncodedSizeMax,
  decode: snappyDecode,
  decodedSize: snappyDecodedSize,
});

test('snappyFirstByte() tells the first byte of any block, and none where there is none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400, max: 5 }), fc.nat(3), (bytes, before) => {
      const target = new Uint8Array(before + snappyEncodedSizeMax(bytes.length));
      const table = new Uint16Array(SNAPPY_TABLE_LENGTH);
      const end = snappyEncode(bytes, 0, bytes.length, target, before, table);
      expect(snappyFirstByte(target, before, end)).toBe(bytes[0]);
      for (let cut = before; cut < Math.min(end, before + 3); cut++) {
        expect([-1, bytes[0]]).toContain(snappyFirstByte(target, before, cut));
      }
      expect(snappyFirstByte(target, before, before)).toBe(-1);
    }),
  );
});

/** Decompressed in steps of `inputMax` bytes. */
function inSteps(block: Uint8Array, size: number, inputMax: number): Uint8Array | number {
  const target = new Uint8Array(size);
  const progress = { from: snappyElementsStart(block, 0), made: 0 };
  for (;;) {
    const code = snappyDecodeSome(block, target, progress, inputMax);
    if (code !== SNAPPY_PAUSED) return code < 0 ? code : target;
  }
}

test('snappyDecodeSome() makes in steps what snappyDecode() makes at once, and refuses the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 500 }),
      fc.integer({ min: 1, max: 70 }),
      fc.option(fc.tuple(fc.nat(600), fc.integer({ min: 1, max: 255 }))),
      (numbers, inputMax, damage) => {
        const bytes = Uint8Array.from(numbers);
        const block = new Uint8Array(snappyEncodedSizeMax(bytes.length));
        const end = snappyEncode(bytes, 0, bytes.length, block, 0, new Uint16Array(SNAPPY_TABLE_LENGTH));
        if (damage !== null) block[damage[0] % end]! ^= damage[1];
        const size = snappyDecodedSize(block, 0, end);
        if (size < 0 || size > 1e6) return;
        const whole = new Uint8Array(size);
        const code = snappyDecode(block, 0, end, whole, 0, size);
        expect(inSteps(block.subarray(0, end), size, inputMax)).toEqual(code < 0 ? code : whole);
      },
    ),
  );
});

test('copies that overlap themselves repeat what lies before them, at any distance and length', () => {
  for (let offset = 1; offset <= 9; offset++) {
    for (let length = 1; length <= 64; length++) {
      const lead = Array.from({ length: 9 }, (_, i) => 65 + i);
      const block = Uint8Array.of(9 + length, 8 << 2, ...lead, ((length - 1) << 2) | 2, offset, 0);
      const target = new Uint8Array(9 + length);
      expect(snappyDecode(block, 0, block.length, target, 0, target.length)).toBe(target.length);
      for (let i = 9; i < target.length; i++) lead.push(lead[i - offset]!);
      expect([...target]).toEqual(lead);
    }
  }
});
