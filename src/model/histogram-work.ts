import type { FloatHistogram } from './histogram.ts';

/** Least work on a histogram, and what each bucket, span and bound adds, in samples: 5 ns each. */
const LEAST_WORK = 80;
const BUCKET_WORK = 4;

/**
 * Buckets, spans and custom bounds together. Whatever is done with one histogram is done at once, some 3 ns for each of them at best and
 * 3 µs at worst (two histograms merged whose buckets lie in spans of their own, garbage included), and a thread is not to be
 * held for 100 ms. Those that are met have some hundred.
 */
export const HISTOGRAM_PARTS_MAX = 32_768;

/** A histogram is larger than those that are worked on. */
export class HistogramTooLarge extends RangeError {
  override readonly name = 'HistogramTooLarge';

  constructor(parts: number) {
    super(`a histogram has ${parts} buckets, spans and custom bounds, the limit is ${HISTOGRAM_PARTS_MAX}`);
  }
}

/**
 * What it takes to go through a histogram or to make another one of it, in the unit of `Spend`: as long as looking at so many
 * samples. Throws `HistogramTooLarge`.
 */
export function histogramWork(histogram: FloatHistogram | undefined): number {
  if (histogram === undefined) return 1;
  const { customValues, negativeCounts, negativeSpans, positiveCounts, positiveSpans } = histogram;
  return partsWork(
    positiveCounts.length + negativeCounts.length + positiveSpans.length + negativeSpans.length + customValues.length,
  );
}

/** As `histogramWork`, of one with so many buckets, spans and bounds. */
export function partsWork(parts: number): number {
  if (parts > HISTOGRAM_PARTS_MAX) throw new HistogramTooLarge(parts);
  return LEAST_WORK + BUCKET_WORK * parts;
}
