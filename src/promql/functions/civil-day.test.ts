import fc from 'fast-check';
import { expect, test } from 'vitest';
import { civilDay, dayOfSeconds, dayOfWeek, dayOfYear, daysInMonth, secondOfDay } from './civil-day.ts';

test('the calendar agrees with Date where Date reaches', () => {
  fc.assert(
    fc.property(fc.integer({ min: -8_630_000_000_000, max: 8_640_000_000_000 }), (seconds) => {
      const date = new Date(seconds * 1000);
      const days = dayOfSeconds(seconds);
      const day = civilDay(days);
      expect(day).toEqual({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
      expect(dayOfWeek(days)).toBe(date.getUTCDay());
      const startOfYear = new Date(0).setUTCFullYear(day.year, 0, 1);
      expect(dayOfYear(day)).toBe(days - Math.floor(startOfYear / 86_400_000) + 1);
      const timeOfDay = date.getUTCHours() * 3600 + date.getUTCMinutes() * 60 + date.getUTCSeconds();
      expect(secondOfDay(seconds)).toBe(timeOfDay);
    }),
  );
});

test.each([
  [1900, 2, 28],
  [2000, 2, 29],
  [2023, 2, 28],
  [2024, 2, 29],
  [2023, 4, 30],
  [2023, 12, 31],
])('%i-%i has %i days', (year, month, days) => {
  expect(daysInMonth(year, month)).toBe(days);
});

// Printed by Go, whose calendar has no such bounds.
test.each([
  [1e13, 318857, 5, 20],
  [1e17, 3168875820, 9, 6],
  [-1e18, -31688736537, 3, 10],
  [2 ** 63, 292277026596, 12, 4],
  [-9223371966579725000, -292277020431, 12, 31],
])('second %d lies in the year %i', (seconds, year, month, day) => {
  expect(civilDay(dayOfSeconds(seconds))).toEqual({ year, month, day });
});
