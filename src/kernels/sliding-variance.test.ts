import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyValue, isClose, type WindowCase, windowCases } from '../../test/support/window-cases.ts';
import { untold } from './blocks.ts';
import { windowVariance } from './kahan.ts';
import { prefixSums } from './prefix-sums.ts';
import { prefixSquares, slidingVariance } from './sliding-variance.ts';

function slide({ values, from, to, count }: WindowCase): (number | null)[] {
  const { length } = values;
  const [sumHigh, sumLow, squareHigh, squareLow] = Array.from({ length: 4 }, () => new Float64Array(length + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const odd = new Uint32Array(length + 1);
  prefixSums(values, length, sumHigh, sumLow, odd, untold);
  prefixSquares(values, length, squareHigh, squareLow, untold);
  const out = new Float64Array(count);
  const present = new Uint8Array(count);
  slidingVariance(values, length, sumHigh, sumLow, odd, squareHigh, squareLow, from, to, count, out, present, untold);
  return Array.from(out, (value, i) => (present[i] === 1 ? value : null));
}

const noisyLevel = fc
  .record({ level: fc.constantFrom(0, 1, 1000, 1e6), noise: fc.integer({ min: -1000, max: 1000 }) })
  .map(({ level, noise }) => level + noise / 100);

test.each([
  ['levels with noise', noisyLevel],
  ['any values', anyValue],
  ['a constant', fc.constant(0.1)],
])('slidingVariance() agrees with the recurrence on each window: %s', (_, value) => {
  fc.assert(
    fc.property(windowCases(value), (windows) => {
      slide(windows).forEach((variance, i) => {
        const start = windows.from[i]!;
        const end = windows.to[i]!;
        if (start === end) {
          expect(variance).toBeNull();
          return;
        }
        const expected = windowVariance(windows.values, start, end, untold);
        expect(isClose(variance!, expected), `window ${i}: ${variance} instead of ${expected}`).toBe(true);
      });
    }),
  );
});

test('windowVariance() of a constant is zero', () => {
  expect(windowVariance(new Float64Array(100).fill(0.1), 0, 100, untold)).toBe(0);
});
