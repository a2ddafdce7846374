import { describe, expect, test } from 'vitest';
import { xxhash64Fraction, xxhash64Hex } from './xxhash64.ts';

function hex(text: string): string {
  const bytes = Buffer.from(text);
  return xxhash64Hex(bytes, bytes.length);
}

describe('xxhash64Hex()', () => {
  // Values of the published implementation, seed 0.
  test.each([
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['as', '1c330fb2d66be179'],
    ['asd', '631c37ce72a97393'],
    ['asdf', '415872f599cea71e'],
    ['Call me Ishmael. Some years ago--never mind how long precisely-', '02a2e85470d6fd96'],
  ])('of %j', (text, expected) => {
    expect(hex(text)).toBe(expected);
  });

  test('takes only the first bytes it is told to', () => {
    const bytes = Buffer.from('asdfgh');
    expect(xxhash64Hex(bytes, 4)).toBe('415872f599cea71e');
  });
});

test('xxhash64Fraction() is the hash over its range', () => {
  expect(xxhash64Fraction(new Uint8Array(0), 0)).toBeCloseTo(0xef46db37 / 2 ** 32, 9);
});
