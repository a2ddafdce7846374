import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DURATION_MS_MAX, DurationSyntaxError, formatDuration, parseDuration } from './duration.ts';

test('parseDuration() reads units from big to small', () => {
  expect(parseDuration('0')).toBe(0);
  expect(parseDuration('0s')).toBe(0);
  expect(parseDuration('5m')).toBe(300_000);
  expect(parseDuration('1h30m')).toBe(5_400_000);
  expect(parseDuration('1y1w1d1h1m1s1ms')).toBe(31_536_000_000 + 604_800_000 + 86_400_000 + 3_600_000 + 61_001);
  expect(parseDuration('9223372036854ms')).toBe(DURATION_MS_MAX);
});

test('parseDuration() says what is wrong as the reference does', () => {
  const cases: [string, string][] = [
    ['', 'empty duration string'],
    ['1', 'not a valid duration string: "1"'],
    ['m', 'not a valid duration string: "m"'],
    ['1m1h', 'not a valid duration string: "1m1h"'],
    ['1m1m', 'not a valid duration string: "1m1m"'],
    ['-5m', 'not a valid duration string: "-5m"'],
    ['5x', 'unknown unit "x" in duration "5x"'],
    ['5hs', 'unknown unit "hs" in duration "5hs"'],
    ['293y', 'duration out of range'],
    ['9223372036855ms', 'duration out of range'],
    ['99999999999999999999m', 'not a valid duration string: "99999999999999999999m"'],
  ];
  for (const [text, message] of cases)
    expect(() => parseDuration(text), text).toThrow(new DurationSyntaxError(message));
});

test('formatDuration() prints years and weeks only where nothing is left over', () => {
  expect(formatDuration(0)).toBe('0s');
  expect(formatDuration(90 * 86_400_000)).toBe('90d');
  expect(formatDuration(14 * 86_400_000)).toBe('2w');
  expect(formatDuration(365 * 86_400_000)).toBe('1y');
  expect(formatDuration(366 * 86_400_000)).toBe('366d');
  expect(formatDuration(5_400_001)).toBe('1h30m1ms');
  expect(formatDuration(-300_000)).toBe('-5m');
});

test('parseDuration() gives back what formatDuration() printed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: DURATION_MS_MAX }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test('parseDuration() throws nothing but DurationSyntaxError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9smhdwy]{0,12}$/)), (text) => {
      try {
        expect(parseDuration(text)).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(DurationSyntaxError);
      }
    }),
  );
});
