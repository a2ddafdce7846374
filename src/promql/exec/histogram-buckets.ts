import type { FloatHistogram } from '../../model/histogram.ts';
import { QueryError } from './query-error.ts';

export interface Bucket {
  /** Which bounds belong to the bucket: 0 the upper, 1 the lower, 2 none, 3 both. */
  readonly boundaries: 0 | 1 | 2 | 3;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** All buckets from the most negative to the most positive, the zero bucket between. */
export function histogramBuckets(_histogram: FloatHistogram): Bucket[] {
  throw new QueryError('execution', 'native histograms in results are not supported yet');
}
