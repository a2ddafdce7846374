import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesFromText, bytesText } from './byte-size.ts';

test('bytesText() and bytesFromText() are inverse', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
      expect(bytesFromText(bytesText(bytes))).toBe(bytes);
    }),
  );
});

test('bytesFromText() needs a unit and knows both spellings', () => {
  expect(bytesFromText('512MB')).toBe(512 * 1024 ** 2);
  expect(bytesFromText('1GiB512KiB')).toBe(1024 ** 3 + 512 * 1024);
  expect(bytesFromText('-1GB')).toBe(-(1024 ** 3));
  expect(bytesFromText('0')).toBe(0);
  for (const wrong of ['', '5', 'MB', '1XB', '1 MB', '1..5MB', '-', '1MB2']) {
    expect(() => bytesFromText(wrong)).toThrow(/^units: /);
  }
});

test('bytesText() prints binary units', () => {
  expect(bytesText(0)).toBe('0B');
  expect(bytesText(1536)).toBe('1KiB512B');
  expect(bytesText(-1024)).toBe('-1KiB');
});
