import type { UnitRange } from '../../memory/extents.ts';
import type { ChunkBatch } from '../wal/visitor.ts';
import type { TakenChunks } from './append-kernel.ts';
import type { HeadMemory } from './head-memory.ts';
import type { OpenChunks } from './open-chunks.ts';

/**
 * Makes chunks of a log open ones, many at once, by the kernel: at the end of a log there is one for each series, in the order of
 * their rows, and whoever waits for the start waits for them. The head is then as if `OpenChunks.adopt` had taken each by itself.
 */
export class ChunkRuns {
  readonly #memory: HeadMemory;
  readonly #openChunks: OpenChunks;
  readonly #free: UnitRange = { from: 0, to: 0 };

  constructor(memory: HeadMemory, openChunks: OpenChunks) {
    this.#memory = memory;
    this.#openChunks = openChunks;
  }

  /** Brings a batch to where `take` takes it from, in place of the one before; returns its address there, 0 where nothing can be taken. */
  bring(batch: ChunkBatch): number {
    const { hasUsualTarget, isPlain, kernel } = this.#openChunks;
    return hasUsualTarget && isPlain ? kernel.bring(batch) : 0;
  }

  /**
   * Takes the chunks from address `at` to `end`, of which the first is the row's and each that follows the next row's: until one is full, or
   * there is anything else about it. None may be before `minTime`, and no samples of any row may wait.
   */
  take(row: number, at: number, end: number, minTime: number): TakenChunks {
    const { extents, series } = this.#memory;
    const free = this.#free;
    extents.fresh(free);
    // The record of a row that was removed still has its ref.
    const rowsEnd = series.liveCount === series.rowCount ? series.rowCount : row + 1;
    const taken = this.#openChunks.kernel.takeChunks(at, end, row, rowsEnd, free, minTime);
    extents.takeFresh(free.from);
    this.#openChunks.countRestored(taken.chunks);
    return taken;
  }
}
