import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agoText, durationMs, durationText, metricText, quoted, shortNumber } from './format.ts';

test('metricText() writes a series as PromQL does, names that need quotes among the labels', () => {
  expect(metricText({ __name__: 'up' })).toBe('up');
  expect(metricText({ __name__: 'up', job: 'a "b"' })).toBe('up{job="a \\"b\\""}');
  expect(metricText({ __name__: 'http.requests', 'status.code': '200' })).toBe(
    '{"http.requests", "status.code"="200"}',
  );
  expect(metricText({ job: 'a' })).toBe('{job="a"}');
  expect(metricText({})).toBe('{}');
});

test('quoted() escapes what could show as another text', () => {
  expect(quoted('a\u202eb\u0007')).toBe('"a\\u202eb\\u0007"');
  expect(quoted('häuser 1')).toBe('"häuser 1"');
});

test('durationMs() reads what durationText() writes', () => {
  expect(durationText(5_400_000)).toBe('1h30m');
  expect(durationText(0)).toBe('0s');
  expect(durationText(694_861_001)).toBe('1w1d1h1m1s1ms');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 315_360_000_000_000 }), (ms) => {
      expect(durationMs(durationText(ms))).toBe(ms);
    }),
  );
});

test('durationMs() takes years, and nothing that is no duration of a query', () => {
  expect(durationMs(' 1y ')).toBe(31_536_000_000);
  for (const text of ['', '5', '5x', 'h', '1h 30m', '0s', '10001y']) expect(durationMs(text), text).toBeNull();
});

test('shortNumber() keeps four digits and takes a suffix where that is shorter', () => {
  expect([0, 1, 1234, 9999, 12_345, 1_500_000, 2e9, 3.5e12].map(shortNumber)).toEqual([
    '0',
    '1',
    '1234',
    '9999',
    '12.35k',
    '1.5M',
    '2G',
    '3.5T',
  ]);
  expect([-12_345, 0.00054321, 1e-5, 1e16, Number.NaN, Number.POSITIVE_INFINITY].map(shortNumber)).toEqual([
    '-12.35k',
    '0.0005432',
    '1.00e-5',
    '1.00e+16',
    'NaN',
    'Infinity',
  ]);
});

test('agoText() says never of the zero time', () => {
  expect(agoText('0001-01-01T00:00:00Z')).toBe('never');
  expect(agoText('')).toBe('never');
  expect(agoText('9999-01-01T00:00:00Z')).toBe('0.0 s ago');
});
