import { TextColumn } from '../../memory/text-column.ts';
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
import { coversRange, coversWithin, dropIntervals, NO_INTERVALS } from '../tombstones/intervals.ts';
import type { Tombstones } from '../tombstones/tombstones-file.ts';
import type { BlockRowIndex } from './block-row-index.ts';
import type { ChunkSegments } from './chunk-segments.ts';
import type { IndexReader } from './index-reader.ts';
import type { IndexSymbols } from './index-symbols.ts';
import type { KnownBlockRows } from './known-rows.ts';
import { type ChunkMetas, createChunkMetas } from './series-entries.ts';

/** Rows looked at between two checks: about a millisecond. */
const ROWS_PER_CHECK = 1024;
/** Lists of a value's rows looked at between two checks. */
const LISTS_PER_CHECK = 64;
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
  lastingLabels(known: KnownBlockRows): readonly Labels[] | null;
  texts(what: string, matchers: readonly Matcher[], find: () => readonly string[]): readonly string[];
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
  select({ check, matchers, range, limit }: SelectRequest): BlockSeriesSet {
    this.#assertOpen();
    const wanted: TimeRange = {
      minTime: Math.max(range.minTime, this.#range.minTime),
      maxTime: Math.min(range.maxTime, this.#range.maxTime),
    };
    const { rows, known } = this.#block.rows(matchers, check);
    const kept = this.#allHaveSamples(known, wanted)
      ? atMost(rows.length, limit)
      : this.#keep(rows, known, wanted, limit, check);
    const whole = kept === rows.length ? known : null;
    return new BlockSeriesSet(this.#block, this.#tombstones, rows.subarray(0, kept), wanted, whole);
  }

  /** As a `Querier`; `check` as in a select. */
  labelNames(matchers: readonly Matcher[], limit: number, check?: () => void): readonly string[] {
    this.#assertOpen();
    if (!this.#block.overlaps(this.#range)) return [];
    const { index } = this.#block;
    const names =
      matchers.length === 0
        ? index.table.names()
        : this.#block.texts('names', matchers, () => this.#namesOf(matchers, check));
    return limit > 0 && names.length > limit ? names.slice(0, limit) : names;
  }

  /** As a `Querier`; `check` as in a select. */
  labelValues(name: string, matchers: readonly Matcher[], limit: number, check?: () => void): readonly string[] {
    this.#assertOpen();
    if (name === '' || !this.#block.overlaps(this.#range)) return [];
    const find = () =>
      matchers.length === 0 ? this.#allValues(name, limit, check) : this.#valuesOf(name, matchers, limit, check);
    return this.#block.texts(`values ${limit} ${name}`, matchers, find);
  }

  /** As `labelNames`, or with a name `labelValues`, in a column, in steps, of which the first may be long. */
  *textColumn(
    name: string | null,
    matchers: readonly Matcher[],
    limit: number,
    check: () => void,
  ): Generator<undefined, TextColumn> {
    this.#assertOpen();
    const column = new TextColumn();
    if (name !== null && name !== '' && matchers.length === 0) {
      if (this.#block.overlaps(this.#range)) yield* this.#block.index.table.appendValues(name, limit, column);
      return column;
    }
    const texts =
      name === null ? this.labelNames(matchers, limit, check) : this.labelValues(name, matchers, limit, check);
    for (const text of texts) column.pushText(text);
    return column;
  }

  /** How many values of a label there are in the block. */
  valueCount(name: string): number {
    return this.#block.index.table.valueCount(name);
  }

  close(): void {
    this.#release?.();
    this.#release = null;
  }

  #namesOf(matchers: readonly Matcher[], check?: () => void): string[] {
    const { series, symbols } = this.#block.index;
    const { rows } = this.#block.rows(matchers, check);
    const found = new Set<number>();
    for (let i = 0; i < rows.length; i++) {
      if (i % ROWS_PER_CHECK === 0) check?.();
      series.visitLabels(rows[i]!, (name) => found.add(name));
    }
    return Array.from(found, (symbol) => symbols.text(symbol)).sort(compareUtf8);
  }

  #allValues(name: string, limit: number, check?: () => void): string[] {
    const values: string[] = [];
    this.#block.index.table.visitValues(name, (value) => {
      if (values.length % ROWS_PER_CHECK === 0) check?.();
      return values.push(value) !== limit;
    });
    return values;
  }

  #valuesOf(name: string, matchers: readonly Matcher[], limit: number, check?: () => void): string[] {
    const { rows } = this.#block.rows(matchers, check);
    // Where more than the values is chosen by, the first series' ones are kept, like the reference does.
    const isByRow = matchers.some((matcher) => matcher.name !== name);
    const values = this.#valuesOfRows(name, rows, isByRow ? 0 : limit, check);
    if (!isByRow || limit === 0 || values.length <= limit) return values;
    return this.#valuesOfFirst(name, rows, limit);
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

  #valuesOfRows(name: string, rows: Uint32Array, limit: number, check?: () => void): string[] {
    const { index, rowIndex } = this.#block;
    const values: string[] = [];
    if (rows.length < ROWS_PER_VALUE * index.table.valueCount(name)) {
      const symbol = rowIndex.nameSymbol(name);
      const found = new Set<number>();
      for (let i = 0; i < rows.length; i++) {
        if (i % ROWS_PER_CHECK === 0) check?.();
        found.add(symbol < 0 ? -1 : index.series.valueOf(rows[i]!, symbol));
      }
      found.delete(-1);
      for (const id of found) values.push(index.symbols.text(id));
      values.sort(compareUtf8);
      return limit > 0 ? values.slice(0, limit) : values;
    }
    const wanted = new Uint32Array((rowIndex.rowLimit + 31) >>> 5);
    for (const row of rows) wanted[row >>> 5]! |= 1 << (row & 31);
    let scratch: Uint32Array = new Uint32Array(0);
    let looked = 0;
    index.table.visitValues(name, (value, offset) => {
      if (looked++ % LISTS_PER_CHECK === 0) check?.();
      const list = index.postings(offset, scratch);
      if (list.buffer !== scratch.buffer) scratch = new Uint32Array(list.buffer);
      if (!list.some((row) => ((wanted[row >>> 5]! >>> (row & 31)) & 1) === 1)) return true;
      return values.push(value) !== limit;
    });
    return values;
  }

  /** True where the range surely meets a chunk of each of the known rows. */
  #allHaveSamples(known: KnownBlockRows | null, { minTime, maxTime }: TimeRange): boolean {
    const times = known?.times ?? null;
    if (times === null || this.#tombstones.size > 0 || minTime > maxTime) return false;
    const { first, last } = times;
    const meetsLast = minTime <= last.earliest && maxTime >= last.latest;
    return meetsLast || (minTime <= first.earliest && maxTime >= first.latest);
  }

  /** Moves the rows with samples in the range to the front, at most `limit`; returns how many. */
  #keep(rows: Uint32Array, known: KnownBlockRows | null, range: TimeRange, limit: number, check?: () => void): number {
    const most = atMost(rows.length, limit);
    const first = { latest: Number.NEGATIVE_INFINITY, earliest: Number.POSITIVE_INFINITY };
    const last = { ...first };
    let kept = 0;
    let looked = 0;
    for (; looked < rows.length && kept < most; looked++) {
      if (looked % ROWS_PER_CHECK === 0) check?.();
      const hasSamples = this.#hasSamples(rows[looked]!, range);
      noteTimes(first, metas, 0);
      noteTimes(last, metas, metas.count - 1);
      if (hasSamples) rows[kept++] = rows[looked]!;
    }
    if (known !== null && looked === known.rows.length) known.times = { first, last };
    return kept;
  }

  /** True where a chunk of the row overlaps the range and is not deleted there; its chunks are then at hand. */
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

function atMost(count: number, limit: number): number {
  return limit > 0 ? Math.min(count, limit) : count;
}

/** Notes one row's chunk among those of others; a row without one, that nothing meets all of them. */
function noteTimes(
  times: { latest: number; earliest: number },
  { count, maxTimes, minTimes }: ChunkMetas,
  at: number,
): void {
  times.latest = Math.max(times.latest, count === 0 ? Number.POSITIVE_INFINITY : minTimes[at]!);
  times.earliest = Math.min(times.earliest, count === 0 ? Number.NEGATIVE_INFINITY : maxTimes[at]!);
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

/** The rows of a block that a select found. */
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

  /** Where the symbols of `words` are. */
  get symbols(): IndexSymbols {
    return this.#block.index.symbols;
  }

  /** As `SymbolSet.words`. */
  words(row: number, into: { words: Uint32Array }): number {
    return this.#block.index.series.words(this.#rows[row]!, into);
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
