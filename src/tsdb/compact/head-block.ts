import type { FileSystem } from '../../std/file-system.ts';
import { PAGES_FOR_ALL } from '../chunks-head/head-chunk-reader.ts';
import { HeadChunkSource } from '../head/head-chunk-source.ts';
import type { HeadChunks } from '../head/head-chunks.ts';
import { type HeadSlabs, HeadView } from '../head/head-view.ts';
import { type WrittenBlock, writeBlock } from './write-block.ts';

/** A block of what the head has in a range. */
export interface HeadBlock {
  /** The head's memory as it was when `chunks` was made, under a pin that is held until the block is written. */
  readonly slabs: HeadSlabs;
  readonly chunks: HeadChunks;
  /** The data directory, and the one of chunks that left memory. */
  readonly directory: string;
  readonly chunksHead: string;
  /** Of the block that is made. */
  readonly ulid: string;
  /** ms; the end is exclusive. */
  readonly minTime: number;
  readonly maxTime: number;
  /** `from-stale-series` and the like. */
  readonly hints: readonly string[];
  /** As `WriteBlockOptions.progress`. */
  readonly progress?: (series: number) => void;
  /** As `WriteBlockOptions.segmentBytesMax`. */
  readonly segmentBytesMax?: number | undefined;
}

/** As `writeBlock`. */
export function writeHeadBlock(fileSystem: FileSystem, task: HeadBlock): WrittenBlock | null {
  const { chunks, directory, hints, maxTime, minTime, progress, segmentBytesMax, slabs, ulid } = task;
  const view = new HeadView({ fileSystem, directory: task.chunksHead }, PAGES_FOR_ALL);
  try {
    view.attach(slabs);
    const sources = [new HeadChunkSource(view, chunks)];
    const options = { directory, ulid, sources, minTime, maxTime, level: 1, hints };
    return writeBlock(fileSystem, { ...options, segmentBytesMax, ...(progress && { progress }) });
  } finally {
    view.close();
  }
}
