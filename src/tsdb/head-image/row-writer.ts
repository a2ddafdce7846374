import { xorByteLength } from '../../kernels/xor-encode.ts';
import { EXTENT_UNIT_BYTES, extentOffset, extentSlab, nextRun } from '../../memory/extents.ts';
import { nextWords } from '../../memory/shared-words.ts';
import {
  SEALED_DOUBLES,
  SEALED_ENCODING,
  SEALED_MASK,
  SEALED_OLDER,
  SEALED_SLAB_LOG2,
} from '../chunk/sealed-chunks.ts';
import type { HeadMemory } from '../head/head-memory.ts';
import { LabelLookup, labelSetHash } from '../head/label-lookup.ts';
import {
  LABELS,
  LAST_TIME,
  NEWEST_SEALED,
  OPEN_EXTENT,
  OPEN_UNITS,
  OPEN_UNITS_MASK,
  OPEN_XOR2,
  REF,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  VALUE_HIGH,
  VALUE_LOW,
} from '../head/series-table.ts';
import { doubledUntil } from './doubled.ts';
import { FRAME, FRAME_HEADER_BYTES, sealFrame } from './image-frames.ts';
import {
  RECORD_BYTES,
  ROWS_HEADER,
  ROWS_HEADER_BYTES,
  ROWS_MAX_TIME,
  ROWS_MIN_TIME,
  RUN_BYTES,
  SEALED_RECORD_BYTES,
} from './row-columns.ts';
import type { SymbolNumbers } from './symbol-numbers.ts';

const RECORD_WORDS = 2 * SERIES_DOUBLES;
const SEALED_WORDS = 2 * SEALED_DOUBLES;

/** Gathers the columns of a frame of rows (`row-columns.ts`). */
export class RowWriter {
  readonly #memory: HeadMemory;
  readonly #symbols: SymbolNumbers;
  /** Numbers of the files that chunks are in, in the order in which they were met; and the way back. */
  readonly fileNumbers: number[] = [];
  readonly #filePlaces = new Map<number, number>();
  #rows = 0;
  #records = new Float64Array(1024 * SERIES_DOUBLES);
  #recordWords = new Uint32Array(this.#records.buffer);
  #sealed = 0;
  #sealedWords = new Uint32Array(1024 * SEALED_WORDS);
  #units = 0;
  #chunks = new Uint8Array(1 << 18);
  #runs = 0;
  #runWords = new Uint32Array(256);
  #runRefs = new Float64Array(this.#runWords.buffer);
  /** What the next row is that goes on with the last run, and its ref. */
  #nextRow = -1;
  #nextRef = -1;
  #open = 0;
  #openXor2 = 0;
  #labelWords = 0;
  #labels = new Uint32Array(1 << 14);
  #minTime = Number.POSITIVE_INFINITY;
  #maxTime = Number.NEGATIVE_INFINITY;
  readonly #chain: number[] = [];
  /** Where the next frame begins in the memory of whoever reads the image. */
  #firstSealed = 1;
  #unitsEnd = 0;
  #labelsEnd = 0;
  /** What finds the rows by their labels, in the symbols of the image. */
  readonly lookup: LabelLookup;

  constructor(memory: HeadMemory, symbols: SymbolNumbers) {
    this.#memory = memory;
    this.#symbols = symbols;
    this.lookup = new LabelLookup(memory.labelLog, memory.series);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes of the frame as it is now. */
  get bytes(): number {
    return (
      FRAME_HEADER_BYTES +
      ROWS_HEADER_BYTES +
      RECORD_BYTES * this.#rows +
      SEALED_RECORD_BYTES * this.#sealed +
      EXTENT_UNIT_BYTES * this.#units +
      RUN_BYTES * this.#runs +
      4 * this.#labelWords
    );
  }

  /**
   * Adds a row as it stands now. False, and nothing is added, where it has what columns have no place for: an open chunk of
   * histograms, or a sealed chunk that is in no file.
   */
  add(row: number): boolean {
    const { sealed, series } = this.#memory;
    if (this.#memory.openHistogram(row) !== null) return false;
    const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const w = 2 * at;
    const chain = this.#chain;
    chain.length = 0;
    for (let chunk = words[w + NEWEST_SEALED]!; chunk !== 0; chunk = sealed.older(chunk)) {
      if (!sealed.isInFile(chunk)) return false;
      chain.push(chunk);
    }
    this.#reserve(chain.length, words[w + OPEN_UNITS]! & OPEN_UNITS_MASK);
    this.#addToRun(row, doubles[at + REF]!);
    const to = this.#rows++ * RECORD_WORDS;
    const record = this.#recordWords;
    // Word by word: a NaN that passes through a number may come out with other bits.
    for (let i = 0; i < RECORD_WORDS; i++) record[to + i] = words[w + i]!;
    for (let i = chain.length - 1; i >= 0; i--) this.#addSealed(chain[i]!, i === chain.length - 1);
    record[to + NEWEST_SEALED] = chain.length === 0 ? 0 : this.#firstSealed + this.#sealed - 1;
    if (words[w + OPEN_EXTENT] !== 0) {
      // From the frame's first unit on, until that is known.
      record[to + OPEN_EXTENT] = this.#units;
      this.#addOpen(words, at, words[w + OPEN_EXTENT]!);
      this.#widen(this.#memory.openFirstTime(row), doubles[at + LAST_TIME]!);
    } else {
      const newest = chain.length === 0 ? Number.NEGATIVE_INFINITY : sealed.lastTime(chain[0]!);
      if (doubles[at + LAST_TIME] !== newest) {
        this.#records[to / 2 + LAST_TIME] = newest;
        record[to + VALUE_LOW] = 0;
        record[to + VALUE_HIGH] = 0;
      }
      record[to + OPEN_UNITS] = 0;
    }
    record[to + LABELS] = this.#addLabels(row, words[w + LABELS]!);
    return true;
  }

  /** The frame, after which the next one begins. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.bytes);
    const firstUnit = this.#units === 0 ? 0 : nextRun(this.#unitsEnd, this.#units);
    const firstLabel = nextWords(this.#labelsEnd, this.#labelWords);
    const records = this.#recordWords;
    for (let w = 0; w < this.#rows * RECORD_WORDS; w += RECORD_WORDS) {
      if (records[w + OPEN_UNITS] !== 0) records[w + OPEN_EXTENT]! += firstUnit;
      records[w + LABELS]! += firstLabel;
    }
    const header = new Uint32Array(ROWS_HEADER_BYTES / 4);
    header[ROWS_HEADER.rows] = this.#rows;
    header[ROWS_HEADER.sealed] = this.#sealed;
    header[ROWS_HEADER.units] = this.#units;
    header[ROWS_HEADER.labels] = this.#labelWords;
    header[ROWS_HEADER.runs] = this.#runs;
    header[ROWS_HEADER.open] = this.#open;
    header[ROWS_HEADER.openXor2] = this.#openXor2;
    header[ROWS_HEADER.firstSealed] = this.#firstSealed;
    header[ROWS_HEADER.firstUnit] = firstUnit;
    header[ROWS_HEADER.firstLabel] = firstLabel;
    const times = new Float64Array(header.buffer);
    times[ROWS_MIN_TIME] = this.#minTime;
    times[ROWS_MAX_TIME] = this.#maxTime;
    let at = FRAME_HEADER_BYTES;
    const put = (buffer: ArrayBufferLike, size: number) => {
      bytes.set(new Uint8Array(buffer, 0, size), at);
      at += size;
    };
    put(header.buffer, ROWS_HEADER_BYTES);
    put(records.buffer, RECORD_BYTES * this.#rows);
    put(this.#sealedWords.buffer, SEALED_RECORD_BYTES * this.#sealed);
    put(this.#chunks.buffer, EXTENT_UNIT_BYTES * this.#units);
    put(this.#runWords.buffer, RUN_BYTES * this.#runs);
    put(this.#labels.buffer, 4 * this.#labelWords);
    sealFrame(bytes, FRAME.rows);
    this.#firstSealed += this.#sealed;
    if (this.#units > 0) this.#unitsEnd = firstUnit + this.#units;
    this.#labelsEnd = firstLabel + this.#labelWords;
    this.#restart();
    return bytes;
  }

  #restart(): void {
    this.#rows = 0;
    this.#sealed = 0;
    this.#units = 0;
    this.#runs = 0;
    this.#nextRow = -1;
    this.#open = 0;
    this.#openXor2 = 0;
    this.#labelWords = 0;
    this.#minTime = Number.POSITIVE_INFINITY;
    this.#maxTime = Number.NEGATIVE_INFINITY;
  }

  #addToRun(row: number, ref: number): void {
    if (row !== this.#nextRow || ref !== this.#nextRef) {
      this.#runWords = doubledUntil(this.#runWords, 4 * (this.#runs + 1));
      if (this.#runRefs.buffer !== this.#runWords.buffer) this.#runRefs = new Float64Array(this.#runWords.buffer);
      this.#runRefs[2 * this.#runs] = ref;
      this.#runWords[4 * this.#runs + 2] = row;
      this.#runWords[4 * this.#runs + 3] = 0;
      this.#runs++;
    }
    this.#runWords[4 * this.#runs - 1]!++;
    this.#nextRow = row + 1;
    this.#nextRef = ref + 1;
  }

  #addSealed(chunk: number, isOldest: boolean): void {
    const { headChunkSlots, sealed } = this.#memory;
    const words = sealed.records.words[chunk >>> SEALED_SLAB_LOG2]!;
    const from = (chunk & SEALED_MASK) * SEALED_WORDS;
    const to = this.#sealed * SEALED_WORDS;
    for (let i = 0; i < SEALED_WORDS; i++) this.#sealedWords[to + i] = words[from + i]!;
    const encoding = words[from + SEALED_ENCODING]!;
    const place = this.#placeOf(headChunkSlots.fileNumber(encoding >>> 16));
    this.#sealedWords[to + SEALED_ENCODING] = (encoding & 0xffff) | (place << 16);
    this.#sealedWords[to + SEALED_OLDER] = isOldest ? 0 : this.#firstSealed + this.#sealed - 1;
    this.#sealed++;
    this.#widen(sealed.firstTime(chunk), sealed.lastTime(chunk));
  }

  /** The place of a file among those of the trailer, from 1 on. */
  #placeOf(fileNumber: number): number {
    const known = this.#filePlaces.get(fileNumber);
    if (known !== undefined) return known;
    this.fileNumbers.push(fileNumber);
    this.#filePlaces.set(fileNumber, this.fileNumbers.length);
    return this.fileNumbers.length;
  }

  #addOpen(words: Uint32Array, at: number, extent: number): void {
    const from = this.#memory.extents.bytes[extentSlab(extent)]!;
    const start = extentOffset(extent);
    const used = xorByteLength(words, at);
    const to = this.#units * EXTENT_UNIT_BYTES;
    this.#open++;
    if ((words[2 * at + OPEN_UNITS]! & OPEN_XOR2) !== 0) this.#openXor2++;
    this.#units += words[2 * at + OPEN_UNITS]! & OPEN_UNITS_MASK;
    const end = this.#units * EXTENT_UNIT_BYTES;
    const chunks = this.#chunks;
    for (let i = 0; i < used; i++) chunks[to + i] = from[start + i]!;
    // What an earlier chunk has left behind the end is nobody's business.
    for (let i = to + used; i < end; i++) chunks[i] = 0;
  }

  /** Returns where the labels begin among those of the frame. */
  #addLabels(row: number, position: number): number {
    const { labelLog } = this.#memory;
    const entry = labelLog.slabOf(position);
    const from = labelLog.offsetOf(position);
    const length = 1 + 2 * entry[from]!;
    this.#labels = doubledUntil(this.#labels, this.#labelWords + length);
    const labels = this.#labels;
    const to = this.#labelWords;
    labels[to] = entry[from]!;
    for (let i = 1; i < length; i++) labels[to + i] = this.#symbols.of(entry[from + i]!);
    this.lookup.add(labelSetHash(labels, to), row);
    this.#labelWords += length;
    return to;
  }

  #widen(firstTime: number, lastTime: number): void {
    if (firstTime < this.#minTime) this.#minTime = firstTime;
    if (lastTime > this.#maxTime) this.#maxTime = lastTime;
  }

  /** Makes room for a row with so many sealed chunks and so many units. */
  #reserve(sealed: number, units: number): void {
    this.#recordWords = doubledUntil(this.#recordWords, (this.#rows + 1) * RECORD_WORDS);
    if (this.#records.buffer !== this.#recordWords.buffer) this.#records = new Float64Array(this.#recordWords.buffer);
    this.#sealedWords = doubledUntil(this.#sealedWords, (this.#sealed + sealed) * SEALED_WORDS);
    while ((this.#units + units) * EXTENT_UNIT_BYTES > this.#chunks.length) {
      const larger = new Uint8Array(2 * this.#chunks.length);
      larger.set(this.#chunks);
      this.#chunks = larger;
    }
  }
}
