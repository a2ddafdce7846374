import type { Clock } from '../std/clock.ts';
import type { FileSystem } from '../std/file-system.ts';
import type { Log } from '../telemetry/log.ts';
import type { Registry } from '../telemetry/registry.ts';
import type { SampleForms } from './chunk/sample-forms.ts';
import type { MaintenanceRunner } from './compact/maintenance-runner.ts';
import type { MaintenanceSettings } from './maintenance/parts.ts';
import type { WalCompression } from './wal/compression.ts';

/** How far a replay has come, as `/api/v1/status/walreplay` tells it: numbers of WAL segments. */
export interface ReplayProgress {
  readonly first: number;
  readonly last: number;
  readonly current: number;
}

export interface MaintenanceOptions {
  /** Read whenever it matters, so it may change; nothing is ever deleted by default. */
  readonly settings?: () => MaintenanceSettings;
  /** How wide blocks may get, ms; default 31 days. */
  readonly blockMsMax?: number;
  /** How long a head that could be compacted waits, ms; default 0. Several servers with the same load then differ. */
  readonly headDelayMs?: number;
  /** How often blocks are looked at and compactions considered, ms; default a minute. */
  readonly intervalMs?: number;
  /** Bytes after which a block's next chunk file begins; default 512 MiB. */
  readonly chunkSegmentBytes?: number;
  /** False leaves blocks that overlap in time as they are; default true. */
  readonly mergesOverlapping?: boolean;
  /** A file that lists uploaded blocks: those of level 1 that it does not name are not compacted. */
  readonly pendingUploadsFile?: string;
}

export interface DatabaseOptions {
  /** The data directory; made where it is missing. */
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the database enters its `prometheus_tsdb_*` metrics. */
  readonly registry?: Registry;
  /** False leaves the lock file alone: whoever starts a second server on the directory damages it. Default true. */
  readonly lock?: boolean;
  /** Default two hours. Samples older than half of it before the newest one are out of bounds. */
  readonly chunkRangeMs?: number;
  /** Samples that a chunk of floats should get; default 120. Any other number makes appending slower. */
  readonly samplesPerChunk?: number;
  /** Exemplars that are kept, the oldest leave first; 0 keeps and logs none. Default 100,000. */
  readonly exemplarsMax?: number;
  /** Bytes of sealed chunks that stay in memory although they are in files, those that came last; default 48 MiB. */
  readonly residentChunkBytes?: number;
  /** How far behind the newest sample others may come out of order, ms; default 0: not at all. */
  readonly outOfOrderMs?: number;
  /** In which forms samples are kept; default those without start times. */
  readonly forms?: SampleForms;
  readonly walCompression?: WalCompression;
  /** Bytes, a multiple of 32 KiB; default 128 MiB. */
  readonly walSegmentSize?: number;
  /** What a power cut may cost, ms; default 1000. */
  readonly walSyncIntervalMs?: number;
  /** How the head moves to blocks and blocks are merged and deleted; null: only when `compact` is called. */
  readonly maintenance?: MaintenanceOptions | null;
  /** Told why the database takes no samples any more (a full or failing disk), and with null that it does again. */
  readonly onAppendsStopped?: (reason: string | null) => void;
  /** Where blocks are written; default a thread of its own on the disk of this host, this thread elsewhere. */
  readonly runner?: MaintenanceRunner;
  readonly onReplayProgress?: (progress: ReplayProgress) => void;
}
