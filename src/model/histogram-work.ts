import type { FloatHistogram } from './histogram.ts';

/** Least work on a histogram, and what each bucket, span and bound adds, in samples: 5 ns each. */
const LEAST_WORK = 80;
const BUCKET_WORK = 4;

/**
 * What it takes to go through a histogram or to make another one of it, in the unit of `Spend`: as long as looking at so many
 * samples. There may be hundreds of thousands of buckets.
 */
export function histogramWork(histogram: FloatHistogram | undefined): number {
  if (histogram === undefined) return 1;
  const { customValues, negativeCounts, negativeSpans, positiveCounts, positiveSpans } = histogram;
  return (
    LEAST_WORK +
    BUCKET_WORK *
      (positiveCounts.length +
        negativeCounts.length +
        positiveSpans.length +
        negativeSpans.length +
        customValues.length)
  );
}
