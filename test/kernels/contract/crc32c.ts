import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

export type Crc32c = (bytes: Uint8Array, start: number, end: number, previous: number) => number;

/** One bit at a time, straight from the definition. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** What every implementation of the checksum must do. */
export function crc32cContract(crc32c: Crc32c): void {
  const whole = (bytes: Uint8Array) => crc32c(bytes, 0, bytes.length, 0);

  describe('crc32c()', () => {
    it('gives the values of RFC 3720 appendix B.4', () => {
      expect(whole(new Uint8Array(32))).toBe(0x8a9136aa);
      expect(whole(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
      expect(whole(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
      expect(whole(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
    });

    it('gives the check value of the catalogue for "123456789"', () => {
      expect(whole(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
      expect(whole(new Uint8Array(0))).toBe(0);
    });

    it('agrees with the definition for any bytes at any offset', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), fc.nat(20), (bytes, before, after) => {
          const padded = new Uint8Array(before + bytes.length + after).fill(0x5a);
          padded.set(bytes, before);
          expect(crc32c(padded, before, before + bytes.length, 0)).toBe(slowCrc32c(bytes));
        }),
      );
    });

    it('can be continued', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, split) => {
          const at = Math.min(split, bytes.length);
          expect(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at, 0))).toBe(whole(bytes));
        }),
      );
    });
  });
}
