import type { Labels } from '../model/labels.ts';
import { type Appender, createSampleBatch, REFUSED, type SampleBatch } from '../storage/append.ts';
import { pushStale, pushValue } from './push-sample.ts';
import { PLAIN_REPORT_COUNT, REPORT_METRICS } from './report-samples.ts';
import type { TargetSeries } from './target-series.ts';

/** The samples behind those of a body: staleness markers of series that ended, and the report. One instance serves all targets. */
export class ScrapeTail {
  readonly #samples: SampleBatch = { ...createSampleBatch(64), inOrderOnly: true };
  /** Report samples whose refs had to be resolved again. */
  readonly #retries: SampleBatch = createSampleBatch(REPORT_METRICS.length);

  /** Begins a tail with a marker for each series that was tracked in the last round and is not in this one. */
  begin({ cache, round, trackedCount }: TargetSeries, time: number): void {
    this.#samples.length = 0;
    // Nearly always every series of the last round is in this one too.
    if (trackedCount === 0) return;
    const { tracked, refs } = cache;
    for (let entry = 1; entry <= cache.count; entry++) {
      if (tracked[entry] === round && refs[entry] !== 0) pushStale(this.#samples, refs[entry]!, time);
    }
  }

  /** Appends the markers and staleness markers for the report itself: the target is gone. */
  appendEnd(series: TargetSeries, extraMetrics: boolean, time: number, appender: Appender): void {
    for (let metric = 0; metric < reportCount(extraMetrics); metric++) {
      const ref = series.reportRefs[metric]!;
      if (ref !== 0) pushStale(this.#samples, ref, time);
    }
    appender.append(this.#samples);
  }

  /** Appends the markers and the report, whose `values` are in the order of `REPORT_METRICS`. Only the report's refs are worth resolving again. */
  appendReport(
    series: TargetSeries,
    { extraMetrics, targetLabels }: { extraMetrics: boolean; targetLabels: Labels },
    time: number,
    values: readonly number[],
    appender: Appender,
  ): void {
    const samples = this.#samples;
    const first = samples.length;
    const count = reportCount(extraMetrics);
    for (let metric = 0; metric < count; metric++) {
      let ref = series.reportRefs[metric]!;
      if (ref === 0) ref = series.resolveReport(metric, targetLabels, appender);
      pushValue(samples, ref, time, values[metric]!);
    }
    const outcome = appender.append(samples);
    this.#retries.length = 0;
    for (let i = 0; i < outcome.refusedCount; i++) {
      const metric = outcome.refused[i]! - first;
      if (metric < 0 || outcome.reasons[i] !== REFUSED.unknownRef) continue;
      const ref = series.resolveReport(metric, targetLabels, appender);
      pushValue(this.#retries, ref, time, values[metric]!);
    }
    if (this.#retries.length > 0) appender.append(this.#retries);
  }
}

function reportCount(extraMetrics: boolean): number {
  return extraMetrics ? REPORT_METRICS.length : PLAIN_REPORT_COUNT;
}
