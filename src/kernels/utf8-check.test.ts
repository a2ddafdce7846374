import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUtf8 } from './utf8-check.ts';

test('isUtf8() agrees with the platform decoder', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const likely = fc.array(
    fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xdf, 0xe0, 0xa0, 0xed, 0x9f, 0xef, 0xf0, 0x90, 0xf4, 0x8f),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        likely.map((list) => new Uint8Array(list)),
      ),
      (bytes) => {
        let valid = true;
        try {
          decoder.decode(bytes);
        } catch {
          valid = false;
        }
        expect(isUtf8(bytes, 0, bytes.length)).toBe(valid);
      },
    ),
    { numRuns: 5000 },
  );
});
