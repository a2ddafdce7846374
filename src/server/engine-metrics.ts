import type { QueryObserver } from '../query/runner.ts';
import type { Registry } from '../telemetry/registry.ts';

/** Parts of a query's time, by the reference's names. */
const SLICES = ['inner_eval', 'prepare_time', 'queue_time', 'result_sort'] as const;

/** Keeps the `prometheus_engine_*` metrics. */
export function createQueryObserver(registry: Registry, concurrencyMax: number): QueryObserver {
  const active = registry
    .gauge({ name: 'prometheus_engine_queries', help: 'Queries that run or wait at this moment.' })
    .with();
  registry
    .gauge({ name: 'prometheus_engine_queries_concurrent_max', help: 'Queries that may run at once.' })
    .with()
    .set(concurrencyMax);
  registry.gauge({ name: 'prometheus_engine_query_log_enabled', help: 'Whether queries are logged to a file.' });
  registry.counter({ name: 'prometheus_engine_query_log_failures_total', help: 'Queries that could not be logged.' });
  const total = registry
    .counter({
      name: 'prometheus_engine_query_samples_total',
      help: 'Samples that queries worked on: those of the whole window for every step.',
    })
    .with();
  const read = registry
    .counter({
      name: 'prometheus_engine_query_samples_read_total',
      help: 'Samples that queries read: those new to the window for every step.',
    })
    .with();
  const durations = registry.summary({
    name: 'prometheus_engine_query_duration_seconds',
    help: 'Time of the parts of queries.',
    labelNames: ['slice'],
    quantiles: [0.5, 0.9, 0.99],
  });
  const histogram = registry.histogram({
    name: 'prometheus_engine_query_duration_histogram_seconds',
    help: 'Time of the parts of queries.',
    labelNames: ['slice'],
    buckets: [0.01, 0.1, 1, 10],
  });
  const slices = SLICES.map((slice) => ({ summary: durations.with(slice), histogram: histogram.with(slice) }));

  return {
    started: () => active.add(1),
    dismissed: () => active.add(-1),
    finished(timing, totalSamples, samplesRead) {
      active.add(-1);
      total.inc(totalSamples);
      read.inc(samplesRead);
      const seconds = [timing.evaluation, timing.preparation, timing.queue, timing.sorting];
      for (let i = 0; i < slices.length; i++) {
        slices[i]!.summary.observe(seconds[i]!);
        slices[i]!.histogram.observe(seconds[i]!);
      }
    },
  };
}
