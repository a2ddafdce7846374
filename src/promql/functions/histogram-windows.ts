import type { FloatHistogram } from '../../model/histogram.ts';
import { histogramWork } from '../../model/histogram-work.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import { mixedFloatsHistograms } from './annotation-texts.ts';
import type { Bounds, RangeContext } from './contracts.ts';
import { type HistogramSamples, histogramPart, otherBounds } from './range-input.ts';

/** The histograms of one window: `from <= index < to`, at least one. */
export interface HistogramWindow {
  readonly samples: HistogramSamples;
  readonly from: number;
  readonly to: number;
  /** End of the window, ms. */
  readonly end: number;
}

/**
 * Fills the steps whose windows hold histograms; `out` has the floats' results already. A window with both kinds has no
 * result, and a warning; one without a result of `compute` is absent.
 */
export function fillHistogramSteps(
  samples: SampleColumn,
  floatBounds: Bounds,
  window: Window,
  out: StepColumn,
  context: RangeContext,
  compute: (part: HistogramWindow) => FloatHistogram | null,
): void {
  const part = histogramPart(samples, context);
  const { from, to } = otherBounds(part, window, context);
  for (let i = 0; i < window.count; i++) {
    if (from[i] === to[i]) {
      context.spend(1);
      continue;
    }
    if (floatBounds.from[i] !== floatBounds.to[i]) {
      context.annotations.warn(mixedFloatsHistograms(context.metricName), context.argPositions[0]!);
      out.present[i] = 0;
      continue;
    }
    context.spend(histogramWork(part.histograms[to[i]! - 1]));
    const end = window.firstEnd + i * window.step;
    const histogram = compute({ samples: part, from: from[i]!, to: to[i]!, end });
    out.present[i] = histogram === null ? 0 : 1;
    if (histogram === null) continue;
    out.histograms ??= new Array(window.count).fill(undefined);
    out.histograms[i] = histogram;
  }
}
