import type { Registry } from '../telemetry/registry.ts';
import type { DatabaseStats } from './database-stats.ts';
import { registerLogMetrics } from './log-metrics.ts';

type Read = (stats: DatabaseStats) => number;

/** What an empty head says of its bounds: the reference's 64-bit extremes. */
const NO_MIN_TIME = 2 ** 63;
const NO_MAX_TIME = -(2 ** 63);

const minTime: Read = ({ head }) => (Number.isFinite(head.minTime) ? head.minTime : NO_MIN_TIME);
const maxTime: Read = ({ head }) => (Number.isFinite(head.maxTime) ? head.maxTime : NO_MAX_TIME);

/** Name (after `prometheus_tsdb_`), help text, and where the value comes from. */
const GAUGES: readonly (readonly [string, string, Read])[] = [
  ['head_series', 'Total number of series in the head block.', ({ head }) => head.series],
  ['head_chunks', 'Total number of chunks in the head block.', ({ head }) => head.chunks],
  ['head_active_appenders', 'Number of currently active appender transactions', ({ head }) => head.activeAppenders],
  ['head_min_time', 'Oldest sample of the head, in milliseconds.', minTime],
  ['head_max_time', 'Newest sample of the head, in milliseconds.', maxTime],
  [
    'head_min_time_seconds',
    'Oldest sample of the head, in whole seconds.',
    (stats) => Math.trunc(minTime(stats) / 1000),
  ],
  [
    'head_max_time_seconds',
    'Newest sample of the head, in whole seconds.',
    (stats) => Math.trunc(maxTime(stats) / 1000),
  ],
  ['head_chunks_storage_size_bytes', 'Size of the chunks_head directory.', ({ chunkFiles }) => chunkFiles.bytes],
  ['exemplar_exemplars_in_storage', 'Exemplars that are kept.', ({ head }) => head.exemplars],
  ['exemplar_max_exemplars', 'Exemplars that can be kept.', ({ head }) => head.exemplarsMax],
  [
    'exemplar_series_with_exemplars_in_storage',
    'Series of which exemplars are kept.',
    ({ head }) => head.exemplarSeries,
  ],
  [
    'exemplar_last_exemplars_timestamp_seconds',
    'Time of the oldest exemplar that is kept, in seconds.',
    ({ head }) => head.oldestExemplarTime / 1000,
  ],
  [
    'clean_start',
    '1: the lock of the data directory was free. 0: it was left behind by a process that did not give it back. -1: there is none.',
    ({ lock }) => (lock === null ? -1 : Number(lock === 'free')),
  ],
  ['symbol_table_size_bytes', 'Bytes in memory for symbols of blocks.', ({ blockSymbolBytes }) => blockSymbolBytes],
  ['data_replay_duration_seconds', 'Time taken to replay the data on disk.', ({ replay }) => replay.seconds],
];

/** Narthex's own; names are whole. */
const OWN_COUNTERS: readonly (readonly [string, string, Read])[] = [
  [
    'narthex_tsdb_appends_stops_total',
    'Times that a write to the data directory failed and no samples were taken any more.',
    ({ stops }) => stops.closed,
  ],
  [
    'narthex_tsdb_appends_refused_total',
    'Transactions that were refused while no samples were taken.',
    ({ stops }) => stops.refused,
  ],
];

const COUNTERS: readonly (readonly [string, string, Read])[] = [
  ['head_appenders_created_total', 'Appender transactions begun.', ({ head }) => head.appendersCreated],
  ['head_series_created_total', 'Series created in the head.', ({ head }) => head.seriesCreated],
  ['head_series_removed_total', 'Series removed from the head.', ({ head }) => head.seriesRemoved],
  ['head_series_not_found_total', 'Samples whose series was not found.', ({ head }) => head.seriesNotFound],
  ['head_chunks_created_total', 'Chunks created in the head.', ({ head }) => head.chunksCreated],
  ['head_chunks_removed_total', 'Chunks removed from the head.', ({ head }) => head.chunksCreated - head.chunks],
  ['mmap_chunks_total', 'Chunks that were written to chunks_head.', ({ chunkFiles }) => chunkFiles.chunksWritten],
  ['mmap_chunk_corruptions_total', 'Damaged places met in chunks_head.', ({ chunkFiles }) => chunkFiles.damages],
  ['exemplar_exemplars_appended_total', 'Exemplars appended.', ({ head }) => head.exemplarsAppended],
  ['exemplar_out_of_order_exemplars_total', 'Exemplars refused: out of order.', ({ head }) => head.exemplarsOutOfOrder],
  [
    'wal_corruptions_total',
    'Damaged places met in the write-ahead log.',
    ({ replay }) => replay.wal.damages.length + (replay.wbl?.damages.length ?? 0),
  ],
  [
    'snapshot_replay_error_total',
    'Images and snapshots of the head that could not be read at the start.',
    ({ replay }) => replay.damagedBeginnings,
  ],
  [
    'wal_replay_unknown_refs_total',
    'Entries of the write-ahead log whose series it does not name.',
    ({ replay }) => replay.unknownRefs,
  ],
  [
    'wbl_replay_unknown_refs_total',
    'Samples of the log of out-of-order samples whose series the write-ahead log does not name.',
    ({ replay }) => replay.wblUnknownRefs,
  ],
];

/** As the others, for floats and for histograms, told apart by the label `type`. */
const COUNTERS_BY_TYPE: readonly (readonly [string, string, Read, Read])[] = [
  [
    'head_samples_appended_total',
    'Samples appended to the head, those out of order included.',
    ({ head }) => head.samplesAppended + head.lateFloats,
    ({ head }) => head.histogramsLogged + head.lateHistograms,
  ],
  [
    'head_out_of_order_samples_appended_total',
    'Samples appended out of order.',
    ({ head }) => head.lateFloats,
    ({ head }) => head.lateHistograms,
  ],
  [
    'out_of_order_samples_total',
    'Samples refused: out of order, which is not allowed.',
    ({ head }) => head.refused.outOfOrder,
    ({ head }) => head.refusedHistograms.outOfOrder,
  ],
  [
    'out_of_bound_samples_total',
    'Samples refused: out of bounds.',
    ({ head }) => head.refused.outOfBounds,
    ({ head }) => head.refusedHistograms.outOfBounds,
  ],
  [
    'too_old_samples_total',
    'Samples refused: out of order and older than is allowed.',
    ({ head }) => head.refused.tooOld,
    ({ head }) => head.refusedHistograms.tooOld,
  ],
];

/** Enters the database's metrics under the names that dashboards know; they are read when they are rendered. `compression`: that of the log. */
export function registerDatabaseMetrics(
  registry: Registry,
  database: { stats(): DatabaseStats; readonly appendsStopped: string | null },
  compression: string,
): void {
  const read = (): DatabaseStats => database.stats();
  for (const [name, help, value] of GAUGES) {
    registry.gaugeFrom({ name: `prometheus_tsdb_${name}`, help }, () => value(read()));
  }
  for (const [name, help, value] of COUNTERS) {
    registry.counterFrom({ name: `prometheus_tsdb_${name}`, help }, () => value(read()));
  }
  const saved = {
    name: 'prometheus_tsdb_wal_record_bytes_saved_total',
    help: 'Bytes that compression of log records saved.',
    labelNames: ['compression'],
  };
  registry.countersFrom(saved, () => [[[compression], read().wal.bytesSaved]]);
  const stopped = {
    name: 'narthex_tsdb_appends_stopped',
    help: 'Whether no samples are taken because the data directory can not be written.',
  };
  registry.gaugeFrom(stopped, () => (database.appendsStopped === null ? 0 : 1));
  for (const [name, help, value] of OWN_COUNTERS) registry.counterFrom({ name, help }, () => value(read()));
  registerLogMetrics(registry, 'wal', () => read().logs.wal);
  registerLogMetrics(registry, 'wbl', () => read().logs.wbl);
  for (const [name, help, float, histogram] of COUNTERS_BY_TYPE) {
    registry.countersFrom({ name: `prometheus_tsdb_${name}`, help, labelNames: ['type'] }, () => {
      const stats = read();
      return [
        [['float'], float(stats)],
        [['histogram'], histogram(stats)],
      ];
    });
  }
}

/** Takes the seconds by which samples are out of order, whether they are taken or not. */
export function outOfOrderObserver(registry: Registry): (seconds: number) => void {
  const family = registry.histogram({
    name: 'prometheus_tsdb_sample_ooo_delta',
    help: 'Seconds by which samples are out of order, whether they are taken or not.',
    buckets: [600, 1800, 3600, 7200, 10_800, 21_600, 43_200],
  });
  const observer = family.with();
  return (seconds) => observer.observe(seconds);
}
