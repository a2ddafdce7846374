import type { FloatHistogram } from '../../model/histogram.ts';
import { QueryError } from './query-error.ts';

/** A histogram as `count_values` writes it into a label. */
export function histogramText(_histogram: FloatHistogram): string {
  throw new QueryError('execution', 'count_values of native histograms is not supported yet');
}
