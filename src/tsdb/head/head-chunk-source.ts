import { xorDecode } from '../../kernels/xor-decode.ts';
import { xor2Decode } from '../../kernels/xor2-decode.ts';
import { extentOffset, extentSlab } from '../../memory/extents.ts';
import type { Labels } from '../../model/labels.ts';
import { createSampleColumn, reserveSampleColumn } from '../../storage/query.ts';
import { countMask, ENCODING, hasStartTimes, isFloatEncoding } from '../chunk/encoding.ts';
import { readHistogramChunk } from '../chunk/read-histogram-chunk.ts';
import type { ChunkSource, SourceChunk, SourceSymbols } from '../compact/chunk-source.ts';
import { deletedTimesAt } from '../tombstones/deleted-times.ts';
import { type Intervals, NO_INTERVALS } from '../tombstones/intervals.ts';
import type { HeadChunks } from './head-chunks.ts';
import { HeadReader } from './head-reader.ts';
import type { ReadableHead } from './head-view.ts';
import { orderByLabels } from './sort-rows.ts';

/**
 * The series of the head in the order of their labels, with their chunks: the sealed ones as they lie in shared memory,
 * the open one as a copy that ends where the snapshot saw it end. Sorting is done here, in the thread that reads.
 */
export class HeadChunkSource implements ChunkSource {
  readonly symbols: SourceSymbols;
  chunks: readonly SourceChunk[] = [];
  deleted: Intervals = NO_INTERVALS;
  readonly #head: ReadableHead;
  readonly #chunks: HeadChunks;
  readonly #reader: HeadReader;
  readonly #order: Uint32Array;
  readonly #column = createSampleColumn(256);
  readonly #words: HeadSymbols;
  #next = 0;
  /** Copies of chunks of the series at hand, and how many bytes they take. */
  #copies = new Uint8Array(16 * 1024);
  #copiedBytes = 0;

  /** The main thread holds the pin under which `chunks` was made until the last `next`. */
  constructor(head: ReadableHead, chunks: HeadChunks) {
    this.#head = head;
    this.#chunks = chunks;
    this.#reader = new HeadReader(head);
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
    this.chunks = this.#gather(place);
    return true;
  }

  close(): void {
    this.#next = this.#order.length;
  }

  #gather(place: number): SourceChunk[] {
    const { snapshot, range } = this.#chunks;
    const { sealed } = this.#head;
    const found: SourceChunk[] = [];
    this.#copiedBytes = 0;
    let openIsLater = false;
    for (let number = snapshot.sealed[place]!; number !== 0; ) {
      const lastTime = sealed.lastTime(number);
      if (lastTime < range.minTime) break;
      if (lastTime >= range.maxTime) openIsLater = true;
      if (sealed.firstTime(number) <= range.maxTime) found.push(this.#sealedChunk(number));
      number = sealed.older(number);
    }
    found.reverse();
    if (snapshot.extents[place] !== 0 && !openIsLater && this.#openTimes(place, 1).minTime <= range.maxTime) {
      const { minTime, maxTime } = this.#openTimes(place, snapshot.counts[place]!);
      if (maxTime >= range.minTime) {
        found.push({ encoding: snapshot.encodings[place]!, minTime, maxTime, bytes: this.#openBytes(place) });
      }
    }
    return found;
  }

  #sealedChunk(number: number): SourceChunk {
    const { files, sealed } = this.#head;
    const encoding = sealed.encoding(number);
    const minTime = sealed.firstTime(number);
    const maxTime = sealed.lastTime(number);
    const bytes = sealed.bytesOf(number, files);
    if (!sealed.isInFile(number)) return { encoding, minTime, maxTime, bytes };
    // The reader's next chunk takes the place of this one.
    return { encoding, minTime, maxTime, bytes: this.#copied(bytes), checksum: files!.blockChecksum(encoding) };
  }

  /** A copy that stays until the next series: hundreds of thousands of small buffers of their own cost more. */
  #copied(bytes: Uint8Array): Uint8Array {
    const at = this.#copiedBytes;
    const end = at + bytes.length;
    if (end > this.#copies.length) {
      this.#copies = new Uint8Array(2 * this.#copies.length + bytes.length);
      this.#copiedBytes = 0;
      return this.#copied(bytes);
    }
    this.#copies.set(bytes, at);
    this.#copiedBytes = end;
    return this.#copies.subarray(at, end);
  }

  /** Times of the first and of the last of `count` samples of an open chunk. */
  #openTimes(place: number, count: number): { minTime: number; maxTime: number } {
    const { snapshot } = this.#chunks;
    const { extents, large } = this.#head;
    const extent = snapshot.extents[place]!;
    const byteLength = snapshot.byteLengths[place]!;
    const encoding = snapshot.encodings[place]!;
    const column = this.#column;
    column.length = 0;
    column.histograms = null;
    column.startTimes = null;
    let code = 0;
    if (isFloatEncoding(encoding)) {
      reserveSampleColumn(column, count);
      const slab = extentSlab(extent);
      const bytes = extents.bytes[slab]!;
      const start = extentOffset(extent);
      const end = start + byteLength;
      code =
        encoding === ENCODING.xor
          ? xorDecode(bytes, extents.views[slab]!, start, end, count, column.times, column.bits, 0)
          : xor2Decode(bytes, start, end, count, column.times, column.bits, null, 0);
    } else {
      const start = large.offset(extent);
      code = readHistogramChunk(large.bytes(extent), large.view(extent), start, byteLength, encoding, count, column);
    }
    if (code < 0) throw new Error(`Cannot decode an open chunk of ${this.labels}: code ${code}`);
    return { minTime: column.times[0]!, maxTime: column.times[count - 1]! };
  }

  /**
   * A copy of the published part, closed: with the count of the snapshot, whatever was appended since. Bits of a later
   * sample in the last byte do not matter.
   */
  #openBytes(place: number): Uint8Array {
    const { extents, large } = this.#head;
    const { byteLengths, counts, encodings, extents: numbers } = this.#chunks.snapshot;
    const extent = numbers[place]!;
    const encoding = encodings[place]!;
    const isSmall = isFloatEncoding(encoding);
    const start = isSmall ? extentOffset(extent) : large.offset(extent);
    const slab = isSmall ? extents.bytes[extentSlab(extent)]! : large.bytes(extent);
    const copy = new Uint8Array(byteLengths[place]!);
    copy.set(slab.subarray(start, start + copy.length));
    // What is above the count, where an encoding has it, never changes.
    copy[0] = (copy[0]! & ~(countMask(encoding) >>> 8)) | (counts[place]! >>> 8);
    copy[1] = counts[place]!;
    if (encoding === ENCODING.xor2 || hasStartTimes(encoding)) closeStartTimes(copy, counts[place]!);
    return copy;
  }
}

/** Start times that begin with a later sample than the last of the copy do not belong to it. */
function closeStartTimes(chunk: Uint8Array, count: number): void {
  if ((chunk[2]! & 0x7f) >= count) chunk[2]! &= 0x80;
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
