import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { runInTurns } from '../../std/turns.ts';
import type { TimeRange } from '../../storage/query.ts';
import type { DecodedChunks } from '../chunk/decoded-chunks.ts';
import { matchersToRows } from '../select/matchers-to-rows.ts';
import { readTombstones, type Tombstones } from '../tombstones/tombstones-file.ts';
import { intervalCount } from '../tombstones/write-tombstones.ts';
import { type BlockMeta, readBlockMeta } from './block-meta.ts';
import { BlockQuerier, type ChosenBlockRows } from './block-querier.ts';
import { BlockRowIndex } from './block-row-index.ts';
import { ChunkSegments } from './chunk-segments.ts';
import { IndexReader } from './index-reader.ts';
import type { KeptLabels } from './kept-labels.ts';
import type { KnownBlockRows, KnownRows } from './known-rows.ts';
import type { PageCache } from './paged-file.ts';
import { createChunkMetas } from './series-entries.ts';

/** Pages for all blocks together, apart for indexes and chunks: reading chunks must not push the indexes out. */
export interface BlockCaches {
  readonly index: PageCache;
  readonly chunks: PageCache;
  /** Absent where nobody asks for labels twice. */
  readonly labels?: KeptLabels;
  /** Absent where nobody asks for series twice. */
  readonly rows?: KnownRows;
  /** Absent where nobody asks for samples twice. */
  readonly decoded?: DecodedChunks;
}

/**
 * A published block: it never changes, but for what is deleted of it. Its files stay open until it is closed and the last querier is gone, so a block
 * may be taken away while queries read it.
 */
export class Block {
  readonly directory: string;
  readonly index: IndexReader;
  readonly chunks: ChunkSegments;
  readonly rowIndex: BlockRowIndex;
  #meta: BlockMeta;
  #tombstones: Tombstones;
  readonly #keptLabels: KeptLabels | null;
  readonly #knownRows: KnownRows | null;
  /** Of this block among those that share known rows. */
  readonly #rowsNumber: number;
  /** Of this block among those that share label sets. */
  readonly #number: number;
  #readers = 0;
  #isClosing = false;

  /** Throws `DamagedFile`, and `FileSystemError` where a file can not be read. */
  static open(fileSystem: FileSystem, directory: string, caches: BlockCaches): Block {
    return runInTurns(Block.openInSteps(fileSystem, directory, caches), null);
  }

  /** As `open`, in steps of about a millisecond. One that is not carried through has to be ended with `return()`. */
  static *openInSteps(fileSystem: FileSystem, directory: string, caches: BlockCaches): Generator<undefined, Block> {
    const meta = readBlockMeta(fileSystem, `${directory}/meta.json`);
    yield;
    const tombstones = readTombstones(fileSystem, `${directory}/tombstones`);
    yield;
    const chunks = ChunkSegments.open(fileSystem, `${directory}/chunks`, caches.chunks, caches.decoded);
    let block: Block | null = null;
    try {
      yield;
      const indexVersion = meta.version === 2 ? 2 : null;
      const index = yield* IndexReader.openInSteps(fileSystem, `${directory}/index`, caches.index, indexVersion);
      block = new Block(directory, meta, tombstones, index, chunks, caches);
      return block;
    } finally {
      if (block === null) chunks.closeSync();
    }
  }

  private constructor(
    directory: string,
    meta: BlockMeta,
    tombstones: Tombstones,
    index: IndexReader,
    chunks: ChunkSegments,
    { labels, rows }: BlockCaches,
  ) {
    this.directory = directory;
    this.#meta = meta;
    this.#tombstones = tombstones;
    this.index = index;
    this.chunks = chunks;
    this.rowIndex = new BlockRowIndex(index);
    this.#keptLabels = labels ?? null;
    this.#number = labels === undefined ? 0 : labels.enter();
    this.#knownRows = rows ?? null;
    this.#rowsNumber = rows === undefined ? 0 : rows.enter();
  }

  get meta(): BlockMeta {
    return this.#meta;
  }

  /** What is deleted. A querier keeps to what it met. */
  get tombstones(): Tombstones {
    return this.#tombstones;
  }

  /** The file `tombstones` is another one now, with this content. */
  tombstonesReplaced(tombstones: Tombstones): void {
    this.#tombstones = tombstones;
    this.#meta = { ...this.#meta, stats: { ...this.#meta.stats, tombstones: intervalCount(tombstones) } };
  }

  /**
   * Throws `DamagedFile` where the last chunk of the last series is not there. Writers put chunks into files in the order of
   * the series, so this tells of a block that is still being copied into the directory.
   */
  proveWhole(): void {
    const row = this.rowIndex.lastRow();
    if (row < 0) return;
    const metas = createChunkMetas();
    this.index.series.chunks(row, metas);
    if (metas.count > 0) this.chunks.entry(metas.refs[metas.count - 1]!);
  }

  /** The labels of a series. */
  labels(row: number): Labels {
    const { series } = this.index;
    if (this.#keptLabels === null) return series.labels(row);
    return this.#keptLabels.get(this.#number, row, (missing) => series.labels(missing));
  }

  /**
   * The rows that matchers choose, rising, in an array of their own; `check` as in a select. Throws `RegexSyntaxError`,
   * `DamagedFile`, and what `check` throws.
   */
  rows(matchers: readonly Matcher[], check?: () => void): ChosenBlockRows {
    const known = this.#knownRows?.get(this.#rowsNumber, matchers);
    if (known !== undefined) return { rows: known.rows.slice(), known };
    const rows = matchersToRows(this.rowIndex, matchers, check);
    return { rows, known: this.#knownRows?.put(this.#rowsNumber, matchers, rows) ?? null };
  }

  /** The names or values that `find` gives for matchers, or gave before; `what` tells them apart. */
  texts(what: string, matchers: readonly Matcher[], find: () => readonly string[]): readonly string[] {
    const before = this.#knownRows?.texts(this.#rowsNumber, what, matchers);
    if (before !== undefined) return before;
    const texts = find();
    this.#knownRows?.addTexts(this.#rowsNumber, what, matchers, texts);
    return texts;
  }

  /** The label sets of known rows: the same list each time while it is kept; null where it is not because of long texts. */
  lastingLabels(known: KnownBlockRows): readonly Labels[] | null {
    return this.#knownRows!.labels(known, (row) => this.labels(row));
  }

  /** True where a sample between the two times, both included, may be in the block. */
  overlaps({ minTime, maxTime }: TimeRange): boolean {
    return this.meta.minTime <= maxTime && minTime < this.meta.maxTime;
  }

  /** `tombstones` are the block's own by default. */
  querier(range: TimeRange, tombstones = this.#tombstones): BlockQuerier {
    if (this.#isClosing) throw new Error(`Cannot read block ${this.meta.ulid}: it is closed`);
    this.#readers++;
    return new BlockQuerier(this, range, tombstones, () => {
      this.#readers--;
      this.#closeUnused();
    });
  }

  /** Closes the files as soon as nobody reads them. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#closeUnused();
  }

  #closeUnused(): void {
    if (!this.#isClosing || this.#readers > 0) return;
    this.index.closeSync();
    this.chunks.closeSync();
  }
}
