import type { Labels } from '../../model/labels.ts';
import type { ChunkSource, SourceChunk, SourceSymbols } from '../chunk/chunk-source.ts';
import { deletedTimesAt } from '../tombstones/deleted-times.ts';
import { type Intervals, NO_INTERVALS } from '../tombstones/intervals.ts';
import type { HeadChunks } from './head-chunks.ts';
import { HeadReader } from './head-reader.ts';
import type { ReadableHead } from './head-view.ts';
import { RowChunks } from './row-chunks.ts';
import { orderByLabels } from './sort-rows.ts';

/**
 * The series of the head in the order of their labels, with their chunks as `RowChunks` has them. Sorting is done here, in
 * the thread that reads.
 */
export class HeadChunkSource implements ChunkSource {
  readonly symbols: SourceSymbols;
  chunks: readonly SourceChunk[] = [];
  deleted: Intervals = NO_INTERVALS;
  readonly #chunks: HeadChunks;
  readonly #reader: HeadReader;
  readonly #order: Uint32Array;
  readonly #rowChunks: RowChunks;
  readonly #words: HeadSymbols;
  #next = 0;

  /** The main thread holds the pin under which `chunks` was made until the last `next`. */
  constructor(head: ReadableHead, chunks: HeadChunks) {
    this.#chunks = chunks;
    this.#reader = new HeadReader(head);
    this.#rowChunks = new RowChunks(head, 'unproven');
    this.#order = sorted(head, chunks.snapshot.rows);
    this.#words = new HeadSymbols(head);
    this.symbols = this.#words;
  }

  get labels(): Labels {
    return this.#reader.labels(this.#chunks.snapshot.rows[this.#order[this.#next - 1]!]!);
  }

  next(): boolean {
    if (this.#next === this.#order.length) return false;
    const place = this.#order[this.#next++]!;
    const row = this.#chunks.snapshot.rows[place]!;
    this.#words.load(row);
    this.deleted = deletedTimesAt(this.#chunks.snapshot.deleted, place);
    this.chunks = this.#rowChunks.gather(this.#chunks.snapshot, place, this.#chunks.range);
    return true;
  }

  close(): void {
    this.#next = this.#order.length;
  }
}

/** The head's own symbols: no label of a series has to become a string. */
class HeadSymbols implements SourceSymbols {
  words = new Uint32Array(64);
  length = 0;
  readonly limit: number;
  readonly #head: ReadableHead;

  constructor(head: ReadableHead) {
    this.#head = head;
    // Two words for each symbol that the slabs have room for.
    this.limit = head.symbols.records.words.reduce((sum, { length }) => sum + length / 2, 0);
  }

  bytesOf(symbol: number): Uint8Array {
    return this.#head.symbols.bytesOf(symbol);
  }

  load(row: number): void {
    const { labelLog, series } = this.#head;
    const position = series.labels(row);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position);
    this.length = 2 * words[offset]!;
    if (this.length > this.words.length) this.words = new Uint32Array(2 * this.length);
    for (let i = 0; i < this.length; i++) this.words[i] = words[offset + 1 + i]!;
  }
}

function sorted(head: ReadableHead, rows: Uint32Array): Uint32Array {
  const steps = orderByLabels(head, rows);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
