import type { ChunkStoreStats } from './head/head-chunk-store.ts';
import type { HeadReplayCounts, HeadStats } from './head/head-stats.ts';
import type { FoundLock } from './lock.ts';
import type { ReplayReport } from './wal/replay.ts';
import type { WalCounters } from './wal/wal-counters.ts';
import type { WriteGate } from './write-gate.ts';

/** What the start found in the log. */
export interface DatabaseReplay extends HeadReplayCounts {
  /** Series that came from an image of the head; the log was read from there. */
  readonly imageSeries: number;
  /** Likewise from a snapshot of Prometheus'. */
  readonly snapshotSeries: number;
  /** Images and snapshots that were left aside for damage. */
  readonly damagedBeginnings: number;
  readonly wal: ReplayReport;
  /** Of the log of out-of-order samples; null where there is none. */
  readonly wbl: ReplayReport | null;
  /** Its samples whose series the other log does not name. */
  readonly wblUnknownRefs: number;
  readonly seconds: number;
}

/** Of one of the logs. */
export interface LogStats {
  readonly counters: Readonly<WalCounters>;
  /** The one that is written, or -1 where none was begun. */
  readonly segment: number;
  /** How often older segments were removed, and how often that failed. */
  readonly truncations: number;
  readonly truncationsFailed: number;
  /** What its directory takes on the disk. */
  storedBytes(): number;
}

export interface DatabaseStats {
  /** What the lock of the directory was at the start; null where it takes none. */
  readonly lock: FoundLock | null;
  /** Bytes in memory by which symbols of blocks are found. */
  readonly blockSymbolBytes: number;
  readonly head: HeadStats;
  readonly wal: Readonly<WalCounters>;
  readonly logs: { readonly wal: LogStats; readonly wbl: LogStats };
  /** How often samples were not taken any more, and the transactions that were refused then. */
  readonly stops: WriteGate['counters'];
  readonly replay: DatabaseReplay;
  readonly chunkFiles: ChunkStoreStats;
}
