import { expect, test } from 'vitest';
import type { FloatHistogram } from './histogram.ts';
import { HISTOGRAM_PARTS_MAX, HistogramTooLarge, histogramWork } from './histogram-work.ts';

function histogramOf(buckets: number, spans: number): FloatHistogram {
  return {
    kind: 'float',
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: buckets,
    sum: 0,
    positiveSpans: new Array(spans).fill({ offset: 1, length: buckets / spans }),
    negativeSpans: [],
    positiveCounts: new Array(buckets).fill(1),
    negativeCounts: [],
    customValues: [],
  };
}

test('histogramWork() grows with buckets and spans, up to the limit', () => {
  expect(histogramWork(undefined)).toBe(1);
  expect(histogramWork(histogramOf(20, 2)) - histogramWork(histogramOf(10, 1))).toBe(44);
  expect(() => histogramWork(histogramOf(HISTOGRAM_PARTS_MAX - 1, 1))).not.toThrow();
  expect(() => histogramWork(histogramOf(HISTOGRAM_PARTS_MAX, 1))).toThrow(HistogramTooLarge);
});
