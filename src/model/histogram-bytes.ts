import type { FloatHistogram } from './histogram.ts';

/** A histogram's object with its numbers and five lists; an entry of one of these; and a span. */
const LEAST_BYTES = 352;
const NUMBER_BYTES = 8;
const SPAN_BYTES = 48;

/** What a histogram takes in memory. Spans and bounds that it shares with others count as its own. */
export function histogramBytes(histogram: FloatHistogram): number {
  const { customValues, negativeCounts, negativeSpans, positiveCounts, positiveSpans } = histogram;
  return (
    LEAST_BYTES +
    NUMBER_BYTES * (positiveCounts.length + negativeCounts.length + customValues.length) +
    SPAN_BYTES * (positiveSpans.length + negativeSpans.length)
  );
}
