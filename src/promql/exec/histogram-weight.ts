import type { FloatHistogram } from '../../model/histogram.ts';

/**
 * How many float samples a histogram counts for in limits and statistics: its size and a timestamp in the reference's
 * memory, in units of 16 bytes.
 */
export function histogramWeight(histogram: FloatHistogram): number {
  const words =
    histogram.positiveSpans.length +
    histogram.negativeSpans.length +
    histogram.positiveCounts.length +
    histogram.negativeCounts.length +
    histogram.customValues.length;
  return Math.floor((168 + 8 * words + 8) / 16);
}
