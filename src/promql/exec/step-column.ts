import type { FloatHistogram } from '../../model/histogram.ts';

/**
 * One series' values on the grid: entry i belongs to step i. Columns are reused: whoever got one from `next()` may read
 * and overwrite it until the following `next()` of the same operator.
 *
 * Invariants:
 * - `present[i] === 0` means the step has no value, and `values[i]` then means nothing. No value is magic.
 * - A step with a histogram has `present[i] === 1` and an entry in `histograms`; its `values[i]` means nothing.
 */
export interface StepColumn {
  readonly values: Float64Array;
  /** 1 = the step has a value. Always there: operators fill it with 1 where every step has one. */
  readonly present: Uint8Array;
  /** null: floats only, the usual case. */
  histograms: (FloatHistogram | undefined)[] | null;
}

export function createStepColumn(count: number): StepColumn {
  return { values: new Float64Array(count), present: new Uint8Array(count), histograms: null };
}
