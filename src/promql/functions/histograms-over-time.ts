import type { FloatHistogram } from '../../model/histogram.ts';
import { HistogramTotal } from '../../model/histogram-totals.ts';
import { histogramWork, partsWork } from '../../model/histogram-work.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import { counterResetCollision, mismatchedCustomBuckets, mixedExponentialCustom } from './annotation-texts.ts';
import type { Bounds, RangeContext } from './contracts.ts';
import { fillHistogramSteps, type HistogramWindow } from './histogram-windows.ts';

/** Compensated sum of the histograms of each window. */
export function sumHistograms(
  samples: SampleColumn,
  floatBounds: Bounds,
  window: Window,
  out: StepColumn,
  context: RangeContext,
): void {
  fillHistogramSteps(samples, floatBounds, window, out, context, (part) => {
    const total = totalOf(part, false, context);
    return total === null ? null : total.sum();
  });
}

/** Compensated mean of the histograms of each window. */
export function averageHistograms(
  samples: SampleColumn,
  floatBounds: Bounds,
  window: Window,
  out: StepColumn,
  context: RangeContext,
): void {
  fillHistogramSteps(samples, floatBounds, window, out, context, (part) => {
    const total = totalOf(part, true, context);
    return total === null ? null : total.mean();
  });
}

function totalOf(part: HistogramWindow, wantsMean: boolean, context: RangeContext): HistogramTotal | null {
  const { histograms } = part.samples;
  const total = new HistogramTotal(histograms[part.from]!, wantsMean);
  for (let k = part.from + 1; k < part.to && total.isCompatible; k++) {
    context.spend(histogramWork(histograms[k]) + partsWork(total.buckets));
    total.add(histograms[k] as FloatHistogram);
  }
  const position = context.argPositions[0]!;
  if (!total.isCompatible) {
    context.annotations.warn(mixedExponentialCustom(context.metricName), position);
    return null;
  }
  if (total.counterResetCollision) context.annotations.warn(counterResetCollision('aggregation'), position);
  if (total.boundsReconciled) context.annotations.info(mismatchedCustomBuckets('aggregation'), position);
  return total;
}
