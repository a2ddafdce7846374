import { xorDecode } from '../../kernels/xor-decode.ts';
import { XOR_UNUSUAL, xorDecodeLate } from '../../kernels/xor-decode-late.ts';
import { xor2Decode, xor2HasStartTimes } from '../../kernels/xor2-decode.ts';
import { extentOffset, extentSlab } from '../../memory/extents.ts';
import { KEPT_UNITS_MAX, type SymbolTexts } from '../../memory/symbol-texts.ts';
import { Labels } from '../../model/labels.ts';
import { clearColumn, mergeIntoColumn, sortColumn, trimColumn } from '../../storage/merge-columns.ts';
import {
  CHUNKS_PER_WORD,
  createSampleColumn,
  type EncodedChunk,
  noteChunksRead,
  reserveSampleColumn,
  type SampleColumn,
  type TimeRange,
} from '../../storage/query.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { type DecodedChunks, fileOfHead } from '../chunk/decoded-chunks.ts';
import { ENCODING, isFloatEncoding } from '../chunk/encoding.ts';
import { readHistogramChunk } from '../chunk/read-histogram-chunk.ts';
import {
  SEALED_DOUBLES,
  SEALED_ENCODING,
  SEALED_FIRST_TIME,
  SEALED_LAST_TIME,
  SEALED_MASK,
  SEALED_OLDER,
  SEALED_PLACE,
  SEALED_SIZE,
  SEALED_SLAB_LOG2,
  sealedByteLength,
  sealedFileSlot,
} from '../chunk/sealed-chunks.ts';
import { DamagedFile } from '../damaged-file.ts';
import { hasLateSamples, readLateSamples } from '../out-of-order/late-samples.ts';
import { deletedTimesAt } from '../tombstones/deleted-times.ts';
import { dropIntervals } from '../tombstones/intervals.ts';
import { DecodeCursors } from './decode-cursors.ts';
import type { HeadSnapshot, NewestSamples } from './head-snapshot.ts';
import type { ReadableHead } from './head-view.ts';
import { StoredChunks } from './stored-chunks.ts';

/** Label sets kept for reuse, one for each slot of a table by row: about 16 MB where all are in use. */
const LABELS_KEPT_MAX = 1 << 16;
/** UTF-16 units of their long texts, which no other label set has: where there are more, all label sets are let go of. */
const LONG_TEXTS_KEPT_MAX = 1 << 24;

/**
 * Labels and samples of rows, read in place. The caller holds a pin on the epoch in which it took its snapshot.
 */
export class HeadReader {
  readonly #memory: ReadableHead;
  readonly #decoded: DecodedChunks | null;
  readonly #decoder = new ChunkDecoder();
  readonly #cursors = new DecodeCursors();
  #keptLabels: (Labels | null)[] = [];
  #keptRefs: number[] = [];
  #keptLongTexts = 0;
  #chunks = new Uint32Array(64);
  #stored: StoredChunks | null = null;
  #late: SampleColumn | null = null;
  #spare: SampleColumn | null = null;

  /** `decoded`: what was decoded before; null where nobody asks for samples twice. */
  constructor(memory: ReadableHead, decoded: DecodedChunks | null = null) {
    this.#memory = memory;
    this.#decoded = decoded;
  }

  /** The symbols of labels. */
  get symbols(): SymbolTexts {
    return this.#memory.symbols;
  }

  /** The labels of a row in use as symbols, name and value in turn: how many words, which come to the front of `into.words`. */
  words(row: number, into: { words: Uint32Array }): number {
    const { series, labelLog } = this.#memory;
    const position = series.labels(row);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position);
    const count = 2 * words[offset]!;
    if (count > into.words.length) into.words = new Uint32Array(2 * count);
    for (let i = 0; i < count; i++) into.words[i] = words[offset + 1 + i]!;
    return count;
  }

  /** The labels of a row in use. The same object comes again while it is kept. */
  labels(row: number): Labels {
    const { series, labelLog, symbols } = this.#memory;
    const slot = row & (LABELS_KEPT_MAX - 1);
    const ref = series.ref(row);
    if (this.#keptRefs[slot] === ref) return this.#keptLabels[slot]!;
    const position = series.labels(row);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position);
    const length = 2 * words[offset]!;
    const pairs: string[] = [];
    let longTexts = 0;
    for (let i = 1; i <= length; i++) {
      const text = symbols.text(words[offset + i]!);
      pairs.push(text);
      if (text.length > KEPT_UNITS_MAX) longTexts += text.length;
    }
    const labels = new Labels(pairs);
    if (this.#keptLongTexts + longTexts > LONG_TEXTS_KEPT_MAX) {
      this.#keptLabels = [];
      this.#keptRefs = [];
      this.#keptLongTexts = 0;
    }
    this.#keptLongTexts += longTexts;
    while (this.#keptRefs.length <= slot) {
      this.#keptRefs.push(0);
      this.#keptLabels.push(null);
    }
    this.#keptRefs[slot] = ref;
    this.#keptLabels[slot] = labels;
    return labels;
  }

  /**
   * Decodes what a row of the snapshot has in the range into `into`, which is emptied first, and leaves out what is
   * deleted. Where the open chunk surely begins after the range it is not decoded. Throws `DamagedFile` and
   * `FileSystemError` where a chunk is in a file that can not be read.
   */
  read(snapshot: HeadSnapshot, row: number, range: TimeRange, into: SampleColumn): void {
    clearColumn(into);
    const inOrderMinTime = Math.max(range.minTime, snapshot.inOrderMinTime);
    if (snapshot.newest !== null && readNewest(snapshot.newest, row, inOrderMinTime, into)) return;
    this.#readInOrder(snapshot, row, range, into);
    if (snapshot.deleted !== null) dropIntervals(into, deletedTimesAt(snapshot.deleted, row));
    if (snapshot.late === null || !hasLateSamples(snapshot.late, row)) return;
    const late = (this.#late ??= createSampleColumn(256));
    const spare = (this.#spare ??= createSampleColumn(256));
    clearColumn(late);
    readLateSamples(snapshot.late, row, (chunk, column) => this.#decodeSealed(chunk, column, NO_ROW, 0), late);
    sortColumn(late, spare);
    trimColumn(late, range.minTime, range.maxTime);
    mergeIntoColumn(into, late, spare);
  }

  /** What a row of the snapshot has in the range, as `StoredChunks.read`. */
  readChunks(snapshot: HeadSnapshot, row: number, range: TimeRange, into: EncodedChunk[]): void {
    this.#stored ??= new StoredChunks(this.#memory);
    this.#stored.read(snapshot, row, range, into);
  }

  /** As `read`, but behind the samples that `into` has; false where what the row has must be looked through first. */
  append(snapshot: HeadSnapshot, row: number, range: TimeRange, into: SampleColumn): boolean {
    if (snapshot.newest !== null || deletedTimesAt(snapshot.deleted, row).length > 0) return false;
    if (snapshot.late !== null && hasLateSamples(snapshot.late, row)) return false;
    this.#readInOrder(snapshot, row, range, into);
    return true;
  }

  /** Decodes what came in order behind the samples that `into` has. */
  #readInOrder(snapshot: HeadSnapshot, row: number, range: TimeRange, into: SampleColumn): void {
    const { maxTime } = range;
    const minTime = Math.max(range.minTime, snapshot.inOrderMinTime);
    const from = into.length;
    const { records } = this.#memory.sealed;
    let chosen = 0;
    let openIsLater = false;
    for (let chunk = snapshot.sealed[row]!; chunk !== 0; ) {
      const doubles = records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
      const words = records.words[chunk >>> SEALED_SLAB_LOG2]!;
      const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
      if (doubles[at + SEALED_LAST_TIME]! < minTime) break;
      if (doubles[at + SEALED_LAST_TIME]! >= maxTime) openIsLater = true;
      if (doubles[at + SEALED_FIRST_TIME]! <= maxTime) {
        if (chosen === this.#chunks.length) this.#growChunks();
        this.#chunks[chosen++] = chunk;
      }
      chunk = words[2 * at + SEALED_OLDER]!;
    }
    // Only the oldest chunk can have samples that are too old.
    let lateRow = snapshot.rows[row]!;
    for (let done = 0; done < chosen; ) {
      this.#decodeSealed(this.#chunks[chosen - 1 - done++]!, into, lateRow, minTime);
      lateRow = NO_ROW;
      // Now, while it moves little.
      if (done === 1) trimColumn(into, minTime, maxTime, from);
      if (done % CHUNKS_PER_WORD === 0) noteChunksRead(into, from, done, () => chosen);
    }
    const extent = snapshot.extents[row]!;
    if (extent !== 0 && !openIsLater) {
      const byteLength = snapshot.byteLengths[row]!;
      const count = snapshot.counts[row]!;
      this.#decodeLate(extent, byteLength, snapshot.encodings[row]!, count, into, lateRow, true, minTime);
    }
    trimColumn(into, minTime, maxTime, from);
  }

  /** True where `read` of any row of the snapshot looks into a file, or may: what came out of order is not looked through. */
  readsFiles(snapshot: HeadSnapshot, { minTime, maxTime }: TimeRange): boolean {
    if (snapshot.late !== null) return true;
    const { resident, sealed } = this.#memory;
    const { records } = sealed;
    for (let row = 0; row < snapshot.rows.length; row++) {
      if (snapshot.newest !== null && !Number.isNaN(snapshot.newest.times[row]!)) continue;
      for (let chunk = snapshot.sealed[row]!; chunk !== 0; ) {
        const doubles = records.doubles[chunk >>> SEALED_SLAB_LOG2]!;
        const words = records.words[chunk >>> SEALED_SLAB_LOG2]!;
        const at = (chunk & SEALED_MASK) * SEALED_DOUBLES;
        if (doubles[at + SEALED_LAST_TIME]! < minTime) break;
        const isWanted = doubles[at + SEALED_FIRST_TIME]! <= maxTime;
        if (isWanted && sealedFileSlot(words, 2 * at) !== 0 && resident.find(chunk) === 0) return true;
        chunk = words[2 * at + SEALED_OLDER]!;
      }
    }
    return false;
  }

  /** As `#decodeLate`. */
  #decodeSealed(chunk: number, into: SampleColumn, row: number, minTime: number): void {
    const words = this.#memory.sealed.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const w = 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES;
    const encoding = words[w + SEALED_ENCODING]! & 0xff;
    const count = words[w + SEALED_SIZE]! >>> 16;
    const place = words[w + SEALED_PLACE]!;
    const byteLength = sealedByteLength(words, w);
    const slot = sealedFileSlot(words, w);
    if (slot === 0) {
      this.#decodeLate(place, byteLength, encoding, count, into, row, false, minTime);
      return;
    }
    const decoded = encoding === ENCODING.xor ? this.#decoded : null;
    const file = decoded === null ? 0 : fileOfHead(this.#memory.headChunkSlots.fileNumber(slot));
    if (decoded?.find(file, place, into) === true) return;
    const from = into.length;
    const inMemory = this.#memory.resident.find(chunk);
    if (inMemory === 0) this.#decodeInFile(slot, place, byteLength, encoding, into);
    // What is to be kept is decoded whole.
    else this.#decodeSealed(inMemory, into, decoded === null ? row : NO_ROW, minTime);
    decoded?.note(file, place, into, from);
  }

  /**
   * Decodes what a chunk of a row has, of which samples older than `minTime` may be left out. `NO_ROW`: all of it, of no row in
   * particular.
   */
  #decodeLate(
    extent: number,
    byteLength: number,
    encoding: number,
    count: number,
    into: SampleColumn,
    row: number,
    isOpen: boolean,
    minTime: number,
  ): void {
    const hasFloatsAlone = into.startTimes === null && into.histograms === null && !into.integerCounts;
    if (encoding === ENCODING.xor && row !== NO_ROW && hasFloatsAlone && byteLength >= CURSOR_BYTES_MIN) {
      reserveSampleColumn(into, into.length + count);
      const slab = extentSlab(extent);
      const start = extentOffset(extent);
      const { series, extents } = this.#memory;
      const view = extents.views[slab]!;
      const cursors = this.#cursors;
      const cursor = cursors.find(row, isOpen, series.ref(row), view, start);
      const { doubles, words } = cursors;
      const { times, bits, length } = into;
      const end = start + byteLength;
      const bytes = extents.bytes[slab]!;
      const given = xorDecodeLate(bytes, view, start, end, count, minTime, doubles, words, cursor, times, bits, length);
      if (given !== XOR_UNUSUAL) {
        into.length += given;
        return;
      }
    }
    this.#decode(extent, byteLength, encoding, count, into);
  }

  #decode(extent: number, byteLength: number, encoding: number, count: number, into: SampleColumn): void {
    if (!isFloatEncoding(encoding)) {
      const { large } = this.#memory;
      const from = large.offset(extent);
      const code = readHistogramChunk(large.bytes(extent), large.view(extent), from, byteLength, encoding, count, into);
      if (code < 0) throw new Error(`Cannot decode a histogram chunk of the head in extent ${extent}: code ${code}`);
      return;
    }
    reserveSampleColumn(into, into.length + count);
    const slab = extentSlab(extent);
    const start = extentOffset(extent);
    const bytes = this.#memory.extents.bytes[slab]!;
    const at = into.length;
    let end = 0;
    if (encoding === ENCODING.xor) {
      const view = this.#memory.extents.views[slab]!;
      end = xorDecode(bytes, view, start, start + byteLength, count, into.times, into.bits, at);
      into.startTimes?.fill(0, at, at + count);
    } else {
      if (xor2HasStartTimes(bytes, start)) into.startTimes ??= new Float64Array(into.times.length);
      end = xor2Decode(bytes, start, start + byteLength, count, into.times, into.bits, into.startTimes, at);
    }
    if (end < 0) throw new Error(`Cannot decode a chunk of the head in extent ${extent}: code ${end}`);
    into.integerCounts?.fill(0, at, at + count);
    into.length += count;
    if (into.histograms !== null) while (into.histograms.length < into.length) into.histograms.push(undefined);
  }

  #decodeInFile(slot: number, offset: number, byteLength: number, encoding: number, into: SampleColumn): void {
    const files = this.#memory.files!;
    const reason = this.#decoder.decode(encoding, files.chunk(slot, offset, byteLength), into);
    if (reason !== null) throw new DamagedFile(files.path(slot), offset, reason);
  }

  #growChunks(): void {
    const grown = new Uint32Array(2 * this.#chunks.length);
    grown.set(this.#chunks);
    this.#chunks = grown;
  }
}

const NO_ROW = -1;

/** Shorter chunks have no bytes to be told by, and are read at once. */
const CURSOR_BYTES_MIN = 16;

/** Gives the row's last sample where it is known; none where that lies before the range. */
function readNewest({ times, bits }: NewestSamples, row: number, minTime: number, into: SampleColumn): boolean {
  const time = times[row]!;
  if (Number.isNaN(time)) return false;
  if (time < minTime) return true;
  if (into.times.length === 0) reserveSampleColumn(into, 1);
  into.times[0] = time;
  into.bits[0] = bits[2 * row]!;
  into.bits[1] = bits[2 * row + 1]!;
  into.length = 1;
  return true;
}
