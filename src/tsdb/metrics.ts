import type { Registry } from '../telemetry/registry.ts';
import type { DatabaseStats } from './tsdb.ts';

/** Enters the database's metrics under the names that dashboards know; `read` is called when they are rendered. */
export function registerDatabaseMetrics(registry: Registry, read: () => DatabaseStats): void {
  const gauge = (name: string, help: string, value: (stats: DatabaseStats) => number): void =>
    registry.gaugeFrom({ name: `prometheus_tsdb_${name}`, help }, () => value(read()));
  const counter = (name: string, help: string, value: (stats: DatabaseStats) => number): void =>
    registry.counterFrom({ name: `prometheus_tsdb_${name}`, help }, () => value(read()));
  const byType = (
    name: string,
    help: string,
    float: (stats: DatabaseStats) => number,
    histogram: (stats: DatabaseStats) => number,
  ): void =>
    registry.countersFrom({ name: `prometheus_tsdb_${name}`, help, labelNames: ['type'] }, () => {
      const stats = read();
      return [
        [['float'], float(stats)],
        [['histogram'], histogram(stats)],
      ];
    });
  const none = (): number => 0;

  gauge('head_series', 'Total number of series in the head block.', ({ head }) => head.series);
  counter('head_series_created_total', 'Total number of series created in the head', ({ head }) => head.seriesCreated);
  counter('head_series_removed_total', 'Total number of series removed in the head', ({ head }) => head.seriesRemoved);
  counter(
    'head_series_not_found_total',
    'Total number of requests for series that were not found.',
    ({ head }) => head.seriesNotFound,
  );
  gauge('head_chunks', 'Total number of chunks in the head block.', ({ head }) => head.chunks);
  counter('head_chunks_created_total', 'Total number of chunks created in the head', ({ head }) => head.chunksCreated);
  counter(
    'head_chunks_removed_total',
    'Total number of chunks removed in the head',
    ({ head }) => head.chunksCreated - head.chunks,
  );
  gauge('head_chunks_storage_size_bytes', 'Size of the chunks of the head in memory.', ({ head }) => head.chunkBytes);
  gauge(
    'head_active_appenders',
    'Number of currently active appender transactions',
    ({ head }) => head.activeAppenders,
  );
  gauge(
    'head_min_time',
    'Minimum time bound of the head block. The unit is decided by the library consumer.',
    ({ head }) => timeOrZero(head.minTime),
  );
  gauge(
    'head_max_time',
    'Maximum timestamp of the head block. The unit is decided by the library consumer.',
    ({ head }) => timeOrZero(head.maxTime),
  );
  gauge(
    'head_min_time_seconds',
    'Minimum time bound of the head block.',
    ({ head }) => timeOrZero(head.minTime) / 1000,
  );
  gauge('head_max_time_seconds', 'Maximum timestamp of the head block.', ({ head }) => timeOrZero(head.maxTime) / 1000);
  gauge('symbol_table_size_bytes', 'Size of the symbols in memory.', ({ head }) => head.symbolBytes);
  byType(
    'head_samples_appended_total',
    'Total number of appended samples.',
    ({ head }) => head.samplesAppended,
    ({ head }) => head.histogramsLogged,
  );
  byType(
    'out_of_order_samples_total',
    'Total number of out of order samples ingestion failed attempts due to out of order being disabled.',
    ({ head }) => head.refused.outOfOrder,
    none,
  );
  byType(
    'out_of_bound_samples_total',
    'Total number of out of bound samples ingestion failed attempts with out of order support disabled.',
    ({ head }) => head.refused.outOfBounds,
    none,
  );
  byType(
    'too_old_samples_total',
    'Total number of out of order samples ingestion failed attempts with out of support enabled, but sample outside of time window.',
    ({ head }) => head.refused.tooOld,
    none,
  );
  counter(
    'exemplar_exemplars_appended_total',
    'Total number of appended exemplars.',
    ({ head }) => head.exemplarsLogged,
  );

  gauge(
    'wal_segment_current',
    'Write log segment index that TSDB is currently writing to.',
    ({ walSegment }) => walSegment,
  );
  counter('wal_writes_failed_total', 'Total number of write log writes that failed.', ({ wal }) => wal.failedWrites);
  counter('wal_completed_pages_total', 'Total number of completed pages.', ({ wal }) => wal.pagesCompleted);
  counter('wal_page_flushes_total', 'Total number of page flushes.', ({ wal }) => wal.batches);
  counter('wal_corruptions_total', 'Total number of WAL corruptions.', ({ replay }) => replay.wal.damages.length);
  gauge('data_replay_duration_seconds', 'Time taken to replay the data on disk.', ({ replay }) => replay.seconds);
}

function timeOrZero(time: number): number {
  return Number.isFinite(time) ? time : 0;
}
