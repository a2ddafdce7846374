import type { ChunkDistributions } from '../compact/chunk-distribution.ts';

/** What maintenance did since the start, under the names of its metrics. */
export interface MaintenanceCounts {
  compactionsTriggered: number;
  /** While `exclusive` work of others, or a stop, kept it from running. */
  compactionsSkipped: number;
  compactionsFailed: number;
  /** Blocks written, from the head or from other blocks, and those of overlapping blocks among them. */
  compactions: number;
  verticalCompactions: number;
  /** True while a block is being written. */
  isWritingBlock: boolean;
  reloads: number;
  reloadsFailed: number;
  timeRetentions: number;
  sizeRetentions: number;
  headTruncations: number;
  headTruncationsFailed: number;
  checkpoints: number;
  checkpointsFailed: number;
  checkpointDeletions: number;
  checkpointDeletionsFailed: number;
  staleCompactions: number;
  staleCompactionsFailed: number;
}

export function createMaintenanceCounts(): MaintenanceCounts {
  return {
    compactionsTriggered: 0,
    compactionsSkipped: 0,
    compactionsFailed: 0,
    compactions: 0,
    verticalCompactions: 0,
    isWritingBlock: false,
    reloads: 0,
    reloadsFailed: 0,
    timeRetentions: 0,
    sizeRetentions: 0,
    headTruncations: 0,
    headTruncationsFailed: 0,
    checkpoints: 0,
    checkpointsFailed: 0,
    checkpointDeletions: 0,
    checkpointDeletionsFailed: 0,
    staleCompactions: 0,
    staleCompactionsFailed: 0,
  };
}

/** Takes how long steps took, in seconds. */
export interface MaintenanceObserver {
  /** A block from the head or from blocks. */
  compaction(seconds: number): void;
  /** What a block of level 1 consists of. */
  firstChunks(chunks: ChunkDistributions): void;
  staleCompaction(seconds: number): void;
  headGc(seconds: number): void;
  walTruncation(seconds: number): void;
  /** Of all blocks together. */
  tombstoneCleanup(seconds: number): void;
}

export const noObserver: MaintenanceObserver = {
  compaction() {},
  firstChunks() {},
  staleCompaction() {},
  headGc() {},
  walTruncation() {},
  tombstoneCleanup() {},
};
