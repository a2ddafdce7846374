import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slidingSmoothing } from './exponential-smoothing.ts';
import { slidingRegression } from './linear-regression.ts';
import { changesUpTo, countedWithin, resetsUpTo } from './value-changes.ts';

function whole(length: number): { from: Uint32Array; to: Uint32Array; out: Float64Array; present: Uint8Array } {
  return { from: Uint32Array.of(0), to: Uint32Array.of(length), out: new Float64Array(1), present: new Uint8Array(1) };
}

test('slidingRegression() finds a line that is one', () => {
  const integer = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(integer, integer, fc.integer({ min: 2, max: 50 }), (slope, start, length) => {
      const times = Float64Array.from({ length }, (_, i) => 1_700_000_000_000 + i * 1000);
      const values = Float64Array.from({ length }, (_, i) => start + slope * i);
      const { from, to, out, present } = whole(length);
      slidingRegression(times, values, from, to, 1, null, null, out, present);
      expect(out[0]).toBeCloseTo(slope, 9);
      const horizon = Float64Array.of(10);
      slidingRegression(times, values, from, to, 1, horizon, Float64Array.of(times[length - 1]!), out, present);
      expect(out[0]).toBeCloseTo(start + slope * (length - 1 + 10), 6);
      expect(present[0]).toBe(1);
    }),
  );
});

test('slidingRegression() of a constant is flat, of a constant infinity nothing', () => {
  const { from, to, out, present } = whole(3);
  const times = Float64Array.of(0, 1000, 2000);
  slidingRegression(times, new Float64Array(3).fill(0.1), from, to, 1, null, null, out, present);
  expect(out[0]).toBe(0);
  slidingRegression(times, new Float64Array(3).fill(Infinity), from, to, 1, null, null, out, present);
  expect(out[0]).toBeNaN();
});

test('slidingSmoothing() follows the recurrence', () => {
  const { from, to, out, present } = whole(4);
  const half = Float64Array.of(0.5);
  slidingSmoothing(Float64Array.of(0, 10, 20, 30), from, to, 1, half, half, out, present);
  // A straight line is its own smoothing.
  expect(out[0]).toBe(30);
  slidingSmoothing(Float64Array.of(1, 2, 4), from, Uint32Array.of(3), 1, half, Float64Array.of(0.25), out, present);
  // s1 = 0.5 * 2 + 0.5 * (1 + 1) = 2; trend = 0.25 * (2 - 1) + 0.75 * 1 = 1; s2 = 0.5 * 4 + 0.5 * (2 + 1) = 3.5
  expect(out[0]).toBe(3.5);
});

test('windows of one sample have no line and no smoothing', () => {
  const { from, to, out, present } = whole(1);
  slidingRegression(Float64Array.of(1), Float64Array.of(1), from, to, 1, null, null, out, present);
  expect(present[0]).toBe(0);
  present[0] = 1;
  slidingSmoothing(Float64Array.of(1), from, to, 1, Float64Array.of(0.5), Float64Array.of(0.5), out, present);
  expect(present[0]).toBe(0);
});

test('changes and resets are counted between the samples of a window', () => {
  const values = Float64Array.of(1, 1, 2, Number.NaN, Number.NaN, 0);
  const upTo = new Uint32Array(6);
  changesUpTo(values, 6, upTo);
  expect([...upTo]).toEqual([0, 0, 1, 2, 2, 3]);
  const out = new Float64Array(3);
  const present = new Uint8Array(3);
  countedWithin(upTo, Uint32Array.of(0, 2, 3), Uint32Array.of(6, 4, 3), 3, out, present);
  expect([...present]).toEqual([1, 1, 0]);
  expect([out[0], out[1]]).toEqual([3, 1]);
  resetsUpTo(Uint32Array.of(2, 5), 2, 6, upTo);
  expect([...upTo]).toEqual([0, 0, 1, 1, 1, 2]);
});
