import type { FloatHistogram } from '../../model/histogram.ts';
import { EvaluationError, type RangeContext } from './contracts.ts';
import type { HistogramSamples } from './range-input.ts';
import type { RateKind } from './rate.ts';

/** The samples that a window may use, and the window itself (ms). */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

export function extendedHistogramRate(
  _kind: RateKind,
  _samples: HistogramSamples,
  _span: Span,
  _smoothed: boolean,
  _context: RangeContext,
): FloatHistogram | null {
  throw new EvaluationError('anchored and smoothed rates of native histograms are not supported yet');
}
