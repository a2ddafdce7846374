import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalValue, windowCases } from '../../test/support/window-cases.ts';
import { untold } from './blocks.ts';
import { windowBounds, windowedSampleCount } from './window-bounds.ts';

test('windowBounds() takes the samples of (end - range, end]', () => {
  const times = Float64Array.of(10, 20, 30, 40);
  const from = new Uint32Array(3);
  const to = new Uint32Array(3);
  windowBounds(times, 4, 20, 10, 3, 10, from, to, untold);
  expect([...from]).toEqual([1, 2, 3]);
  expect([...to]).toEqual([2, 3, 4]);
  expect(windowedSampleCount(from, to, 3, untold)).toBe(3);
});

test('windowBounds() finds what filtering finds', () => {
  fc.assert(
    fc.property(windowCases(decimalValue), ({ times, firstEnd, step, range, count, from, to }) => {
      for (let i = 0; i < count; i++) {
        const end = firstEnd + i * step;
        const expected = [...times].filter((time) => time > end - range && time <= end);
        expect([...times.slice(from[i], to[i])]).toEqual(expected);
      }
    }),
  );
});
