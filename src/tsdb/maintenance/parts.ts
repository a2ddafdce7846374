import type { Clock } from '../../std/clock.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { Turns } from '../../std/turns.ts';
import type { Log } from '../../telemetry/log.ts';
import type { BlockList } from '../block/block-list.ts';
import type { BlockMeta } from '../block/block-meta.ts';
import type { MaintenanceRunner } from '../compact/maintenance-runner.ts';
import type { DataDirectory } from '../data-directory.ts';
import type { Head } from '../head/head.ts';
import type { WalCompression } from '../wal/compression.ts';
import type { WalWriter } from '../wal/writer.ts';
import type { ExpiringRefs } from './expiring-refs.ts';
import type { MaintenanceCounts, MaintenanceObserver } from './maintenance-counts.ts';

/** What may change while the database is open. */
export interface MaintenanceSettings {
  /** Each limit is off at 0. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** Of the file system, 0 to 100; stands for `retentionBytes` where it is above 0. */
  readonly retentionPercent: number;
  /** The share of stale series from which on they are compacted early; 0 = never. */
  readonly staleSeriesShare: number;
}

/** The samples that came out of order, as maintenance sees them. */
export interface LateSamples {
  /** Moves all of them to blocks; runs after each compaction of the head. */
  compact(): Promise<unknown>;
  /** Writes blocks of all of them to another directory; they stay where they are. */
  copyTo(directory: string): Promise<unknown>;
  /** The number of the first file of `chunks_head/` that may have chunks of them; Infinity where there is none. */
  firstChunkFile(): number;
}

/** What the steps of maintenance work on. */
export interface MaintenanceParts {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  readonly turns: Turns;
  readonly directory: DataDirectory;
  readonly head: Head;
  readonly blocks: BlockList;
  readonly wal: WalWriter;
  readonly walCompression: WalCompression;
  readonly walSegmentSize: number;
  readonly runner: MaintenanceRunner;
  readonly lateSamples: LateSamples | null;
  /** Series that left the head, for checkpoints. */
  readonly expiring: ExpiringRefs;
  readonly settings: () => MaintenanceSettings;
  /** Width of the blocks that are cut from the head, and the widths that they grow through, ms. */
  readonly chunkRangeMs: number;
  readonly blockRangesMs: readonly number[];
  /** How long a head that could be compacted waits, ms. */
  readonly headDelayMs: number;
  /** True for a block that must not be compacted yet. */
  readonly isHeld: (meta: BlockMeta) => boolean;
  /** False leaves blocks that overlap in time as they are. */
  readonly mergesOverlapping: boolean;
  /** As `WriteBlockOptions.segmentBytesMax`. */
  readonly segmentBytesMax: number | undefined;
  readonly newUlid: () => string;
  readonly counts: MaintenanceCounts;
  readonly observer: MaintenanceObserver;
}
