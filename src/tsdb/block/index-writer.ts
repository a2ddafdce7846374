import { uvarintSize, writeUvarint } from '../../kernels/varint.ts';
import type { SymbolTable } from '../../memory/symbol-table.ts';
import { Labels } from '../../model/labels.ts';
import { assert, InvariantError } from '../../std/assert.ts';
import type { FileSystem } from '../../std/file-system.ts';
import type { SourceChunk } from '../chunk/chunk-source.ts';
import { FileSink } from './file-sink.ts';
import { LabelPairs } from './label-pairs.ts';
import { compareSymbols, orderPairs, orderSymbols } from './order-symbols.ts';
import { SeriesSpool } from './series-spool.ts';
import { WordList } from './word-list.ts';

const INDEX_MAGIC = 0xbaaad700;
const VERSION = 2;
/** Entries of series begin at multiples of it, and their numbers are their places divided by it. */
const SERIES_ALIGNMENT = 16;
const INDEX_BYTES_MAX = 2 ** 32 * SERIES_ALIGNMENT;
const SECTION_BYTES_MAX = 2 ** 32 - 1;
/** Postings that are put in order at once: 16 MiB of them. What has more is made in several passes over the series. */
const PASS_POSTINGS = 4 * 1024 * 1024;
/** Some milliseconds' worth. */
const CHECK_SERIES = 4096;
const LAST_LABEL = 0x80000000;

/**
 * Writes the index of a block, version 2 (docs/formats/index.md). Series come in the order of their labels; symbols are
 * numbered as they come, and put in order at the end.
 *
 * Memory: 4 bytes for each label of each series, about 60 and its text for each distinct name or value; what is said of
 * chunks waits in a file beside the index.
 */
export class IndexWriter {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #spoolPath: string;
  readonly #spool: SeriesSpool;
  #sink: FileSink | null = null;
  readonly #symbols: SymbolTable;
  readonly #passPostings: number;
  readonly #pairs = new LabelPairs();
  /** The pairs of all series, one after the other; the last one of a series has `LAST_LABEL` set. */
  readonly #labels = new WordList();
  #series = 0;
  /** The symbols of the last series, and its pairs. */
  #last = new Uint32Array(0);
  #lastPairs = new Uint32Array(0);

  /** `symbols` are those of all series: it may get more of them while series come. */
  constructor(fileSystem: FileSystem, path: string, symbols: SymbolTable, passPostings: number = PASS_POSTINGS) {
    this.#passPostings = passPostings;
    this.#symbols = symbols;
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#spoolPath = `${path}.series`;
    this.#spool = new SeriesSpool(fileSystem, this.#spoolPath);
  }

  /** A series by the symbols of its labels; chunks in the order of their times, which do not overlap, and their places. */
  add(labels: Uint32Array, chunks: readonly SourceChunk[], refs: Float64Array): void {
    assert(labels.length > 0, 'a series without labels');
    const before = this.#last;
    if (compareSymbols(this.#symbols, before, labels) >= 0) throw this.#outOfOrder(before, labels);
    if (labels.length > 2 * this.#lastPairs.length) this.#lastPairs = grown(this.#lastPairs, labels.length);
    const pairs = this.#lastPairs;
    for (let i = 0; i < labels.length; i += 2) {
      // Neighbours have most of their labels in common.
      if (i >= before.length || before[i] !== labels[i] || before[i + 1] !== labels[i + 1]) {
        pairs[i >>> 1] = this.#pairs.add(labels[i]!, labels[i + 1]!);
      }
      const pair = pairs[i >>> 1]!;
      this.#pairs.counts[pair]!++;
      this.#labels.push((i + 2 < labels.length ? pair : pair | LAST_LABEL) >>> 0);
    }
    this.#spool.add(labels.length >>> 1, chunks, refs);
    if (before.length !== labels.length) this.#last = new Uint32Array(labels.length);
    this.#last.set(labels);
    this.#series++;
  }

  /**
   * Writes the file and makes it durable. Throws a `RangeError` where the format has no room for it, and whatever `check`
   * throws, which is called now and then.
   */
  finish(check: () => void): void {
    const { order, places } = orderSymbols(this.#symbols);
    const pairs = orderPairs(this.#pairs, places);
    const sink = new FileSink(this.#fileSystem, this.#path);
    this.#sink = sink;
    sink.uint32(INDEX_MAGIC);
    sink.byte(VERSION);
    const symbolsAt = sink.position;
    this.#writeSymbols(sink, order);
    const seriesAt = sink.position;
    const rows = this.#writeSeries(sink, places, check);
    const postingsAt = sink.position;
    sink.align(4);
    const offsets = this.#writePostings(sink, rows, pairs, check);
    const tableAt = sink.position;
    this.#writePostingsTable(sink, pairs, offsets);
    sink.beginChecksum();
    // Label indices and their table are empty sections since Prometheus 2.12.
    for (const offset of [symbolsAt, seriesAt, postingsAt, tableAt, postingsAt, tableAt]) sink.uint64(offset);
    sink.checksum();
    sink.finish();
    this.#fileSystem.removeSync(this.#spoolPath);
  }

  abandon(): void {
    this.#spool.abandon();
    this.#sink?.abandon();
  }

  #writeSymbols(sink: FileSink, order: Uint32Array): void {
    let length = 4;
    for (const symbol of order) {
      const size = this.#symbols.byteLength(symbol);
      length += uvarintSize(size) + size;
    }
    if (length > SECTION_BYTES_MAX) throw new RangeError(`Cannot write an index: ${length} bytes of symbols`);
    sink.uint32(length);
    sink.beginChecksum();
    sink.uint32(order.length);
    for (const symbol of order) {
      const bytes = this.#symbols.bytesOf(symbol);
      sink.uvarint(bytes.length);
      sink.bytes(bytes, 0, bytes.length);
    }
    sink.checksum();
  }

  /** Returns the numbers of the series. */
  #writeSeries(sink: FileSink, places: Uint32Array, check: () => void): WordList {
    const { names, values } = this.#pairs;
    const rows = new WordList();
    const spooled = this.#spool.read();
    let entry = new Uint8Array(4096);
    let label = 0;
    for (let i = 0; i < this.#series; i++) {
      if (i % CHECK_SERIES === 0) check();
      spooled.next();
      const { labelCount, bytes, start, end } = spooled;
      const wanted = 20 * labelCount + 10 + end - start;
      if (wanted > entry.length) entry = new Uint8Array(2 * wanted);
      let at = writeUvarint(entry, 0, labelCount);
      for (let k = 0; k < labelCount; k++, label++) {
        const pair = this.#labels.get(label) & ~LAST_LABEL;
        at = writeUvarint(entry, at, places[names[pair]!]!);
        at = writeUvarint(entry, at, places[values[pair]!]!);
      }
      for (let from = start; from < end; from++) entry[at++] = bytes[from]!;
      sink.align(SERIES_ALIGNMENT);
      rows.push(sink.position / SERIES_ALIGNMENT);
      sink.uvarint(at);
      sink.beginChecksum();
      sink.bytes(entry, 0, at);
      sink.checksum();
    }
    spooled.closeSync();
    if (sink.position >= INDEX_BYTES_MAX) throw new RangeError(`Cannot write an index of ${sink.position} bytes`);
    return rows;
  }

  /** The list of all series, then one for each pair in order. Returns where those of the pairs begin, after it. */
  #writePostings(sink: FileSink, rows: WordList, order: Uint32Array, check: () => void): Float64Array {
    const { counts, length: pairCount } = this.#pairs;
    const offsets = new Float64Array(pairCount + 1);
    offsets[0] = beginList(sink, rows.length);
    for (let i = 0; i < rows.length; i++) sink.uint32(rows.get(i));
    sink.checksum();
    const slots = new Float64Array(pairCount);
    for (let from = 0; from < pairCount; ) {
      check();
      slots.fill(-1);
      let to = from;
      let postings = 0;
      for (; to < pairCount; to++) {
        const count = counts[order[to]!]!;
        if (to > from && postings + count > this.#passPostings) break;
        slots[order[to]!] = postings;
        postings += count;
      }
      const lists = this.#gatherPostings(rows, slots, postings);
      let at = 0;
      for (; from < to; from++) {
        const count = counts[order[from]!]!;
        offsets[from + 1] = beginList(sink, count);
        for (const end = at + count; at < end; at++) sink.uint32(lists[at]!);
        sink.checksum();
      }
    }
    return offsets;
  }

  /** Puts the rows of all pairs that have a slot behind each other, and moves the slots to the ends of their lists. */
  #gatherPostings(rows: WordList, slots: Float64Array, postings: number): Uint32Array {
    const lists = new Uint32Array(postings);
    let series = 0;
    let row = rows.get(0);
    for (let i = 0; i < this.#labels.length; i++) {
      const word = this.#labels.get(i);
      const pair = word & ~LAST_LABEL;
      const slot = slots[pair]!;
      if (slot >= 0) {
        lists[slot] = row;
        slots[pair] = slot + 1;
      }
      if (word >= LAST_LABEL && ++series < rows.length) row = rows.get(series);
    }
    return lists;
  }

  #writePostingsTable(sink: FileSink, order: Uint32Array, offsets: Float64Array): void {
    const { names, values } = this.#pairs;
    let length = 4 + uvarintSize(2) + 2 + uvarintSize(offsets[0]!);
    for (let i = 0; i < order.length; i++) {
      const name = this.#symbols.byteLength(names[order[i]!]!);
      const value = this.#symbols.byteLength(values[order[i]!]!);
      length += 1 + uvarintSize(name) + name + uvarintSize(value) + value + uvarintSize(offsets[i + 1]!);
    }
    if (length > SECTION_BYTES_MAX) throw new RangeError(`Cannot write an index: ${length} bytes of label pairs`);
    sink.uint32(length);
    sink.beginChecksum();
    sink.uint32(order.length + 1);
    sink.byte(2);
    sink.byte(0);
    sink.byte(0);
    sink.uvarint(offsets[0]!);
    for (let i = 0; i < order.length; i++) {
      const pair = order[i]!;
      sink.byte(2);
      this.#writeText(sink, names[pair]!);
      this.#writeText(sink, values[pair]!);
      sink.uvarint(offsets[i + 1]!);
    }
    sink.checksum();
  }

  #outOfOrder(before: Uint32Array, labels: Uint32Array): InvariantError {
    const textOf = (words: Uint32Array): string => {
      const pairs = new Labels(Array.from(words, (symbol) => this.#symbols.text(symbol)));
      return pairs.toString();
    };
    return new InvariantError(`Cannot write an index: the series ${textOf(labels)} comes after ${textOf(before)}`);
  }

  #writeText(sink: FileSink, symbol: number): void {
    const bytes = this.#symbols.bytesOf(symbol);
    sink.uvarint(bytes.length);
    sink.bytes(bytes, 0, bytes.length);
  }
}

/** Begins a list of postings, which readers find at the returned place. */
function beginList(sink: FileSink, count: number): number {
  sink.align(4);
  const { position } = sink;
  sink.uint32(4 + 4 * count);
  sink.beginChecksum();
  sink.uint32(count);
  return position;
}

function grown(words: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length);
  larger.set(words);
  return larger;
}
