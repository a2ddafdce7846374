import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import type { SampleColumn } from '../../storage/query.ts';
import { countPresent, type StepColumn } from '../steps/step-column.ts';

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

/** The weight of all samples of a series. */
export function samplesWeight({ length, histograms }: SampleColumn, spend: Spend): number {
  if (histograms === null) return length;
  let weight = length;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, spend);
    for (; i < stop; i++) if (histograms[i] !== undefined) weight += histogramWeight(histograms[i]!) - 1;
  }
  return weight;
}

/** The weight of a column: a float is one, a histogram what it weighs. */
export function columnWeight(column: StepColumn, spend: Spend): number {
  let weight = countPresent(column, spend);
  const { histograms, present } = column;
  if (histograms === null) return weight;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) {
      const histogram = histograms[i];
      if (present[i] === 1 && histogram !== undefined) weight += histogramWeight(histogram) - 1;
    }
  }
  return weight;
}
