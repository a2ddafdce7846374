import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyValue, type WindowCase, windowCases } from '../../test/support/window-cases.ts';
import { untold } from './blocks.ts';
import { slidingMaximum, slidingMinimum } from './sliding-extreme.ts';

function slide(run: typeof slidingMaximum, latest: boolean, { values, from, to, count }: WindowCase): number[] {
  const at = new Int32Array(count);
  run(values, from, to, count, latest, new Uint32Array(values.length), at, untold);
  return [...at];
}

/** The rule as the reference states it: a candidate is replaced by what beats it, and a NaN by whatever follows. */
function naive({ values, from, to }: WindowCase, beats: (value: number, best: number) => boolean): number[] {
  return Array.from(from, (start, i) => {
    if (start === to[i]) return -1;
    let best = start;
    for (let k = start; k < to[i]!; k++) {
      if (beats(values[k]!, values[best]!) || Number.isNaN(values[best]!)) best = k;
    }
    return best;
  });
}

/** Few different values, so that equal ones meet. */
const value = fc.oneof(fc.integer({ min: -3, max: 3 }), anyValue, fc.constant(Number.NaN));

test('slidingMaximum() and slidingMinimum() find what a scan finds', () => {
  fc.assert(
    fc.property(windowCases(value), (windows) => {
      // Of NaNs alone any may be given: they have no order.
      const valuesOf = (at: number[]) => at.map((index) => (index < 0 ? null : windows.values[index]!));
      expect(valuesOf(slide(slidingMaximum, false, windows))).toEqual(valuesOf(naive(windows, (v, best) => v > best)));
      expect(valuesOf(slide(slidingMinimum, false, windows))).toEqual(valuesOf(naive(windows, (v, best) => v < best)));
    }),
  );
});

test('slidingMaximum() and slidingMinimum() find the latest of equal values', () => {
  fc.assert(
    fc.property(windowCases(value), (windows) => {
      expect(slide(slidingMaximum, true, windows)).toEqual(naive(windows, (v, best) => v >= best));
      expect(slide(slidingMinimum, true, windows)).toEqual(naive(windows, (v, best) => v <= best));
    }),
  );
});
