import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  anyValue,
  decimalValue,
  integerValue,
  isClose,
  type WindowCase,
  windowCases,
} from '../../test/support/window-cases.ts';
import { untold } from './blocks.ts';
import { windowMean, windowSum } from './kahan.ts';
import { prefixSums } from './prefix-sums.ts';
import { slidingMean, slidingSum } from './sliding-sum.ts';

type Slide = typeof slidingSum;

function slide(run: Slide, { values, from, to, count }: WindowCase): (number | null)[] {
  const size = values.length + 1;
  const high = new Float64Array(size);
  const low = new Float64Array(size);
  const odd = new Uint32Array(size);
  const leastTrusted = prefixSums(values, values.length, high, low, odd, untold);
  const out = new Float64Array(count);
  const present = new Uint8Array(count).fill(7);
  run(values, high, low, odd, leastTrusted, from, to, count, out, present, untold);
  return Array.from(out, (value, i) => (present[i] === 1 ? value : null));
}

function perWindow(reduce: typeof windowSum, { values, from, to }: WindowCase): (number | null)[] {
  return Array.from(from, (start, i) => (start === to[i] ? null : reduce(values, start, to[i]!, untold)));
}

describe('sliding sums agree with compensated sums of each window', () => {
  test('to the bit for integers', () => {
    fc.assert(
      fc.property(windowCases(integerValue), (windows) => {
        expect(slide(slidingSum, windows)).toEqual(perWindow(windowSum, windows));
        expect(slide(slidingMean, windows)).toEqual(perWindow(windowMean, windows));
      }),
    );
  });

  test('to the bit for sums of decimals', () => {
    fc.assert(
      fc.property(windowCases(decimalValue), (windows) => {
        expect(slide(slidingSum, windows)).toEqual(perWindow(windowSum, windows));
      }),
    );
  });

  test('to 10^-12 for any values', () => {
    fc.assert(
      fc.property(windowCases(anyValue), (windows) => {
        for (const [run, reduce] of [
          [slidingSum, windowSum],
          [slidingMean, windowMean],
        ] as const) {
          const expected = perWindow(reduce, windows);
          slide(run, windows).forEach((value, i) => {
            const wanted = expected[i]!;
            const same = value === null || wanted === null ? value === wanted : isClose(value, wanted);
            expect(same, `window ${i}: ${value} instead of ${wanted}`).toBe(true);
          });
        }
      }),
    );
  });
});

test('windowSum() compensates what a plain sum loses', () => {
  expect(windowSum(Float64Array.of(1, 1e100, 1, -1e100), 0, 4, untold)).toBe(2);
  expect(windowSum(Float64Array.of(1e308, 1e308, -1e308), 0, 3, untold)).toBe(Infinity);
  expect(windowSum(Float64Array.of(-0, -0), 0, 2, untold)).toBe(0);
});

test('windowMean() stays finite where the sum overflows', () => {
  expect(windowMean(Float64Array.of(1.5e308, 1.5e308, 1.5e308), 0, 3, untold)).toBe(1.5e308);
  expect(windowMean(Float64Array.of(-1.7e308, 1.7e308, 1.7e308), 0, 3, untold)).toBeCloseTo(1.7e308 / 3, -300);
});
