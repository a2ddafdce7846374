import fc from 'fast-check';
import { untold } from '../../src/kernels/blocks.ts';
import { windowBounds } from '../../src/kernels/window-bounds.ts';

/** A series with its windows, as kernels get them. */
export interface WindowCase {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly firstEnd: number;
  readonly step: number;
  readonly range: number;
  readonly count: number;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/** Series of up to 200 samples 1 to 40 ms apart, with up to 60 windows that overlap, touch or leave gaps. */
export function windowCases(value: fc.Arbitrary<number>): fc.Arbitrary<WindowCase> {
  const sample = fc.record({ gap: fc.integer({ min: 1, max: 40 }), value });
  return fc
    .record({
      samples: fc.array(sample, { maxLength: 200, size: 'max' }),
      firstEnd: fc.integer({ min: -50, max: 1000 }),
      step: fc.integer({ min: 0, max: 300 }),
      range: fc.integer({ min: 1, max: 4000 }),
      count: fc.integer({ min: 1, max: 60 }),
    })
    .map(({ samples, firstEnd, step, range, count }) => {
      const times = new Float64Array(samples.length);
      let time = 0;
      samples.forEach(({ gap }, i) => {
        time += gap;
        times[i] = time;
      });
      const from = new Uint32Array(count);
      const to = new Uint32Array(count);
      windowBounds(times, times.length, firstEnd, step, count, range, from, to, untold);
      return { times, values: Float64Array.from(samples, (s) => s.value), firstEnd, step, range, count, from, to };
    });
}

/** Integers as counters have them, and the odd values. */
export const integerValue: fc.Arbitrary<number> = fc.integer({ min: -1_000_000, max: 1_000_000 });

/** Finite decimals of like magnitude, as gauges have them. */
export const decimalValue: fc.Arbitrary<number> = fc
  .integer({ min: -100_000, max: 100_000 })
  .map((thousandths) => thousandths / 1000);

/** Any double: NaN, infinities, both zeros, subnormals and the greatest. */
export const anyValue: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.double() },
  { weight: 3, arbitrary: decimalValue },
  {
    weight: 1,
    arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, Number.MAX_VALUE, -Number.MAX_VALUE),
  },
);

/** Close to a relative 10^-12; NaN, infinities and signs of zero must be the same. */
export function isClose(actual: number, expected: number): boolean {
  if (Object.is(actual, expected)) return true;
  return Math.abs(actual - expected) <= 1e-12 * Math.abs(expected) && Number.isFinite(expected) && expected !== 0;
}
