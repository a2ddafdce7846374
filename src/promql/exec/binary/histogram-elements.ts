import type { FloatHistogram } from '../../../model/histogram.ts';
import { histogramsEqual } from '../../../model/histogram-compare.ts';
import {
  addHistograms,
  compactHistogram,
  divideHistogram,
  type HistogramAddition,
  scaleHistogram,
  subtractHistograms,
  withHint,
} from '../../../model/histogram-ops.ts';
import { counterResetCollision, mismatchedCustomBuckets } from '../../functions/annotation-texts.ts';
import type { ElementOptions } from './element-options.ts';
import { trimHistogram } from './trim-histogram.ts';

export interface Operand {
  readonly histogram: FloatHistogram | undefined;
  readonly value: number;
}

export interface HistogramResult {
  readonly histogram: FloatHistogram;
  /** False where a comparison does not hold. */
  readonly keep: boolean;
}

/**
 * An operator on two samples of which at least one is a histogram; null, and a note that says why, where they do
 * not go together.
 */
export function histogramElement(
  left: Operand,
  right: Operand,
  step: number,
  options: ElementOptions,
): HistogramResult | null {
  const a = left.histogram;
  const b = right.histogram;
  if (a !== undefined && b !== undefined) return betweenHistograms(a, b, step, options);
  if (a !== undefined) return withNumber(a, right.value, step, options);
  if (options.op === '*') return kept(compactHistogram(scaleHistogram(b!, left.value)));
  return incompatible('float', 'histogram', step, options);
}

/** A histogram with all signs turned, those of zeros too; it no longer counts anything, so it is a gauge. */
export function negateHistogram(histogram: FloatHistogram): FloatHistogram {
  return {
    ...histogram,
    counterResetHint: 'gauge',
    count: -histogram.count,
    sum: -histogram.sum,
    zeroCount: -histogram.zeroCount,
    positiveCounts: histogram.positiveCounts.map((count) => -count),
    negativeCounts: histogram.negativeCounts.map((count) => -count),
  };
}

function withNumber(
  histogram: FloatHistogram,
  number: number,
  step: number,
  options: ElementOptions,
): HistogramResult | null {
  switch (options.op) {
    case '*':
      return kept(compactHistogram(scaleHistogram(histogram, number)));
    case '/':
      return kept(compactHistogram(divideHistogram(histogram, number)));
    case '</':
    case '>/':
      return kept(trimHistogram(histogram, options.op, number));
    default:
      return incompatible('histogram', 'float', step, options);
  }
}

function betweenHistograms(
  a: FloatHistogram,
  b: FloatHistogram,
  step: number,
  options: ElementOptions,
): HistogramResult | null {
  switch (options.op) {
    case '+':
      return sum(addHistograms(a, b), 'addition', step, options);
    case '-': {
      const difference = sum(subtractHistograms(a, b), 'subtraction', step, options);
      return difference === null ? null : kept(withHint(difference.histogram, 'gauge'));
    }
    case '==':
      return { histogram: a, keep: histogramsEqual(a, b) };
    case '!=':
      return { histogram: a, keep: !histogramsEqual(a, b) };
    default:
      return incompatible('histogram', 'histogram', step, options);
  }
}

/** A sum over a known counter reset and its denial is no sum. */
function sum(
  addition: HistogramAddition | null,
  operation: 'addition' | 'subtraction',
  step: number,
  { notes, op }: ElementOptions,
): HistogramResult | null {
  if (addition === null) {
    notes.warn(step, `incompatible bucket layout encountered for binary operator ${op}`);
    return null;
  }
  if (addition.counterResetCollision) {
    notes.warn(step, counterResetCollision(operation));
    return null;
  }
  if (addition.boundsReconciled) notes.info(step, mismatchedCustomBuckets(operation));
  return kept(compactHistogram(addition.histogram));
}

function kept(histogram: FloatHistogram): HistogramResult {
  return { histogram, keep: true };
}

function incompatible(left: string, right: string, step: number, { notes, op }: ElementOptions): null {
  notes.incompatible(step, left, op, right);
  return null;
}
