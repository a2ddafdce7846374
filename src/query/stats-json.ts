import { goQuote } from '../model/labels.ts';
import type { QueryOutcome } from '../promql/engine.ts';

/** Where a query's time went, in seconds. */
export interface Timing {
  queue: number;
  preparation: number;
  evaluation: number;
  sorting: number;
  /** With the wait in the queue. */
  total: number;
}

/** The `stats` object of an answer. */
export function statsJson(timing: Timing, { counts, peakSamples }: QueryOutcome): string {
  const { total, read, totalPerStep, readPerStep, grid } = counts;
  const perStep = (values: Float64Array | null) =>
    values === null ? undefined : Array.from(values, (value, i) => [(grid.start + i * grid.step) / 1000, value]);
  return JSON.stringify({
    timings: {
      evalTotalTime: timing.preparation + timing.evaluation + timing.sorting,
      resultSortTime: timing.sorting,
      queryPreparationTime: timing.preparation,
      innerEvalTime: timing.evaluation,
      execQueueTime: timing.queue,
      execTotalTime: timing.total,
    },
    samples: {
      totalQueryableSamplesPerStep: perStep(totalPerStep),
      totalQueryableSamples: total,
      samplesReadPerStep: perStep(readPerStep),
      samplesRead: read,
      peakSamples,
    },
  });
}

/** What is said of values of the `stats` parameter that work, but no longer should. */
export function statsWarning(value: string): string {
  return `value ${goQuote(value)} for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"`;
}
