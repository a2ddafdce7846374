import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyValue, decimalValue, windowCases } from '../../test/support/window-cases.ts';
import { untold } from './blocks.ts';
import { slidingSmoothing } from './exponential-smoothing.ts';
import { slidingRegression } from './linear-regression.ts';
import { changesUpTo, countedWithin, resetsUpTo } from './value-changes.ts';

function whole(length: number): { from: Uint32Array; to: Uint32Array; out: Float64Array; present: Uint8Array } {
  return { from: Uint32Array.of(0), to: Uint32Array.of(length), out: new Float64Array(1), present: new Uint8Array(1) };
}

function regress(
  times: Float64Array,
  values: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  horizons: Float64Array | null,
  origins: Float64Array | null,
  out: Float64Array,
  present: Uint8Array,
): void {
  const { length } = times;
  const offsets = new Float64Array(length).fill(Number.NaN);
  const runs = new Uint32Array(length);
  slidingRegression(
    times,
    values,
    length,
    from,
    to,
    from.length,
    horizons,
    origins,
    offsets,
    runs,
    out,
    present,
    () => {},
  );
}

/** The slope and the value `horizon` seconds after `origin`, as sums of one window alone, in the same order. */
function naiveLine(times: Float64Array, values: Float64Array, origin: number): { slope: number; intercept: number } {
  const sums = [0, 0, 0, 0];
  const rests = [0, 0, 0, 0];
  times.forEach((time, i) => {
    const x = (time - origin) / 1000;
    const y = values[i]!;
    [x, y, x * y, x * x].forEach((each, k) => {
      const sum = sums[k]!;
      const next = sum + each;
      if (!Number.isFinite(next) && !Number.isNaN(next)) rests[k] = 0;
      else rests[k]! += Math.abs(sum) >= Math.abs(each) ? sum - next + each : each - next + sum;
      sums[k] = next;
    });
  });
  if (values.every((value) => value === values[0])) {
    const finite = Math.abs(values[0]!) !== Infinity;
    return { slope: finite ? 0 : Number.NaN, intercept: finite ? values[0]! : Number.NaN };
  }
  const [x, y, xy, xx] = sums.map((sum, k) => sum + rests[k]!) as [number, number, number, number];
  const n = times.length;
  const slope = (xy - (x * y) / n) / (xx - (x * x) / n);
  return { slope, intercept: y / n - (slope * x) / n };
}

/** Mostly regular series, where windows share the sums of their times. */
const cases = fc.tuple(
  windowCases(fc.oneof(decimalValue, anyValue)),
  fc.constantFrom(0, 0, 10, 1000),
  fc.array(fc.nat(199), { maxLength: 3 }),
);

test('slidingRegression() gives what each window gives on its own', () => {
  fc.assert(
    fc.property(cases, ([windows, gap, breaks]) => {
      const { from, to, count, values } = windows;
      const times = windows.times.slice();
      for (let i = 1; gap > 0 && i < times.length; i++) times[i] = times[i - 1]! + gap + (breaks.includes(i) ? 7 : 0);
      const out = new Float64Array(count);
      const present = new Uint8Array(count);
      const horizons = Float64Array.from({ length: count }, (_, i) => i / 7);
      const origins = Float64Array.from({ length: count }, (_, i) => 100 * i);
      const each = (i: number) => [times.slice(from[i], to[i]), values.slice(from[i], to[i])] as const;
      regress(times, values, from, to, null, null, out, present);
      for (let i = 0; i < count; i++) {
        const [t, v] = each(i);
        expect(present[i]).toBe(t.length < 2 ? 0 : 1);
        if (t.length > 1) expect(out[i]).toBe(naiveLine(t, v, t[0]!).slope);
      }
      regress(times, values, from, to, horizons, origins, out, present);
      for (let i = 0; i < count; i++) {
        const [t, v] = each(i);
        if (t.length < 2) continue;
        const { slope, intercept } = naiveLine(t, v, origins[i]!);
        expect(out[i]).toBe(slope * horizons[i]! + intercept);
      }
    }),
  );
});

test('slidingRegression() finds a line that is one', () => {
  const integer = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(integer, integer, fc.integer({ min: 2, max: 50 }), (slope, start, length) => {
      const times = Float64Array.from({ length }, (_, i) => 1_700_000_000_000 + i * 1000);
      const values = Float64Array.from({ length }, (_, i) => start + slope * i);
      const { from, to, out, present } = whole(length);
      regress(times, values, from, to, null, null, out, present);
      expect(out[0]).toBeCloseTo(slope, 9);
      const horizon = Float64Array.of(10);
      regress(times, values, from, to, horizon, Float64Array.of(times[length - 1]!), out, present);
      expect(out[0]).toBeCloseTo(start + slope * (length - 1 + 10), 6);
      expect(present[0]).toBe(1);
    }),
  );
});

test('slidingRegression() of a constant is flat, of a constant infinity nothing', () => {
  const { from, to, out, present } = whole(3);
  const times = Float64Array.of(0, 1000, 2000);
  regress(times, new Float64Array(3).fill(0.1), from, to, null, null, out, present);
  expect(out[0]).toBe(0);
  regress(times, new Float64Array(3).fill(Infinity), from, to, null, null, out, present);
  expect(out[0]).toBeNaN();
});

test('slidingSmoothing() follows the recurrence', () => {
  const { from, to, out, present } = whole(4);
  const half = Float64Array.of(0.5);
  slidingSmoothing(Float64Array.of(0, 10, 20, 30), from, to, 1, half, half, out, present, () => {});
  // A straight line is its own smoothing.
  expect(out[0]).toBe(30);
  slidingSmoothing(
    Float64Array.of(1, 2, 4),
    from,
    Uint32Array.of(3),
    1,
    half,
    Float64Array.of(0.25),
    out,
    present,
    () => {},
  );
  // s1 = 0.5 * 2 + 0.5 * (1 + 1) = 2; trend = 0.25 * (2 - 1) + 0.75 * 1 = 1; s2 = 0.5 * 4 + 0.5 * (2 + 1) = 3.5
  expect(out[0]).toBe(3.5);
});

test('windows of one sample have no line and no smoothing', () => {
  const { from, to, out, present } = whole(1);
  regress(Float64Array.of(1), Float64Array.of(1), from, to, null, null, out, present);
  expect(present[0]).toBe(0);
  present[0] = 1;
  slidingSmoothing(Float64Array.of(1), from, to, 1, Float64Array.of(0.5), Float64Array.of(0.5), out, present, () => {});
  expect(present[0]).toBe(0);
});

test('changes and resets are counted between the samples of a window', () => {
  const values = Float64Array.of(1, 1, 2, Number.NaN, Number.NaN, 0);
  const upTo = new Uint32Array(6);
  changesUpTo(values, 6, upTo, untold);
  expect([...upTo]).toEqual([0, 0, 1, 2, 2, 3]);
  const out = new Float64Array(3);
  const present = new Uint8Array(3);
  countedWithin(upTo, Uint32Array.of(0, 2, 3), Uint32Array.of(6, 4, 3), 3, out, present, untold);
  expect([...present]).toEqual([1, 1, 0]);
  expect([out[0], out[1]]).toEqual([3, 1]);
  resetsUpTo(Uint32Array.of(2, 5), 2, 6, upTo, untold);
  expect([...upTo]).toEqual([0, 0, 1, 1, 1, 2]);
});
