import { expect, test } from 'vitest';
import { goDuration } from './go-duration.ts';

test.each([
  [0, '0s'],
  [0.0001, '0s'],
  [0.02, '20µs'],
  [13.3047, '13.305ms'],
  [500, '500ms'],
  [999.9999, '1s'],
  [1500, '1.5s'],
  [15_000, '15s'],
  [60_000, '1m0s'],
  [90_500, '1m30.5s'],
  [3_600_000, '1h0m0s'],
  [90_061_001, '25h1m1.001s'],
  [-2, '-2ms'],
  [-90_000, '-1m30s'],
])('goDuration(%d) is %s', (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
