import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyValue, decimalValue, integerValue, type WindowCase, windowCases } from '../../test/support/window-cases.ts';
import { untold } from './blocks.ts';
import { counterResets, startOverlaps, startsAnew } from './counter-resets.ts';
import { DIRECT_RESETS, extrapolatedChange, lastChange, type ResetList } from './extrapolated-rate.ts';
import { prefixSums } from './prefix-sums.ts';
import { type RateWindows, type WindowShapes, windowShapes } from './window-shapes.ts';

function listOf(times: Float64Array, values: Float64Array): ResetList {
  const { length } = values;
  const at = new Uint32Array(length);
  const lost = new Float64Array(length);
  const count = counterResets(times, values, null, length, at, lost, untold);
  const high = new Float64Array(count + 1);
  const low = new Float64Array(count + 1);
  const odd = new Uint32Array(count + 1);
  const leastTrusted = prefixSums(lost, count, high, low, odd, untold);
  return { count, at, lost, high, low, leastTrusted: odd[count] === 0 ? leastTrusted : Infinity };
}

interface NaiveChange {
  readonly value: number;
  readonly resets: number;
}

/** One window, written down as the documentation of rate() tells it. */
function naiveChange(windows: WindowCase, i: number, isCounter: boolean, perSecond: number): NaiveChange | null {
  const { from, to, firstEnd, step, range } = windows;
  const times = windows.times.slice(from[i], to[i]);
  const values = windows.values.slice(from[i], to[i]);
  const last = values.length - 1;
  if (last < 1) return null;
  let change = values[last]! - values[0]!;
  let resets = 0;
  for (let k = 1; k <= last && isCounter; k++) {
    const isReset = values[k]! < values[k - 1]!;
    if (isReset) change += values[k - 1]!;
    if (isReset) resets++;
  }
  const end = firstEnd + i * step;
  const sampled = (times[last]! - times[0]!) / 1000;
  const average = sampled / last;
  let before = (times[0]! - (end - range)) / 1000;
  let after = (end - times[last]!) / 1000;
  if (before >= average * 1.1) before = average / 2;
  if (isCounter && change > 0 && values[0]! >= 0) before = Math.min(before, sampled * (values[0]! / change));
  if (after >= average * 1.1) after = average / 2;
  let factor = (sampled + before + after) / sampled;
  if (perSecond !== 0) factor /= perSecond;
  return { value: change * factor, resets };
}

function shapesOf(times: Float64Array, windows: RateWindows, perSecond: number): WindowShapes {
  const { count } = windows;
  const shapes = {
    sampled: new Float64Array(count),
    toStart: new Float64Array(count),
    toEnd: new Float64Array(count),
    usualFactor: new Float64Array(count),
  };
  windowShapes(times, windows, perSecond, shapes, untold);
  return shapes;
}

function slide(windows: WindowCase, isCounter: boolean, perSecond: number): (number | null)[] {
  const { times, values, count } = windows;
  const out = new Float64Array(count);
  const present = new Uint8Array(count);
  const shapes = shapesOf(times, windows, perSecond);
  const resets = listOf(times, values);
  extrapolatedChange(times, values, null, windows, shapes, isCounter, resets, perSecond, out, present, untold);
  return Array.from(out, (value, i) => (present[i] === 1 ? value : null));
}

describe('extrapolatedChange()', () => {
  test.each([
    ['counters per second', true, 0.7],
    ['counters', true, 0],
    ['gauges', false, 0],
  ])('agrees with each window on its own: %s', (_, isCounter, perSecond) => {
    fc.assert(
      fc.property(windowCases(fc.oneof(decimalValue, anyValue)), (windows) => {
        const changes = slide(windows, isCounter, perSecond);
        changes.forEach((change, i) => {
          const expected = naiveChange(windows, i, isCounter, perSecond);
          // Totals of more resets than that are rounded differently; the next test has values that need no rounding.
          if (expected !== null && expected.resets > DIRECT_RESETS) return;
          expect(change).toBe(expected === null ? null : expected.value);
        });
      }),
    );
  });

  test('adds up any number of resets', () => {
    fc.assert(
      fc.property(windowCases(integerValue), (windows) => {
        const expected = Array.from(windows.from, (_, i) => naiveChange(windows, i, true, 0)?.value ?? null);
        expect(slide(windows, true, 0)).toEqual(expected);
      }),
    );
  });

  test('needs no second sample when the first tells its start', () => {
    const times = Float64Array.of(5000);
    const windows = {
      from: Uint32Array.of(0),
      to: Uint32Array.of(1),
      firstEnd: 10_000,
      step: 1,
      count: 1,
      range: 10_000,
    };
    const none = listOf(times, times);
    const out = new Float64Array(1);
    const present = new Uint8Array(1);
    const changeFrom = (started: number) => {
      const starts = Float64Array.of(started);
      const shapes = shapesOf(times, windows, 10);
      extrapolatedChange(times, Float64Array.of(30), starts, windows, shapes, true, none, 10, out, present, untold);
    };
    changeFrom(2000);
    expect([present[0], out[0]]).toEqual([1, 3]);
    changeFrom(0);
    expect(present[0]).toBe(0);
  });
});

test('lastChange() looks at the last two samples alone', () => {
  fc.assert(
    fc.property(windowCases(anyValue), ({ times, values, from, to, count }) => {
      for (const isRate of [true, false]) {
        const out = new Float64Array(count);
        const present = new Uint8Array(count);
        lastChange(times, values, listOf(times, values), from, to, count, isRate, out, present, untold);
        for (let i = 0; i < count; i++) {
          const last = to[i]! - 1;
          expect(present[i]).toBe(last > from[i]! ? 1 : 0);
          if (last <= from[i]!) continue;
          const fell = isRate && values[last]! < values[last - 1]!;
          const change = fell ? values[last]! : values[last]! - values[last - 1]!;
          expect(out[i]).toBe(isRate ? change / ((times[last]! - times[last - 1]!) / 1000) : change);
        }
      }
    }),
  );
});

describe('start times', () => {
  const times = Float64Array.of(100, 200);
  test.each([
    ['unknown', 50, 0, false, false],
    ['the same as before', 50, 50, false, false],
    ['between the samples', 50, 150, true, false],
    ['at the sample before, whose own is known', 50, 100, true, false],
    ['at the sample before, whose own is unknown', 0, 100, false, false],
    ['at the sample before, which started at itself', 100, 100, false, false],
    ['after the sample', 50, 250, false, false],
    ['before the sample before, and another', 50, 70, false, true],
  ])('%s', (_, before, now, anew, overlaps) => {
    const startTimes = Float64Array.of(before, now);
    expect(startsAnew(times, startTimes, 1)).toBe(anew);
    expect(startOverlaps(times, startTimes, 1)).toBe(overlaps);
  });
});
