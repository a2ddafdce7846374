import type { FileSystem } from '../../std/file-system.ts';
import type { Registry } from '../../telemetry/registry.ts';
import type { BlockList } from '../block/block-list.ts';
import { CHUNK_BYTES_BOUNDS, CHUNK_SAMPLES_BOUNDS, CHUNK_SPAN_BOUNDS } from '../compact/chunk-distribution.ts';
import type { Head } from '../head/head.ts';
import type { Maintenance } from './maintenance.ts';
import type { MaintenanceCounts, MaintenanceObserver } from './maintenance-counts.ts';
import type { MaintenanceSettings } from './parts.ts';
import { allBlockBytes } from './reload-blocks.ts';

export interface MaintenanceMetricsParts {
  readonly fileSystem: FileSystem;
  readonly head: Head;
  readonly blocks: BlockList;
  readonly maintenance: Maintenance;
  readonly counts: MaintenanceCounts;
  readonly settings: () => MaintenanceSettings;
}

/** Name (after `prometheus_tsdb_`), help text, and which count it is. */
const COUNTERS: readonly (readonly [string, string, keyof MaintenanceCounts])[] = [
  ['compactions_triggered_total', 'Compactions that were triggered.', 'compactionsTriggered'],
  ['compactions_skipped_total', 'Compactions that were triggered and did not run.', 'compactionsSkipped'],
  ['compactions_failed_total', 'Compactions that failed.', 'compactionsFailed'],
  ['compactions_total', 'Blocks that were written of the head or of other blocks.', 'compactions'],
  ['vertical_compactions_total', 'Compactions of blocks that overlap.', 'verticalCompactions'],
  ['reloads_total', 'Times that the blocks were looked at again.', 'reloads'],
  ['reloads_failures_total', 'Times that the blocks could not be looked at again.', 'reloadsFailed'],
  ['time_retentions_total', 'Times that blocks were deleted for their age.', 'timeRetentions'],
  ['size_retentions_total', 'Times that blocks were deleted for the bytes of all.', 'sizeRetentions'],
  ['head_truncations_total', 'Truncations of the head that were begun.', 'headTruncations'],
  ['head_truncations_failed_total', 'Truncations of the head that failed.', 'headTruncationsFailed'],
  ['checkpoint_creations_total', 'Checkpoints of the log that were begun.', 'checkpoints'],
  ['checkpoint_creations_failed_total', 'Checkpoints of the log that failed.', 'checkpointsFailed'],
  ['checkpoint_deletions_total', 'Removals of what a checkpoint replaces that were begun.', 'checkpointDeletions'],
  [
    'checkpoint_deletions_failed_total',
    'Removals of what a checkpoint replaces that failed.',
    'checkpointDeletionsFailed',
  ],
  ['stale_series_compactions_triggered_total', 'Compactions of stale series that were begun.', 'staleCompactions'],
  ['stale_series_compactions_failed_total', 'Compactions of stale series that failed.', 'staleCompactionsFailed'],
];

const GAUGES: readonly (readonly [string, string, (parts: MaintenanceMetricsParts) => number])[] = [
  ['blocks_loaded', 'Blocks in use.', ({ blocks }) => blocks.blocks.length],
  ['storage_blocks_bytes', 'Bytes of all blocks in use.', (p) => allBlockBytes(p.fileSystem, p.blocks.blocks)],
  ['lowest_timestamp', 'Oldest time of the database, in milliseconds.', oldestTime],
  [
    'lowest_timestamp_seconds',
    'Oldest time of the database, in seconds.',
    (parts) => Math.trunc(oldestTime(parts) / 1000),
  ],
  ['compaction_populating_block', 'Set to 1 while a block is written.', ({ counts }) => Number(counts.isWritingBlock)],
  [
    'head_stale_series',
    'Series whose last sample is a stale marker; of many series counted each minute.',
    (p) => p.maintenance.survey.stale,
  ],
  [
    'head_native_histogram_series',
    'Series whose last sample is a native histogram; of many series counted each minute.',
    (parts) => parts.maintenance.survey.histograms,
  ],
  [
    'head_native_histogram_buckets',
    'Buckets of the last samples of those series; of many counted each minute.',
    (parts) => parts.maintenance.survey.buckets,
  ],
  [
    'retention_limit_seconds',
    'How long samples are kept, in seconds; 0 = no limit.',
    ({ settings }) => settings().retentionMs / 1000,
  ],
  [
    'retention_limit_bytes',
    'How many bytes blocks may take; 0 = no limit.',
    ({ settings }) => settings().retentionBytes,
  ],
  [
    'retention_limit_percentage',
    'How much of the file system blocks may take, in percent; 0 = no limit.',
    ({ settings }) => settings().retentionPercent,
  ],
];

/** What an empty database says: the reference's 64-bit extreme. */
const NO_TIME = 2 ** 63;

function oldestTime({ blocks, head }: MaintenanceMetricsParts): number {
  const [oldest] = blocks.blocks;
  if (oldest !== undefined) return oldest.meta.minTime;
  return Number.isFinite(head.bounds.minTime) ? head.bounds.minTime : NO_TIME;
}

/** Enters the metrics of maintenance under the names that dashboards know. */
export function registerMaintenanceMetrics(registry: Registry, parts: MaintenanceMetricsParts): void {
  for (const [name, help, count] of COUNTERS) {
    registry.counterFrom({ name: `prometheus_tsdb_${name}`, help }, () => Number(parts.counts[count]));
  }
  for (const [name, help, read] of GAUGES) {
    registry.gaugeFrom({ name: `prometheus_tsdb_${name}`, help }, () => read(parts));
  }
  const damaged = {
    name: 'narthex_tsdb_blocks_damaged',
    help: 'Blocks that can not be read and take no part in queries.',
  };
  registry.gaugeFrom(damaged, () => parts.blocks.damaged.length);
}

/** Takes the durations of steps. */
export function maintenanceObserver(registry: Registry): MaintenanceObserver {
  const histogram = (name: string, help: string, buckets: readonly number[] = DURATION_BUCKETS) =>
    registry.histogram({ name: `prometheus_tsdb_${name}`, help, buckets }).with();
  const summary = (name: string, help: string) =>
    registry.summary({ name: `prometheus_tsdb_${name}`, help, quantiles: [] }).with();
  const compaction = histogram('compaction_duration_seconds', 'Duration of writing a block.');
  const chunkBytes = histogram(
    'compaction_chunk_size_bytes',
    'Bytes of the chunks of blocks that were cut from the head.',
    CHUNK_BYTES_BOUNDS,
  );
  const chunkSamples = histogram(
    'compaction_chunk_samples',
    'Samples of the chunks of blocks that were cut from the head.',
    CHUNK_SAMPLES_BOUNDS,
  );
  // In milliseconds, whatever the name says: dashboards know it so.
  const chunkSpans = histogram(
    'compaction_chunk_range_seconds',
    'Time from the first to the last sample of the chunks of blocks that were cut from the head, in milliseconds.',
    CHUNK_SPAN_BOUNDS,
  );
  const stale = histogram('stale_series_compaction_duration_seconds', 'Duration of compactions of stale series.');
  const cleanup = histogram(
    'tombstone_cleanup_seconds',
    'Duration of taking what is deleted of blocks off the disk.',
    [],
  );
  const gc = summary('head_gc_duration_seconds', 'Duration of forgetting what is in blocks.');
  const log = summary('wal_truncate_duration_seconds', 'Duration of truncating the log.');
  return {
    compaction: (seconds) => compaction.observe(seconds),
    firstChunks({ bytes, samples, spanMs }) {
      chunkBytes.addAll(bytes.counts, bytes.sum);
      chunkSamples.addAll(samples.counts, samples.sum);
      chunkSpans.addAll(spanMs.counts, spanMs.sum);
    },
    staleCompaction: (seconds) => stale.observe(seconds),
    headGc: (seconds) => gc.observe(seconds),
    walTruncation: (seconds) => log.observe(seconds),
    tombstoneCleanup: (seconds) => cleanup.observe(seconds),
  };
}

/** 1 s to 8,192 s, each twice the one before. */
const DURATION_BUCKETS = Array.from({ length: 14 }, (_, i) => 2 ** i);
