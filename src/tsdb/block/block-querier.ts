import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { compareUtf8 } from '../../model/utf8.ts';
import { clearColumn, mergeIntoColumn, trimColumn } from '../../storage/merge-columns.ts';
import {
  CHUNKS_PER_WORD,
  createSampleColumn,
  type EncodedChunk,
  noteChunksRead,
  type Querier,
  type SampleColumn,
  type SelectRequest,
  type SeriesSet,
  type TimeRange,
} from '../../storage/query.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import type { SourceChunk } from '../chunk/chunk-source.ts';
import { clipChunks } from '../chunk/clip-chunks.ts';
import { hasNoTypes } from '../select/has-no-types.ts';
import { matchersToRows } from '../select/matchers-to-rows.ts';
import { coversRange, coversWithin, dropIntervals, NO_INTERVALS } from '../tombstones/intervals.ts';
import type { Tombstones } from '../tombstones/tombstones-file.ts';
import type { BlockRowIndex } from './block-row-index.ts';
import type { ChunkSegments } from './chunk-segments.ts';
import type { IndexReader } from './index-reader.ts';
import type { KnownBlockRows } from './known-rows.ts';
import { createChunkMetas } from './series-entries.ts';

/** Rows looked at between two checks: about a millisecond. */
const ROWS_PER_CHECK = 1024;
/** Looking at a row's labels costs about as much as comparing one label value's list with the rows. */
const ROWS_PER_VALUE = 4;

/** What matchers choose: rows of the caller's own, and what the block keeps of them, where it does. */
export interface ChosenBlockRows {
  readonly rows: Uint32Array;
  readonly known: KnownBlockRows | null;
}

/** What a querier asks of its block. */
export interface QueriedBlock {
  readonly index: IndexReader;
  readonly chunks: ChunkSegments;
  readonly rowIndex: BlockRowIndex;
  readonly tombstones: Tombstones;
  labels(row: number): Labels;
  rows(matchers: readonly Matcher[], check?: () => void): ChosenBlockRows;
  lastingLabels(known: KnownBlockRows): readonly Labels[];
  overlaps(range: TimeRange): boolean;
}

/**
 * One reader of a block. Files are read in place, by blocking reads that the page cache mostly answers. Damage that a
 * query meets throws `DamagedFile`.
 */
export class BlockQuerier implements Querier {
  readonly #block: QueriedBlock;
  readonly #range: TimeRange;
  readonly #tombstones: Tombstones;
  #release: (() => void) | null;

  constructor(block: QueriedBlock, range: TimeRange, tombstones: Tombstones, release: () => void) {
    this.#block = block;
    this.#range = range;
    this.#tombstones = tombstones;
    this.#release = release;
  }

  /** Rows come in label order, asked for or not. Throws `RegexSyntaxError`. */
  select({ check, matchers, range, limit }: SelectRequest): SeriesSet {
    this.#assertOpen();
    const wanted: TimeRange = {
      minTime: Math.max(range.minTime, this.#range.minTime),
      maxTime: Math.min(range.maxTime, this.#range.maxTime),
    };
    const { rows, known } = this.#block.rows(matchers, check);
    let kept = 0;
    for (let i = 0; i < rows.length; i++) {
      if (limit > 0 && kept === limit) break;
      if (i % ROWS_PER_CHECK === 0) check?.();
      if (this.#hasSamples(rows[i]!, wanted)) rows[kept++] = rows[i]!;
    }
    const whole = kept === rows.length ? known : null;
    return new BlockSeriesSet(this.#block, this.#tombstones, rows.subarray(0, kept), wanted, whole);
  }

  labelNames(matchers: readonly Matcher[], limit: number): string[] {
    this.#assertOpen();
    if (!this.#block.overlaps(this.#range)) return [];
    const { index, rowIndex } = this.#block;
    let names: string[];
    if (matchers.length === 0) {
      names = index.table.names();
    } else {
      const found = new Set<number>();
      for (const row of matchersToRows(rowIndex, matchers)) index.series.visitLabels(row, (name) => found.add(name));
      names = Array.from(found, (symbol) => index.symbols.text(symbol)).sort(compareUtf8);
    }
    return limit > 0 ? names.slice(0, limit) : names;
  }

  labelValues(name: string, matchers: readonly Matcher[], limit: number): string[] {
    this.#assertOpen();
    if (name === '' || !this.#block.overlaps(this.#range)) return [];
    const { table } = this.#block.index;
    if (matchers.length > 0) {
      const rows = matchersToRows(this.#block.rowIndex, matchers);
      // Where more than the values is chosen by, the first series' ones are kept, like the reference does.
      const isByRow = matchers.some((matcher) => matcher.name !== name);
      const values = this.#valuesOfRows(name, rows, isByRow ? 0 : limit);
      if (!isByRow || limit === 0 || values.length <= limit) return values;
      return this.#valuesOfFirst(name, rows, limit);
    }
    const values: string[] = [];
    table.visitValues(name, (value) => values.push(value) !== limit);
    return values;
  }

  close(): void {
    this.#release?.();
    this.#release = null;
  }

  /** The first values that are met when rows are gone through, sorted. */
  #valuesOfFirst(name: string, rows: Uint32Array, limit: number): string[] {
    const { index, rowIndex } = this.#block;
    const symbol = rowIndex.nameSymbol(name);
    const found = new Set<number>();
    for (let i = 0; i < rows.length && found.size < limit; i++) {
      const value = symbol < 0 ? -1 : index.series.valueOf(rows[i]!, symbol);
      if (value >= 0) found.add(value);
    }
    return Array.from(found, (id) => index.symbols.text(id)).sort(compareUtf8);
  }

  #valuesOfRows(name: string, rows: Uint32Array, limit: number): string[] {
    const { index, rowIndex } = this.#block;
    const values: string[] = [];
    if (rows.length < ROWS_PER_VALUE * index.table.valueCount(name)) {
      const symbol = rowIndex.nameSymbol(name);
      const found = new Set<number>();
      for (const row of rows) found.add(symbol < 0 ? -1 : index.series.valueOf(row, symbol));
      found.delete(-1);
      for (const id of found) values.push(index.symbols.text(id));
      values.sort(compareUtf8);
      return limit > 0 ? values.slice(0, limit) : values;
    }
    const wanted = new Uint32Array((rowIndex.rowLimit + 31) >>> 5);
    for (const row of rows) wanted[row >>> 5]! |= 1 << (row & 31);
    let scratch: Uint32Array = new Uint32Array(0);
    index.table.visitValues(name, (value, offset) => {
      const list = index.postings(offset, scratch);
      if (list.buffer !== scratch.buffer) scratch = new Uint32Array(list.buffer);
      if (!list.some((row) => ((wanted[row >>> 5]! >>> (row & 31)) & 1) === 1)) return true;
      return values.push(value) !== limit;
    });
    return values;
  }

  /** True where a chunk of the row overlaps the range and is not deleted there. */
  #hasSamples(row: number, range: TimeRange): boolean {
    this.#block.index.series.chunks(row, metas);
    const intervals = this.#tombstones.get(row) ?? NO_INTERVALS;
    for (let i = 0; i < metas.count; i++) {
      if (!coversWithin(intervals, metas.minTimes[i]!, metas.maxTimes[i]!, range)) return true;
    }
    return false;
  }

  #assertOpen(): void {
    if (this.#release === null) throw new Error('Cannot use a querier after it was closed');
  }
}

/** Reads are synchronous and use one list of chunks after the other. */
const metas = createChunkMetas();

/** For what is left of chunks that are cut. */
const restEncoder = new ChunkEncoder(Number.POSITIVE_INFINITY);

/** Chunks from the `from`th on that begin by `maxTime`. */
function chunksUpTo(maxTime: number, from: number): number {
  let count = 0;
  for (let i = from; i < metas.count; i++) if (metas.minTimes[i]! <= maxTime) count++;
  return count;
}

class BlockSeriesSet implements SeriesSet {
  readonly warnings: readonly string[] = [];
  readonly #block: QueriedBlock;
  readonly #tombstones: Tombstones;
  readonly #rows: Uint32Array;
  readonly #range: TimeRange;
  readonly #known: KnownBlockRows | null;
  #chunk: SampleColumn | null = null;
  #spare: SampleColumn | null = null;

  /** `known`: what the block keeps of these rows, of which none is missing. */
  constructor(
    block: QueriedBlock,
    tombstones: Tombstones,
    rows: Uint32Array,
    range: TimeRange,
    known: KnownBlockRows | null,
  ) {
    this.#known = known;
    this.#block = block;
    this.#tombstones = tombstones;
    this.#rows = rows;
    this.#range = range;
  }

  get length(): number {
    return this.#rows.length;
  }

  labels(row: number): Labels {
    return this.#block.labels(this.#rows[row]!);
  }

  get hasNoTypes(): boolean {
    return hasNoTypes(this.#block.rowIndex);
  }

  get lastingLabels(): readonly Labels[] | null {
    return this.#known === null ? null : this.#block.lastingLabels(this.#known);
  }

  read(row: number, into: SampleColumn): void {
    const { chunks, index } = this.#block;
    const { minTime, maxTime } = this.#range;
    const number = this.#rows[row]!;
    const intervals = this.#tombstones.get(number) ?? NO_INTERVALS;
    clearColumn(into);
    index.series.chunks(number, metas, into.costs);
    let newest = Number.NEGATIVE_INFINITY;
    let done = 0;
    for (let i = 0; i < metas.count; i++) {
      const first = metas.minTimes[i]!;
      const last = metas.maxTimes[i]!;
      if (first > maxTime || last < minTime || coversRange(intervals, first, last)) continue;
      if (first > newest) chunks.read(metas.refs[i]!, into);
      else this.#mergeOverlapping(metas.refs[i]!, into);
      newest = Math.max(newest, last);
      // Now, while it moves little.
      if (++done === 1) trimColumn(into, minTime, maxTime);
      if (done % CHUNKS_PER_WORD === 0) noteChunksRead(into, 0, done, () => done + chunksUpTo(maxTime, i + 1));
    }
    trimColumn(into, minTime, maxTime);
    dropIntervals(into, intervals);
  }

  append(row: number, into: SampleColumn): boolean {
    const { chunks, index } = this.#block;
    const { minTime, maxTime } = this.#range;
    const number = this.#rows[row]!;
    if (this.#tombstones.get(number) !== undefined) return false;
    const from = into.length;
    index.series.chunks(number, metas, into.costs);
    let newest = Number.NEGATIVE_INFINITY;
    let done = 0;
    for (let i = 0; i < metas.count; i++) {
      const first = metas.minTimes[i]!;
      const last = metas.maxTimes[i]!;
      if (first > maxTime || last < minTime) continue;
      if (first <= newest) return false;
      chunks.read(metas.refs[i]!, into);
      newest = last;
      if (++done === 1) trimColumn(into, minTime, maxTime, from);
      if (done % CHUNKS_PER_WORD === 0) noteChunksRead(into, from, done, () => done + chunksUpTo(maxTime, i + 1));
    }
    trimColumn(into, minTime, maxTime, from);
    return true;
  }

  /** Chunks of other writers that overlap stay as they are. */
  readChunks(row: number, into: EncodedChunk[]): void {
    const { chunks, index } = this.#block;
    const { minTime, maxTime } = this.#range;
    const number = this.#rows[row]!;
    const intervals = this.#tombstones.get(number) ?? NO_INTERVALS;
    const found: SourceChunk[] = [];
    index.series.chunks(number, metas);
    for (let i = 0; i < metas.count; i++) {
      const first = metas.minTimes[i]!;
      const last = metas.maxTimes[i]!;
      if (first > maxTime || last < minTime || coversRange(intervals, first, last)) continue;
      found.push(chunks.chunk(metas.refs[i]!, first, last));
    }
    clipChunks(found, intervals, minTime, maxTime, restEncoder, into);
  }

  /** Blocks of other writers may have chunks that overlap. */
  #mergeOverlapping(ref: number, into: SampleColumn): void {
    this.#chunk ??= createSampleColumn(0);
    this.#spare ??= createSampleColumn(0);
    clearColumn(this.#chunk);
    this.#block.chunks.read(ref, this.#chunk);
    mergeIntoColumn(into, this.#chunk, this.#spare);
  }
}
