import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareMoments,
  evaluationMs,
  MAX_MOMENT,
  MIN_MOMENT,
  momentFromMs,
  momentFromText,
  nanosecondsBetween,
  storageMs,
} from './timestamp.ts';

/** Milliseconds at which a query given this `time` parameter is evaluated. */
function evaluated(text: string): number | null {
  const moment = momentFromText(text);
  return moment === null ? null : evaluationMs(moment);
}

describe('momentFromText()', () => {
  test.each([
    ['1793498400', 1793498400_000],
    ['1793498400.5', 1793498400_500],
    ['1793498400.123456789', 1793498400_123],
    ['-1', -1000],
    ['-1.5', -1500],
    ['0', 0],
    ['1e9', 1e12],
    ['2026-11-01T02:00:00+01:00', 1793494800_000],
    ['2026-11-02T01:00:00+24:00', 1793494800_000],
    ['2026-11-01T02:00:00.123Z', 1793498400_123],
    ['2026-11-01T02:00:00,123Z', 1793498400_123],
    ['1969-12-31T23:59:59.9Z', -100],
    ['2000-02-29T00:00:00Z', 951782400_000],
  ])('%s is %d ms', (text, ms) => {
    expect(evaluated(text)).toBe(ms);
  });

  test.each([
    // Moments outside 64-bit nanoseconds wrap, as the reference's arithmetic does.
    ['NaN', -9223372036_854],
    ['Inf', -9223372036_854],
    ['9223372036854775807', 0],
    ['-62135596801', -6795364579_871],
    ['253402300800', -4852116231_933],
  ])('%s wraps to %d ms', (text, ms) => {
    expect(evaluated(text)).toBe(ms);
  });

  test.each([
    'abc',
    '',
    '1e400',
    '2026-11-01',
    '2026-11-01T00:00:00',
    '0x10',
    ' 5',
    '5 ',

    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-06-31T00:00:00Z',
    '2026-09-31T00:00:00Z',
    '2026-11-31T00:00:00Z',
    '2026-12-32T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:00+25:00',
    '2026-01-01T00:00:00+23:61',
    '+nan',
  ])('refuses %j', (text) => {
    expect(momentFromText(text)).toBeNull();
  });

  test('reads every whole millisecond back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
        const text = new Date(ms).toISOString();
        expect(storageMs(momentFromText(text)!)).toBe(ms);
        expect(storageMs(momentFromMs(ms))).toBe(ms);
      }),
    );
  });

  test('knows the moments that mean no limit', () => {
    expect(momentFromText('-292273086-05-16T16:47:06Z')).toEqual(MIN_MOMENT);
    expect(momentFromText('292277025-08-18T07:12:54.999999999Z')).toEqual(MAX_MOMENT);
    expect(storageMs(MIN_MOMENT)).toBe(-Number.MAX_SAFE_INTEGER);
    expect(storageMs(MAX_MOMENT)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

test('compareMoments() and nanosecondsBetween() agree', () => {
  const moment = fc.record({
    seconds: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  });
  fc.assert(
    fc.property(moment, moment, (a, b) => {
      const between = nanosecondsBetween(a, b);
      expect(Math.sign(compareMoments(a, b))).toBe(between > 0n ? -1 : between < 0n ? 1 : 0);
    }),
  );
  expect(nanosecondsBetween(MIN_MOMENT, MAX_MOMENT)).toBe(2n ** 63n - 1n);
  // Prometheus 3.14 takes what is no number for a time before all others.
  expect(compareMoments(momentFromText('NaN')!, momentFromText('0')!)).toBeLessThan(0);
  expect(nanosecondsBetween(momentFromText('+Inf')!, momentFromText('0')!)).toBe(2n ** 63n - 1n);
});
