import type { FileSystem } from '../../std/file-system.ts';
import type { TimeRange } from '../../storage/query.ts';
import { Block, type BlockCaches } from '../block/block.ts';
import type { BlockQuerier } from '../block/block-querier.ts';
import { KeptLabels } from '../block/kept-labels.ts';
import { KnownRows } from '../block/known-rows.ts';
import { PageCache } from '../block/paged-file.ts';
import type { DecodedChunks } from '../chunk/decoded-chunks.ts';
import { readTombstones } from '../tombstones/tombstones-file.ts';
import type { ThreadBlock } from './thread-answer.ts';

/** What one thread keeps of all block indexes, and of all chunk segments, in memory, bytes. */
const INDEX_CACHE_BYTES = 8 * 1024 * 1024;
const CHUNK_CACHE_BYTES = 8 * 1024 * 1024;

/** A block is gone of which the main thread said that it was there: it has been replaced since, and should be asked again. */
export class BlockGone extends Error {
  override readonly name = 'BlockGone';
}

interface OpenBlock {
  readonly block: Block;
  tombstonesVersion: number;
}

/** The blocks that a thread reads by itself. Each is opened when it is first needed. */
export class ThreadBlocks {
  readonly #fileSystem: FileSystem;
  readonly #caches: BlockCaches;
  #blocks: readonly ThreadBlock[] = [];
  readonly #open = new Map<string, OpenBlock>();

  constructor(fileSystem: FileSystem, decoded: DecodedChunks) {
    this.#fileSystem = fileSystem;
    this.#caches = {
      index: new PageCache(INDEX_CACHE_BYTES),
      chunks: new PageCache(CHUNK_CACHE_BYTES),
      labels: new KeptLabels(),
      rows: new KnownRows(),
      decoded,
    };
  }

  /** From now on there are these. Queriers of others go on. */
  set(blocks: readonly ThreadBlock[]): void {
    this.#blocks = blocks;
    const present = new Set(blocks.map(({ directory }) => directory));
    for (const [directory, { block }] of this.#open) {
      if (present.has(directory)) continue;
      block.close();
      this.#open.delete(directory);
    }
  }

  /**
   * A querier for each block that has samples of the range, oldest first. Throws `BlockGone`, and what `Block.open`
   * throws.
   */
  queriers(range: TimeRange): BlockQuerier[] {
    return this.#blocks
      .filter(({ minTime, maxTime }) => minTime <= range.maxTime && range.minTime < maxTime)
      .map((block) => this.#block(block).querier(range));
  }

  #block({ directory, tombstonesVersion }: ThreadBlock): Block {
    const known = this.#open.get(directory);
    try {
      if (known === undefined) {
        const block = Block.open(this.#fileSystem, directory, this.#caches);
        this.#open.set(directory, { block, tombstonesVersion });
        return block;
      }
      if (known.tombstonesVersion !== tombstonesVersion) {
        known.block.tombstonesReplaced(readTombstones(this.#fileSystem, `${directory}/tombstones`));
        known.tombstonesVersion = tombstonesVersion;
      }
      return known.block;
    } catch (error) {
      if (this.#fileSystem.statSync(directory) !== null) throw error;
      throw new BlockGone(`Cannot read block ${directory}: it is gone`, { cause: error });
    }
  }
}
