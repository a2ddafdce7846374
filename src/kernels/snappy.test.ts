import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snappyContract } from '../../test/kernels/contract/snappy.ts';
import { snappyDecode, snappyDecodedSize, snappyFirstByte } from './snappy-decode.ts';
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
