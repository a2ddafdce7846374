import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareUtf8, stringFromUtf8, utf8FromString } from './utf8.ts';

/** Any string without lone surrogates: what valid UTF-8 decodes to. */
const text = fc.string({ unit: 'binary' });

describe('compareUtf8()', () => {
  test('puts U+FF5E before U+1F600, unlike UTF-16 order', () => {
    expect('\uff5e' < '\u{1f600}').toBe(false);
    expect(compareUtf8('\uff5e', '\u{1f600}')).toBeLessThan(0);
  });

  test('puts a prefix before what it begins', () => {
    expect(compareUtf8('ab', 'abc')).toBeLessThan(0);
    expect(compareUtf8('', 'a')).toBeLessThan(0);
    expect(compareUtf8('a', 'a')).toBe(0);
  });

  test('equals the order of the bytes for all strings', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});

describe('stringFromUtf8()', () => {
  test('keeps a byte order mark', () => {
    expect(stringFromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  test.each([
    ['a lone continuation byte', [0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an overlong form', [0xc0, 0x80]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
  ])('refuses %s', (_, bytes) => {
    expect(() => stringFromUtf8(Uint8Array.from(bytes))).toThrow(TypeError);
  });

  test('is the inverse of utf8FromString()', () => {
    fc.assert(
      fc.property(text, (a) => {
        expect(stringFromUtf8(utf8FromString(a))).toBe(a);
      }),
    );
  });
});
