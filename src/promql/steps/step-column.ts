import { blockEnd, type Spend } from '../../kernels/blocks.ts';
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

/** A column of its own with the same contents. */
export function copyStepColumn(column: StepColumn): StepColumn {
  return {
    values: column.values.slice(),
    present: column.present.slice(),
    histograms: column.histograms === null ? null : column.histograms.slice(),
  };
}

/** True where no step has a value. */
export function isEmptyColumn(column: StepColumn): boolean {
  return column.present.indexOf(1) < 0;
}

/** Steps with a value. */
export function countPresent({ present }: StepColumn, spend: Spend): number {
  let count = 0;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) count += present[i]!;
  }
  return count;
}

/** The histogram of a step, or undefined where it has a float or nothing. */
export function histogramAt(column: StepColumn, step: number): FloatHistogram | undefined {
  return column.histograms === null ? undefined : column.histograms[step];
}

/** Takes the histograms out: their steps have no value any more. */
export function dropHistograms(column: StepColumn, spend: Spend): void {
  const { histograms, present } = column;
  if (histograms === null) return;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) if (histograms[i] !== undefined) present[i] = 0;
  }
  column.histograms = null;
}
