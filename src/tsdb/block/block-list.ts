import type { FileSystem } from '../../std/file-system.ts';
import { runInTurns, type Turns } from '../../std/turns.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { Log } from '../../telemetry/log.ts';
import { hasNoTypes } from '../select/has-no-types.ts';
import type { Tombstones } from '../tombstones/tombstones-file.ts';
import { Block, type BlockCaches } from './block.ts';
import { type BlockMeta, certainEnd, hasFloatsOnly, hasWholeRange, isUlid } from './block-meta.ts';
import type { BlockQuerier } from './block-querier.ts';
import { KeptLabels } from './kept-labels.ts';
import { KnownRows } from './known-rows.ts';
import { PageCache } from './paged-file.ts';
import { ResidentBlocks, ResidentPages } from './resident-blocks.ts';

/** What all block indexes together keep of their files in memory, and what all chunk segments do, bytes. */
const INDEX_CACHE_BYTES = 16 * 1024 * 1024;
const CHUNK_CACHE_BYTES = 8 * 1024 * 1024;

const NOTHING_DELETED: Tombstones = new Map();

/** How the range of a block to come is known from the other blocks. */
export interface KnownRange {
  /** Up to where others have all samples that came in order for certain, ms. */
  readonly certainTime: number;
  /** Width of the blocks that are cut from the head, ms. */
  readonly chunkRangeMs: number;
}

export interface BlockListOptions {
  readonly fileSystem: FileSystem;
  /** The data directory. */
  readonly directory: string;
  readonly log: Log;
}

/** A block that can not be opened; it takes no part in queries. */
export interface DamagedBlock {
  readonly directory: string;
  readonly reason: string;
}

function isWhole(block: Block): boolean {
  try {
    block.proveWhole();
    return true;
  } catch {
    return false;
  }
}

/** The blocks of a data directory, oldest first. */
export class BlockList {
  readonly #options: BlockListOptions;
  readonly #caches: BlockCaches = {
    index: new PageCache(INDEX_CACHE_BYTES),
    chunks: new PageCache(CHUNK_CACHE_BYTES),
    labels: new KeptLabels(),
    rows: new KnownRows(),
  };
  readonly #residentPages = new ResidentPages([this.#caches.index, this.#caches.chunks]);
  #blocks: readonly Block[] = [];
  #damaged: readonly DamagedBlock[] = [];
  #obsolete: readonly string[] = [];
  /** Of blocks that are still there and that nothing is left of. */
  #deletable: readonly BlockMeta[] = [];
  /** Blocks that were opened for the next `reload`, by directory. */
  readonly #ahead = new Map<string, Block>();
  #isClosed = false;
  /** The directory was looked at before: blocks that appear from now on may still be on their way into it. */
  #isFirstLookOver = false;

  /** Opens every block; one that can not be opened is logged and kept apart. Throws `FileSystemError`. */
  constructor(options: BlockListOptions) {
    this.#options = options;
    this.reload();
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  get damaged(): readonly DamagedBlock[] {
    return this.#damaged;
  }

  /** True where no block has histograms of the range. */
  hasFloatsOnly(range: TimeRange): boolean {
    return this.#blocks.every((block) => hasFloatsOnly(block.meta) || !block.overlaps(range));
  }

  /** True where no series of a block that may have samples of the range has a type or unit. */
  hasNoTypes(range: TimeRange): boolean {
    return this.#blocks.every((block) => hasNoTypes(block.rowIndex) || !block.overlaps(range));
  }

  /** ULIDs of blocks that are replaced or empty: they can be removed from the directory. */
  get obsolete(): readonly string[] {
    return this.#obsolete;
  }

  /**
   * Up to where (ms, exclusive) blocks hold all samples that came in order: blocks of late samples or of some series
   * alone say nothing of the others, those of which everything is deleted do as long as they are there. -Infinity where
   * there is no such block.
   */
  get coveredTime(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.#covering.map(({ maxTime }) => maxTime));
  }

  /** Blocks that perhaps only seem to reach further than `certainTime`. */
  doubtful(chunkRangeMs: number): BlockMeta[] {
    const certain = this.certainTime(chunkRangeMs);
    return this.#covering.filter((meta) => meta.maxTime > certain);
  }

  /** As `coveredTime`, as far as that is certain where blocks of `chunkRangeMs` are cut from the head (`certainEnd`). */
  certainTime(chunkRangeMs: number): number {
    return this.knownRange(chunkRangeMs, []).certainTime;
  }

  /** The same of all blocks but those of these ULIDs, which another is about to replace. */
  knownRange(chunkRangeMs: number, replaced: readonly string[]): KnownRange {
    const others = this.#covering.filter(({ ulid }) => !replaced.includes(ulid));
    return {
      chunkRangeMs,
      certainTime: Math.max(Number.NEGATIVE_INFINITY, ...others.map((meta) => certainEnd(meta, chunkRangeMs))),
    };
  }

  get #covering(): BlockMeta[] {
    return [...this.#blocks.map(({ meta }) => meta), ...this.#deletable].filter(hasWholeRange);
  }

  /** As `coveredTime`, without blocks that can be removed. */
  get lastingCoveredTime(): number {
    const covering = this.#blocks.filter(({ meta }) => hasWholeRange(meta));
    return covering.reduce((newest, { meta }) => Math.max(newest, meta.maxTime), Number.NEGATIVE_INFINITY);
  }

  /** What stays in memory: samples of tables, and the pages at hand. */
  get residentBytes(): number {
    const tables = this.#blocks.reduce((sum, { index }) => sum + index.residentBytes, 0);
    return tables + this.#caches.index.bytes + this.#caches.chunks.bytes;
  }

  /** What of that is for finding symbols. */
  get symbolBytes(): number {
    return this.#blocks.reduce((sum, { index }) => sum + index.symbols.residentBytes, 0);
  }

  /**
   * Opens the blocks that appeared in the directory without taking them in, with turns for the event loop between: the
   * next `reload` then has little to do. Rejects with a `FileSystemError`; what is damaged `reload` will tell of.
   */
  async openAhead(turns: Turns): Promise<void> {
    const { directory, fileSystem } = this.#options;
    const known = new Set(this.#blocks.map((block) => block.directory));
    for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
      const path = `${directory}/${name}`;
      if (kind !== 'directory' || !isUlid(name) || known.has(path) || this.#ahead.has(path)) continue;
      try {
        const block = await runInTurns(Block.openInSteps(fileSystem, path, this.#caches), turns);
        await turns.pause();
        const isUsable = !this.#isClosed && isWhole(block);
        await turns.pause();
        if (isUsable && !this.#isClosed) this.#ahead.set(path, block);
        else block.close();
      } catch {
        // Opening it again fails again.
      }
    }
  }

  /**
   * Looks at the directory again: takes in blocks that appeared, lets go of those that are gone or replaced. One whose files
   * are not all there counts as damaged until a later look finds them.
   */
  reload(): void {
    const { directory, fileSystem, log } = this.#options;
    const known = new Map(this.#blocks.map((block) => [block.directory, block]));
    const opened: Block[] = [];
    const damaged: DamagedBlock[] = [];
    for (const { kind, name } of fileSystem.readDirectorySync(directory)) {
      if (kind !== 'directory' || !isUlid(name)) continue;
      const path = `${directory}/${name}`;
      const present = known.get(path);
      if (present !== undefined) {
        known.delete(path);
        opened.push(present);
        continue;
      }
      try {
        opened.push(this.#ahead.get(path) ?? this.#open(path));
        this.#ahead.delete(path);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!this.#damaged.some((block) => block.directory === path)) {
          log.error('A block can not be read and takes no part in queries', { block: path, err: reason });
        }
        damaged.push({ directory: path, reason });
      }
    }
    for (const block of known.values()) block.close();
    this.#closeAhead();
    const replaced = new Set(opened.flatMap(({ meta }) => meta.parents.map(({ ulid }) => ulid)));
    const isUsed = ({ meta }: Block): boolean => !meta.deletable && !replaced.has(meta.ulid);
    for (const block of opened) if (!isUsed(block)) block.close();
    this.#blocks = opened.filter(isUsed).sort((a, b) => a.meta.minTime - b.meta.minTime);
    this.#deletable = opened.map(({ meta }) => meta).filter(({ deletable, ulid }) => deletable && !replaced.has(ulid));
    // A damaged block that was replaced can go, too.
    const lost = damaged.flatMap(({ directory: path }) => path.slice(path.lastIndexOf('/') + 1));
    this.#obsolete = [
      ...opened.filter((block) => !isUsed(block)).map(({ meta }) => meta.ulid),
      ...lost.filter((ulid) => replaced.has(ulid)),
    ];
    this.#damaged = damaged;
    this.#isFirstLookOver = true;
  }

  /** Throws as `Block.open`, and where a block that appeared is not whole yet. */
  #open(path: string): Block {
    const block = Block.open(this.#options.fileSystem, path, this.#caches);
    if (!this.#isFirstLookOver) return block;
    try {
      block.proveWhole();
      return block;
    } catch (error) {
      block.close();
      throw error;
    }
  }

  /** Lets go of blocks that are about to be removed; queriers that are open keep them. */
  drop(ulids: ReadonlySet<string>): void {
    for (const block of this.#blocks) if (ulids.has(block.meta.ulid)) block.close();
    this.#blocks = this.#blocks.filter(({ meta }) => !ulids.has(meta.ulid));
  }

  /** A querier for each block that has samples of the range, oldest first; `deleted` shows what is deleted and still in the files. */
  queriers(range: TimeRange, { deleted = false } = {}): BlockQuerier[] {
    const tombstones = deleted ? NOTHING_DELETED : undefined;
    return this.#blocks.filter((block) => block.overlaps(range)).map((block) => block.querier(range, tombstones));
  }

  /** The same blocks for a reader that must not wait for files. */
  residentBlocks(range: TimeRange): ResidentBlocks {
    return new ResidentBlocks(() => this.queriers(range), this.#residentPages);
  }

  close(): void {
    this.#isClosed = true;
    for (const block of this.#blocks) block.close();
    this.#blocks = [];
    this.#closeAhead();
  }

  #closeAhead(): void {
    for (const block of this.#ahead.values()) block.close();
    this.#ahead.clear();
  }
}
