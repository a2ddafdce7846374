import type { FileSystem } from '../../std/file-system.ts';
import { OUT_OF_ORDER_HINT } from '../block/block-meta.ts';
import { type HeadSlabs, HeadView } from '../head/head-view.ts';
import { LateChunkSource, type LateChunks } from './late-chunk-source.ts';
import { type WrittenBlock, writeBlock } from './write-block.ts';

/** A block of the out-of-order samples in the range of `late`. */
export interface LateBlock {
  /** The head's memory as it was when the samples were frozen, under a pin that is held until the block is written. */
  readonly slabs: HeadSlabs;
  readonly late: LateChunks;
  /** The data directory. */
  readonly directory: string;
  /** Where the chunks are that are not in memory. */
  readonly chunksHead: string;
  /** Of the block that is made. */
  readonly ulid: string;
  /** As `WriteBlockOptions.progress`. */
  readonly progress?: (series: number) => void;
  /** As `WriteBlockOptions.segmentBytesMax`. */
  readonly segmentBytesMax?: number | undefined;
}

/** As `writeBlock`. */
export function writeLateBlock(fileSystem: FileSystem, task: LateBlock): WrittenBlock | null {
  const { chunksHead, directory, late, progress, segmentBytesMax, slabs, ulid } = task;
  const { maxTime, minTime } = late;
  const view = new HeadView({ fileSystem, directory: chunksHead });
  view.attach(slabs);
  const sources = [new LateChunkSource(view, late)];
  const options = { directory, ulid, sources, minTime, maxTime, level: 1, hints: [OUT_OF_ORDER_HINT] };
  try {
    return writeBlock(fileSystem, { ...options, segmentBytesMax, ...(progress && { progress }) });
  } finally {
    view.close();
  }
}
