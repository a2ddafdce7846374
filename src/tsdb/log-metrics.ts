import type { Registry } from '../telemetry/registry.ts';
import type { LogStats } from './database-stats.ts';

/** Name (after that of the log), help text, and where the value comes from. */
type Rows = readonly (readonly [string, string, (log: LogStats) => number])[];

const GAUGES: Rows = [
  ['segment_current', 'Segment of the log that is being written.', ({ segment }) => segment],
  ['storage_size_bytes', 'Size of the directory of the log.', ({ storedBytes }) => storedBytes()],
];

const COUNTERS: Rows = [
  ['writes_failed_total', 'Writes to the log that failed.', ({ counters }) => counters.failedWrites],
  ['completed_pages_total', 'Pages of the log that were filled.', ({ counters }) => counters.pagesCompleted],
  ['page_flushes_total', 'Writes to the log.', ({ counters }) => counters.batches],
  ['record_part_writes_total', 'Records written to the log.', ({ counters }) => counters.records],
  [
    'record_parts_bytes_written_total',
    'Bytes written to the log, headers and padding included.',
    ({ counters }) => counters.bytes,
  ],
  ['truncations_total', 'Times that older segments of the log were removed.', ({ truncations }) => truncations],
  [
    'truncations_failed_total',
    'Times that older segments of the log could not be removed.',
    ({ truncationsFailed }) => truncationsFailed,
  ],
];

/** The metrics of a log begin with this. */
const LOG_METRICS = { wal: 'prometheus_tsdb_wal', wbl: 'prometheus_tsdb_out_of_order_wbl' } as const;

/** Enters what is told of a log; it is read when it is rendered. */
export function registerLogMetrics(registry: Registry, log: keyof typeof LOG_METRICS, read: () => LogStats): void {
  const prefix = LOG_METRICS[log];
  for (const [name, help, value] of GAUGES) {
    registry.gaugeFrom({ name: `${prefix}_${name}`, help }, () => value(read()));
  }
  for (const [name, help, value] of COUNTERS) {
    registry.counterFrom({ name: `${prefix}_${name}`, help }, () => value(read()));
  }
}

/** Takes the seconds of each sync of a log. */
export function logSyncObserver(registry: Registry, log: keyof typeof LOG_METRICS): (seconds: number) => void {
  const family = registry.summary({
    name: `${LOG_METRICS[log]}_fsync_duration_seconds`,
    help: 'Duration of write log fsync.',
    quantiles: [0.5, 0.9, 0.99],
  });
  const observer = family.with();
  return (seconds) => observer.observe(seconds);
}
