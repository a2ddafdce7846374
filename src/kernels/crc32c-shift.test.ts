import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { crc32cShift } from './crc32c-shift.ts';

describe('crc32cShift()', () => {
  it('makes the checksum of the whole from those of two parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (bytes, place) => {
        const cut = Math.min(place, bytes.length);
        const head = crc32c(bytes, 0, cut, 0);
        const tail = crc32c(bytes, cut, bytes.length, 0);
        const whole = (crc32cShift(head, bytes.length - cut) ^ tail) >>> 0;
        expect(whole).toBe(crc32c(bytes, 0, bytes.length, 0));
      }),
    );
  });

  it('takes long parts', () => {
    const bytes = Uint8Array.from({ length: 3 * 2 ** 20 + 17 }, (_, i) => i * 31);
    const head = crc32c(bytes, 0, 1000, 0);
    const tail = crc32c(bytes, 1000, bytes.length, 0);
    expect((crc32cShift(head, bytes.length - 1000) ^ tail) >>> 0).toBe(crc32c(bytes, 0, bytes.length, 0));
  });

  it('leaves a checksum as it is where nothing follows', () => {
    expect(crc32cShift(0xdeadbeef, 0)).toBe(0xdeadbeef);
  });
});
