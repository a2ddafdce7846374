import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyValue, windowCases } from '../../test/support/window-cases.ts';
import { untold } from './blocks.ts';
import { createSortedWindow, moveSortedWindow, sortedQuantile } from './sorted-window.ts';

function naiveQuantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b));
  const rank = q * (sorted.length - 1);
  const weight = rank - Math.floor(rank);
  const upper = Math.min(sorted.length - 1, Math.floor(rank) + 1);
  return sorted[Math.floor(rank)]! * (1 - weight) + sorted[upper]! * weight;
}

test('a sorted window gives the quantiles of its samples', () => {
  const value = fc.oneof(fc.integer({ min: 1, max: 9 }), anyValue);
  fc.assert(
    fc.property(windowCases(value), fc.double({ min: 0, max: 1, noNaN: true }), (windows, q) => {
      const window = createSortedWindow(new Float64Array(windows.values.length));
      const spare = () => new Float64Array(windows.values.length);
      for (let i = 0; i < windows.count; i++) {
        const start = windows.from[i]!;
        const end = windows.to[i]!;
        if (start === end) continue;
        moveSortedWindow(window, windows.values, start, end, untold, spare);
        const expected = naiveQuantile([...windows.values.slice(start, end)], q);
        expect(sortedQuantile(window, q) + 0).toBe(expected + 0);
      }
    }),
  );
});
