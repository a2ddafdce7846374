import type { FileSystem } from '../../std/file-system.ts';
import { writeCheckpoint } from '../wal/checkpoint.ts';
import type { WalCompression } from '../wal/compression.ts';
import { RefSet, type RefSetData } from '../wal/ref-set.ts';
import type { SegmentParts } from '../wal/segment-parts.ts';
import { type CompactBlocks, compactBlocks, rewriteBlock } from './compact-blocks.ts';
import { type HeadBlock, writeHeadBlock } from './head-block.ts';
import { type LateBlock, writeLateBlock } from './late-block.ts';
import type { WrittenBlock } from './write-block.ts';

/**
 * What the maintenance thread can do, as data that can be sent to it. Each task makes one block, or none where no sample
 * is left; a checkpoint makes none.
 */
export type MaintenanceTask =
  /** One block of several, or of one without what is deleted of it, as the planner wants it. */
  | ({ readonly kind: 'compact-blocks' } & Omit<CompactBlocks, 'progress'>)
  /** One block without what is deleted of it, as a user wants it. */
  | ({ readonly kind: 'rewrite-block' } & Omit<CompactBlocks, 'progress'>)
  /** A block of samples that came out of order. */
  | ({ readonly kind: 'write-late-block' } & Omit<LateBlock, 'progress'>)
  /** A block of a range of the head. */
  | ({ readonly kind: 'write-head-block' } & Omit<HeadBlock, 'progress'>)
  | CheckpointTask;

/** As `CheckpointOptions`. */
export interface CheckpointTask {
  readonly kind: 'checkpoint';
  readonly directory: string;
  readonly segment: number;
  readonly minTime: number;
  readonly refs: RefSetData;
  readonly parts: readonly SegmentParts[];
  readonly compression: WalCompression;
  readonly segmentSize: number;
  readonly damagedDirectory: string;
}

/** Runs a task on this thread; `progress` is called now and then, and what it throws ends the task. */
export function runTask(
  fileSystem: FileSystem,
  task: MaintenanceTask,
  progress: (series: number) => void,
): WrittenBlock | null {
  switch (task.kind) {
    case 'compact-blocks':
      return compactBlocks(fileSystem, { ...task, progress });
    case 'rewrite-block':
      return rewriteBlock(fileSystem, { ...task, progress });
    case 'write-late-block':
      return writeLateBlock(fileSystem, { ...task, progress });
    case 'write-head-block':
      return writeHeadBlock(fileSystem, { ...task, progress });
    case 'checkpoint': {
      const { minTime, refs, ...options } = task;
      const rules = { minTime, refs: new RefSet(refs) };
      writeCheckpoint({ ...options, fileSystem, rules, progress: () => progress(0) });
      return null;
    }
  }
}
