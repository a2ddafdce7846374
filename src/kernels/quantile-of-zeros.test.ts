import { expect, test } from 'vitest';
import { untold } from './blocks.ts';
import { hasNegativeZero, quantileOfZeros } from './quantile-of-zeros.ts';

/** The signs that Prometheus 3.14 shows of `quantile_over_time(q, ...)` over minutes whose value is 0, and -0 in the first of `each`. */
test.each([
  [0.1, 10, 1000, 3, 1, '+'],
  [0.3, 30, 10_000, 3, 1, '+'],
  [0, 50, 10_000, 4, 2, '+'],
  [0.7, 50, 10_000, 3, 1, '+'],
  [0.5, 10, 1000, 2, 1, '+'],
  [1, 50, 10_000, 4, 1, '+'],
  [0.25, 9, 10_000, 5, 2, '-'],
  [0.25, 9, 10_060, 5, 2, '+'],
  [0.25, 9, 10_300, 5, 2, '-'],
])('quantileOfZeros() at %d over %d minutes before %d s', (q, minutes, end, each, first, sign) => {
  const last = Math.floor(end / 60);
  const values = Float64Array.from({ length: minutes }, (_, i) => {
    const minute = last - minutes + 1 + i;
    return minute % each < first ? -0 : 0;
  });
  expect(hasNegativeZero(values, 0, values.length, untold)).toBe(true);
  expect(Object.is(quantileOfZeros(values, q, untold), -0) ? '-' : '+').toBe(sign);
});

test('quantileOfZeros() is the quantile, NaN before all numbers', () => {
  const values = [3, Number.NaN, -0, 1, 0, -2, Number.NaN];
  expect(quantileOfZeros(Float64Array.from(values), 0.25, untold)).toBeNaN();
  expect(quantileOfZeros(Float64Array.from(values), 0.5, untold)).toBe(0);
  expect(quantileOfZeros(Float64Array.from(values), 1 / 3, untold)).toBe(-2);
  expect(quantileOfZeros(Float64Array.from(values), 1, untold)).toBe(3);
});
