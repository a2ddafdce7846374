import type { Serial } from '../../std/serial.ts';
import type { Turns } from '../../std/turns.ts';
import { newUlid } from '../../std/ulid.ts';
import type { BlockList } from '../block/block-list.ts';
import type { MaintenanceRunner } from '../compact/maintenance-runner.ts';
import { blockRanges } from '../compact/plan-compaction.ts';
import type { DataDirectory } from '../data-directory.ts';
import { CHUNK_RANGE_MS_DEFAULT } from '../defaults.ts';
import type { Head } from '../head/head.ts';
import type { DatabaseOptions } from '../options.ts';
import { SEGMENT_SIZE_DEFAULT } from '../wal/segments.ts';
import type { WalWriter } from '../wal/writer.ts';
import type { ExpiringRefs } from './expiring-refs.ts';
import { Maintenance } from './maintenance.ts';
import { createMaintenanceCounts, noObserver } from './maintenance-counts.ts';
import { maintenanceObserver, registerMaintenanceMetrics } from './maintenance-metrics.ts';
import type { LateSamples, MaintenanceSettings } from './parts.ts';
import { pendingUploads } from './pending-uploads.ts';

/** How wide blocks get where nothing is said: 31 days. */
const BLOCK_MS_MAX_DEFAULT = 31 * 24 * 60 * 60 * 1000;

/** Keeps everything. */
const NO_LIMITS: MaintenanceSettings = {
  retentionMs: 0,
  retentionBytes: 0,
  retentionPercent: 0,
  staleSeriesShare: 0,
};

/** What maintenance needs of an open database. */
export interface OpenParts {
  readonly directory: DataDirectory;
  readonly head: Head;
  readonly blocks: BlockList;
  readonly wal: WalWriter;
  readonly runner: MaintenanceRunner;
  readonly lateSamples: LateSamples | null;
  readonly exclusive: Serial;
  /** Has the series that left the head at the start. */
  readonly expiring: ExpiringRefs;
  readonly onFailed: (error: unknown) => void;
  readonly turns: Turns;
}

/** The maintenance of an open database, not started yet. */
export function openMaintenance(options: DatabaseOptions, parts: OpenParts): Maintenance {
  const { clock, fileSystem, log, registry } = options;
  const {
    blockMsMax = BLOCK_MS_MAX_DEFAULT,
    headDelayMs = 0,
    intervalMs,
    mergesOverlapping = true,
    pendingUploadsFile = null,
  } = options.maintenance ?? {};
  const settings = options.maintenance?.settings ?? (() => NO_LIMITS);
  const chunkRangeMs = options.chunkRangeMs ?? CHUNK_RANGE_MS_DEFAULT;
  const counts = createMaintenanceCounts();
  const maintenance = new Maintenance({
    ...parts,
    fileSystem,
    clock,
    log,
    walCompression: options.walCompression ?? 'snappy',
    walSegmentSize: options.walSegmentSize ?? SEGMENT_SIZE_DEFAULT,
    settings,
    chunkRangeMs,
    blockRangesMs: blockRanges(chunkRangeMs, blockMsMax),
    headDelayMs,
    ...(intervalMs === undefined ? {} : { intervalMs }),
    isHeld: pendingUploadsFile === null ? () => false : pendingUploads(fileSystem, clock, log, pendingUploadsFile),
    mergesOverlapping,
    segmentBytesMax: options.maintenance?.chunkSegmentBytes,
    newUlid: () => newUlid(clock.now()),
    counts,
    observer: registry === undefined ? noObserver : maintenanceObserver(registry),
  });
  if (registry !== undefined) {
    const { blocks, head } = parts;
    registerMaintenanceMetrics(registry, { fileSystem, head, blocks, maintenance, counts, settings });
  }
  return maintenance;
}
