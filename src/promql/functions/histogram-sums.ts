import type { FloatHistogram } from '../../model/histogram.ts';
import { addHistograms, type HistogramAddition, subtractHistograms } from '../../model/histogram-ops.ts';
import { mismatchedCustomBuckets, mixedExponentialCustom } from './annotation-texts.ts';
import type { RangeContext } from './contracts.ts';

/** `a + b` with its annotations; null where one has exponential and the other custom buckets. */
export function addNoting(a: FloatHistogram, b: FloatHistogram, context: RangeContext): FloatHistogram | null {
  return noted(addHistograms(a, b), 'addition', context);
}

/** `a - b` with its annotations; null where one has exponential and the other custom buckets. */
export function subtractNoting(a: FloatHistogram, b: FloatHistogram, context: RangeContext): FloatHistogram | null {
  return noted(subtractHistograms(a, b), 'subtraction', context);
}

function noted(
  result: HistogramAddition | null,
  operation: 'addition' | 'subtraction',
  context: RangeContext,
): FloatHistogram | null {
  const position = context.argPositions[0]!;
  if (result === null) {
    context.annotations.warn(mixedExponentialCustom(context.metricName), position);
    return null;
  }
  if (result.boundsReconciled) context.annotations.info(mismatchedCustomBuckets(operation), position);
  return result.histogram;
}
