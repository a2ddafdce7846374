import { expect, test } from 'vitest';
import { geometricMean, median, pairedOrder } from './statistics.ts';

test('median() takes the middle, or the mean of the two middle ones', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([1, 2, 10, 20])).toBe(6);
});

test('geometricMean() lets a half and a double cancel', () => {
  expect(geometricMean([0.5, 2])).toBeCloseTo(1);
});

test('pairedOrder() alternates who comes first', () => {
  expect(pairedOrder(['a', 'b'], 3)).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
});
