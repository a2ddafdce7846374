import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, readVarint64, signedFromHalves, unsignedFromHalves } from '../../kernels/varint.ts';
import { Labels } from '../../model/labels.ts';
import type { ReadCosts } from '../../storage/query.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { IndexSymbols } from './index-symbols.ts';
import type { PagedFile } from './paged-file.ts';
import { readUint32 } from './section-scan.ts';

/** Chunks of one series, oldest first, as parallel arrays of which the first `count` entries are valid. */
export interface ChunkMetas {
  count: number;
  /** First and last time, ms. */
  minTimes: Float64Array;
  maxTimes: Float64Array;
  /** Segment * 2^32 + offset. */
  refs: Float64Array;
}

export function createChunkMetas(): ChunkMetas {
  return { count: 0, minTimes: new Float64Array(16), maxTimes: new Float64Array(16), refs: new Float64Array(16) };
}

/** The entries of the series section: labels as symbols, and where the chunks are. */
export class SeriesEntries {
  readonly #file: PagedFile;
  readonly #symbols: IndexSymbols;
  readonly #scale: number;
  /** The entry at hand, its labels first, where they begin and where it ends. */
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #at = 0;
  #offset = 0;
  /** The row of the entry at hand, -1 where it was not found sound. */
  #row = -1;

  /** An entry lies at `row * scale`. */
  constructor(file: PagedFile, symbols: IndexSymbols, scale: number) {
    this.#file = file;
    this.#symbols = symbols;
    this.#scale = scale;
  }

  labels(row: number): Labels {
    this.#load(row);
    const pairs = new Array<string>(2 * this.#labelCount());
    for (let i = 0; i < pairs.length; i++) pairs[i] = this.#symbols.text(this.#uvarint());
    return new Labels(pairs);
  }

  /** The symbol of the value that the row's label `name` (a symbol) has, or -1. */
  valueOf(row: number, name: number): number {
    this.#load(row);
    for (let left = this.#labelCount(); left > 0; left--) {
      const at = this.#uvarint();
      const value = this.#uvarint();
      if (at === name) return value;
    }
    return -1;
  }

  /** How many words the row's labels have: name, value, name, value, ..., as symbols. They come to the front of `into`. */
  words(row: number, into: { words: Uint32Array }): number {
    this.#load(row);
    const count = 2 * this.#labelCount();
    if (count > into.words.length) into.words = new Uint32Array(2 * count);
    for (let i = 0; i < count; i++) into.words[i] = this.#uvarint();
    return count;
  }

  /** Adds the row's labels to a map from name symbols to sets; `value` symbols are the entries. */
  visitLabels(row: number, visit: (name: number, value: number) => void): void {
    this.#load(row);
    for (let left = this.#labelCount(); left > 0; left--) {
      const name = this.#uvarint();
      visit(name, this.#uvarint());
    }
  }

  /** `costs` are told of long lists. */
  chunks(row: number, into: ChunkMetas, costs: ReadCosts | null = null): void {
    this.#load(row);
    for (let left = 2 * this.#labelCount(); left > 0; left--) this.#uvarint();
    const count = this.#uvarint();
    // Each takes three bytes at least.
    if (3 * count > this.#end - this.#at) this.#damaged(`${count} chunks do not fit into the entry`);
    if (count > into.refs.length) {
      into.minTimes = new Float64Array(2 * count);
      into.maxTimes = new Float64Array(2 * count);
      into.refs = new Float64Array(2 * count);
    }
    let time = 0;
    let ref = 0;
    for (let i = 0; i < count; i++) {
      if (i % CHUNKS_PER_WORD === CHUNKS_PER_WORD - 1) costs?.spend(CHUNK_WORK * CHUNKS_PER_WORD);
      // Differences are 64-bit numbers that may wrap, so they are read as signed.
      const minTime = i === 0 ? this.#varint() : time + this.#wrapped();
      time = minTime + this.#wrapped();
      ref = i === 0 ? this.#uvarint() : ref + this.#varint();
      into.minTimes[i] = minTime;
      into.maxTimes[i] = time;
      into.refs[i] = ref;
    }
    into.count = count;
  }

  /** Bytes of the entry that was read last, its length and checksum included. */
  get loadedBytes(): number {
    return this.#end + 4;
  }

  #load(row: number): void {
    if (row === this.#row) {
      this.#at = this.#start;
      return;
    }
    this.#row = -1;
    const file = this.#file;
    const offset = row * this.#scale;
    this.#offset = offset;
    // Most entries fit into the first look.
    const look = file.view(offset, Math.max(0, Math.min(LOOK_BYTES, file.size - offset)));
    const start = readUvarint64(look, 0, look.length, halves);
    if (start < 0) this.#damaged('the length of the entry is malformed');
    const length = unsignedFromHalves(halves[0]!, halves[1]!);
    const total = start + length + 4;
    if (offset + total > file.size) this.#damaged(`an entry of ${length} bytes does not fit into the file`);
    const bytes = total <= look.length ? look : file.view(offset, total);
    const end = start + length;
    if (crc32c(bytes, start, end, 0) !== readUint32(bytes, end)) this.#damaged('the checksum of a series differs');
    this.#bytes = bytes;
    this.#at = start;
    this.#start = start;
    this.#end = end;
    this.#row = row;
  }

  #labelCount(): number {
    const count = this.#uvarint();
    if (2 * count > this.#end - this.#at) this.#damaged(`${count} labels do not fit into the entry`);
    return count;
  }

  #uvarint(): number {
    const small = this.#bytes[this.#at]!;
    if (small < 0x80 && this.#at < this.#end) {
      this.#at++;
      return small;
    }
    this.#take(readUvarint64(this.#bytes, this.#at, this.#end, halves));
    return unsignedFromHalves(halves[0]!, halves[1]!);
  }

  #wrapped(): number {
    this.#take(readUvarint64(this.#bytes, this.#at, this.#end, halves));
    return signedFromHalves(halves[0]!, halves[1]!);
  }

  #varint(): number {
    this.#take(readVarint64(this.#bytes, this.#at, this.#end, halves));
    return signedFromHalves(halves[0]!, halves[1]!);
  }

  #take(next: number): void {
    if (next < 0) this.#damaged('a malformed integer');
    this.#at = next;
  }

  #damaged(reason: string): never {
    throw new DamagedFile(this.#file.path, this.#offset, reason);
  }
}

const LOOK_BYTES = 256;
/** Chunks read between two words to whoever waits for them. */
const CHUNKS_PER_WORD = 2048;
/** Reading where a chunk lies takes as long as so many samples. */
const CHUNK_WORK = 8;
const halves = new Uint32Array(2);
