import type { FloatHistogram } from '../../../model/histogram.ts';
import { QueryError } from '../query-error.ts';
import type { ElementOptions } from './elements.ts';

export interface Operand {
  readonly histogram: FloatHistogram | undefined;
  readonly value: number;
}

export interface HistogramResult {
  readonly histogram: FloatHistogram;
  readonly keep: boolean;
}

/** The operator on two samples of which at least one is a histogram; null where they do not go together. */
export function histogramElement(left: Operand, right: Operand, options: ElementOptions): HistogramResult | null {
  const { op, annotations, position } = options;
  void left;
  void right;
  annotations.info(`incompatible sample types encountered for binary operator "${op}"`, position);
  throw new QueryError('execution', `binary operator ${op} on native histograms is not supported yet`);
}

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
