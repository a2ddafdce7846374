import { expect, test } from 'vitest';
import { parseStolenSeconds } from './stolen-time.ts';

test('parseStolenSeconds() reads the eighth number of all cores', () => {
  const text = 'cpu  10 20 30 40 50 60 70 812 90 100\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
  expect(parseStolenSeconds(text)).toBe(8.12);
});

test('parseStolenSeconds() tells nothing where the kernel does not count it', () => {
  expect(parseStolenSeconds('cpu  10 20 30 40\n')).toBeNull();
  expect(parseStolenSeconds('')).toBeNull();
});
