import { xorAppendUsual } from '../../kernels/xor-append.ts';
import { type XorRunLimits, xorAppendRun } from '../../kernels/xor-append-run.ts';
import { XOR_APPEND_BYTES_MAX, xorAppend, xorBegin, xorByteLength } from '../../kernels/xor-encode.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX, extentOffset, extentSlab } from '../../memory/extents.ts';
import { STALE_HIGH, STALE_LOW } from '../../model/stale.ts';
import {
  CHUNK_BYTES_CUT,
  CHUNK_PREDICT_SHARE,
  CHUNK_SAMPLES_TARGET,
  cutCounts,
  predictedCut,
  rangeEnd,
} from '../chunk/cut-rule.ts';
import { type FlatHistogram, staleHistogram } from '../chunk/flat-histogram.ts';
import { PLAIN_FORMS, type SampleForms } from '../chunk/sample-forms.ts';
import { CHUNK, type ChunkBatch } from '../wal/visitor.ts';
import { AppendKernel } from './append-kernel.ts';
import { appendRows } from './append-rows.ts';
import { FIRST_UNITS, growChunk, moveChunk } from './chunk-extents.ts';
import type { HeadMemory } from './head-memory.ts';
import { OpenHistograms } from './open-histograms.ts';
import { OpenXor2Chunks } from './open-xor2-chunks.ts';
import { sealOpenChunk } from './seal-open-chunk.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  NEXT_CUT,
  OPEN_COUNT,
  OPEN_CURSOR,
  OPEN_EXTENT,
  OPEN_HISTOGRAM,
  OPEN_UNITS,
  OPEN_XOR2,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
  TIME_BEFORE,
  VALUE_HIGH,
  VALUE_LOW,
} from './series-table.ts';
import type { TransactionRows } from './transaction-rows.ts';

/** The most that one sample can ask of the extents: a chunk grown to the largest size, or a new one. */
const SAMPLE_EXTENT_BYTES_MAX = EXTENT_UNITS_MAX * EXTENT_UNIT_BYTES;

/**
 * The apply step: samples into the open chunk of their row. What comes here was checked and logged, so it can not be
 * refused; memory was reserved before the log was written, so it can not fail.
 */
export class OpenChunks {
  readonly kernel: AppendKernel;
  readonly #memory: HeadMemory;
  readonly #rangeMs: number;
  readonly #predictAt: number;
  readonly #countMax: number;
  /** Chunks aim at as many samples as the kernels know. */
  readonly hasUsualTarget: boolean;
  readonly #histograms: OpenHistograms;
  readonly #xor2: OpenXor2Chunks;
  #forms: SampleForms = PLAIN_FORMS;
  /** An open chunk may be XOR2. */
  #hasXor2 = false;
  readonly #limits: XorRunLimits = { nextCut: 0, countMax: 0, bytesMax: CHUNK_BYTES_CUT };
  #created = 0;

  constructor(memory: HeadMemory, rangeMs: number, samplesTarget = CHUNK_SAMPLES_TARGET) {
    this.#memory = memory;
    const { max, predict } = cutCounts(samplesTarget);
    this.#predictAt = predict;
    this.#countMax = max;
    this.hasUsualTarget = samplesTarget === CHUNK_SAMPLES_TARGET;
    this.kernel = new AppendKernel(memory.kernelMemory, memory.series.records, memory.extents);
    this.#rangeMs = rangeMs;
    this.#histograms = new OpenHistograms(memory, rangeMs);
    this.#xor2 = new OpenXor2Chunks(memory, (words, w, used, units) => moveChunk(memory, words, w, used, units));
  }

  /** In which forms samples are kept from now on; open chunks of floats go on in theirs unless start times are logged. */
  setForms(forms: SampleForms): void {
    this.#forms = forms;
    this.#histograms.startTimes = forms.histogramStartTimes;
    if (forms.xor2) this.#hasXor2 = true;
  }

  get forms(): SampleForms {
    return this.#forms;
  }

  /** True while floats come by `append` alone: no open chunk has start times, and none will. */
  get isPlain(): boolean {
    return !this.#hasXor2;
  }

  /** Chunks begun since the start. */
  get created(): number {
    return this.#created + this.#histograms.created;
  }

  /** Makes sure that `samples` can be appended without asking the host for memory. */
  reserve(samples: number): void {
    this.#memory.extents.reserve(samples * SAMPLE_EXTENT_BYTES_MAX);
    this.#memory.sealed.reserve(samples);
  }

  /**
   * Makes sure of it for `samples` histograms that need `bytes` in total and `largest` at once; stale markers of floats
   * may become histograms, too.
   */
  reserveHistograms(samples: number, bytes: number, largest: number): void {
    if (samples > 0 || this.#memory.openHistograms.count > 0) this.#histograms.reserve(samples, bytes, largest);
  }

  /** Appends a histogram that is newer than the row's last sample. */
  appendHistogram(row: number, time: number, sample: FlatHistogram, startTime: number): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[2 * at + OPEN_EXTENT] !== 0) sealOpenChunk(this.#memory, row, doubles, words, at);
    this.#histograms.append(row, time, sample, startTime);
  }

  /** Takes note of chunks, open ones among them, that somebody else put into their rows. */
  countRestored(chunks = 1): void {
    this.#created += chunks;
  }

  /** As `countRestored`, for an XOR2 chunk of `byteLength`; false where it can not be read. */
  countRestoredXor2(row: number, byteLength: number): boolean {
    const words = this.#memory.series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const w = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const extent = words[w + OPEN_EXTENT]!;
    const bytes = this.#memory.extents.bytes[extentSlab(extent)]!;
    this.#hasXor2 = true;
    this.#created++;
    return this.#xor2.restored(row, bytes, extentOffset(extent), byteLength, words[w + OPEN_COUNT]!);
  }

  /** Puts a sealed chunk, which begins after the row's last sample, behind it. The open chunk ends before. */
  addSealed(row: number, chunk: number): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const open = this.#memory.openHistogram(row);
    if (open !== null) this.#histograms.seal(row, open);
    else if (words[2 * at + OPEN_EXTENT] !== 0) sealOpenChunk(this.#memory, row, doubles, words, at);
    this.#memory.sealed.setOlder(chunk, words[2 * at + NEWEST_SEALED]!);
    words[2 * at + NEWEST_SEALED] = chunk;
    doubles[at + LAST_TIME] = this.#memory.sealed.lastTime(chunk);
    this.#created++;
  }

  /** Puts a sealed chunk among the row's older ones; false where it overlaps any. */
  insertSealed(row: number, chunk: number): boolean {
    if (!this.#memory.insertSealed(row, chunk)) return false;
    this.#created++;
    return true;
  }

  /**
   * Appends a sample that is newer than the row's last one; cuts chunks by the rules of `chunk/cut-rule.ts`. Only where
   * `isPlain`, else `appendWithStart`.
   */
  append(row: number, time: number, low: number, high: number): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const w = 2 * at;
    if (words[w + OPEN_EXTENT] === 0) {
      if (words[w + OPEN_HISTOGRAM] !== 0 && this.#endHistograms(row, time, low, high, 0)) return;
      this.#begin(doubles, words, at, time);
    } else {
      const used = xorByteLength(words, at);
      if (words[w + OPEN_COUNT] === this.#predictAt) this.#predict(row, doubles, at);
      if (time >= doubles[at + NEXT_CUT]! || words[w + OPEN_COUNT]! >= this.#countMax || used > CHUNK_BYTES_CUT) {
        sealOpenChunk(this.#memory, row, doubles, words, at);
        this.#begin(doubles, words, at, time);
      } else if (used + XOR_APPEND_BYTES_MAX > words[w + OPEN_UNITS]! * EXTENT_UNIT_BYTES) {
        growChunk(this.#memory, doubles, words, at, used, 1);
      }
    }
    const extent = words[w + OPEN_EXTENT]!;
    const slab = extentSlab(extent);
    const start = extentOffset(extent);
    // The chunk's header gets its count with the seal: readers have it from their snapshot.
    const { bytes, views } = this.#memory.extents;
    if (xorAppendUsual(views[slab]!, start, doubles, words, at, time, low, high)) return;
    xorAppend(bytes[slab]!, start, doubles, words, at, time, low, high);
  }

  /** As `append`, for accepted samples `from..to-1` of a transaction, all of them floats. */
  appendRows(transaction: TransactionRows, from: number, to: number): void {
    const { extents, series } = this.#memory;
    const { records } = series;
    const { rows, times, bits } = transaction;
    const inKernel = this.kernel.reaches(transaction);
    let isFirst = true;
    for (let k = from; k < to; k++) {
      const row = rows[k]!;
      const words = records.words[row >>> SERIES_SLAB_LOG2]!;
      const w = 2 * (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
      // Rows without an open chunk, as new series are, come in runs; the kernel appends to a chunk, and begins none.
      if (words[w + OPEN_EXTENT] === 0 && inKernel) this.#beginRun(rows, times, k, to);
      if (words[w + OPEN_EXTENT] !== 0 && this.hasUsualTarget) {
        k = inKernel
          ? this.kernel.apply(transaction, k, to, isFirst)
          : appendRows(extents, records, rows, times, bits, k, to);
        isFirst = false;
        if (k === to) return;
      }
      this.append(rows[k]!, times[k]!, bits[2 * k]!, bits[2 * k + 1]!);
    }
  }

  /** Begins a chunk for the row of sample `from` and of those behind it, as long as none is open for them, of histograms neither. */
  #beginRun(rows: Uint32Array, times: Float64Array, from: number, to: number): void {
    const { records } = this.#memory.series;
    for (let k = from; k < to; k++) {
      const row = rows[k]!;
      const words = records.words[row >>> SERIES_SLAB_LOG2]!;
      const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
      if (words[2 * at + OPEN_EXTENT] !== 0 || words[2 * at + OPEN_HISTOGRAM] !== 0) break;
      this.#begin(records.doubles[row >>> SERIES_SLAB_LOG2]!, words, at, times[k]!);
    }
  }

  /**
   * As `append`, with a start time (ms, 0 = none), which XOR2 chunks keep and others do not. A chunk of the other kind
   * than is wanted goes on until it is full, or ends at once where start times are logged: then none may be lost.
   */
  appendWithStart(row: number, time: number, low: number, high: number, startTime: number): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const w = 2 * at;
    const { xor2, loggedStartTimes } = this.#forms;
    if (words[w + OPEN_EXTENT] === 0) {
      if (words[w + OPEN_HISTOGRAM] !== 0 && this.#endHistograms(row, time, low, high, startTime)) return;
      this.#beginWanted(row, doubles, words, at, time);
    } else {
      const isXor2 = (words[w + OPEN_UNITS]! & OPEN_XOR2) !== 0;
      if (words[w + OPEN_COUNT] === this.#predictAt) this.#predict(row, doubles, at);
      const isFull = words[w + OPEN_COUNT]! >= this.#countMax || xorByteLength(words, at) > CHUNK_BYTES_CUT;
      if (isFull || time >= doubles[at + NEXT_CUT]! || (isXor2 !== xor2 && loggedStartTimes)) {
        sealOpenChunk(this.#memory, row, doubles, words, at);
        this.#beginWanted(row, doubles, words, at, time);
      }
    }
    if ((words[w + OPEN_UNITS]! & OPEN_XOR2) === 0) {
      const used = xorByteLength(words, at);
      if (used + XOR_APPEND_BYTES_MAX > words[w + OPEN_UNITS]! * EXTENT_UNIT_BYTES)
        growChunk(this.#memory, doubles, words, at, used, 1);
      const extent = words[w + OPEN_EXTENT]!;
      const bytes = this.#memory.extents.bytes[extentSlab(extent)]!;
      xorAppend(bytes, extentOffset(extent), doubles, words, at, time, low, high);
    } else if (!this.#xor2.append(row, doubles, words, at, time, low, high, startTime)) {
      sealOpenChunk(this.#memory, row, doubles, words, at);
      this.#beginXor2(row, doubles, words, at, time);
      this.#xor2.append(row, doubles, words, at, time, low, high, startTime);
    }
  }

  /**
   * As `append`, for the samples at `order[from..to-1]` in `times` and `bits` (two words each, low first). Ends before one
   * that is not newer than the row's last; returns its index in `order`, or `to`.
   */
  appendRun(row: number, times: Float64Array, bits: Uint32Array, order: Uint32Array, from: number, to: number): number {
    const { extents, series } = this.#memory;
    const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const w = 2 * at;
    const limits = this.#limits;
    for (let i = from; ; i++) {
      if (words[w + OPEN_EXTENT] !== 0) {
        const used = xorByteLength(words, at);
        const isShort = used + XOR_APPEND_BYTES_MAX > words[w + OPEN_UNITS]! * EXTENT_UNIT_BYTES;
        if (isShort && used <= CHUNK_BYTES_CUT) growChunk(this.#memory, doubles, words, at, used, to - i);
        limits.nextCut = doubles[at + NEXT_CUT]!;
        limits.countMax = words[w + OPEN_COUNT]! > this.#predictAt ? this.#countMax : this.#predictAt;
        const extent = words[w + OPEN_EXTENT]!;
        const bytes = extents.bytes[extentSlab(extent)]!;
        const capacity = words[w + OPEN_UNITS]! * EXTENT_UNIT_BYTES;
        i = xorAppendRun(bytes, extentOffset(extent), capacity, doubles, words, at, times, bits, order, i, to, limits);
      }
      if (i === to) return to;
      const place = order[i]!;
      if (!(times[place]! > doubles[at + LAST_TIME]!)) return i;
      // What begins a chunk, ends one, or does not fit in.
      this.append(row, times[place]!, bits[2 * place]!, bits[2 * place + 1]!);
    }
  }

  /**
   * Takes the chunk at `at` of a batch, which begins at `firstTime`, as the row's open one, and ends it where it is full.
   * False, and nothing was done, where `append` would not have begun one with its first sample, or would cut it elsewhere.
   * Only where `isPlain`.
   */
  adopt(row: number, batch: ChunkBatch, at: number, firstTime: number): boolean {
    const { extents, series } = this.#memory;
    const doubles = series.records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = series.records.words[row >>> SERIES_SLAB_LOG2]!;
    const d = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const w = 2 * d;
    if (!this.hasUsualTarget) return false;
    // The same word is that of an open chunk of histograms.
    if (words[w + OPEN_EXTENT] !== 0 || words[w + OPEN_UNITS] !== 0 || !(firstTime > doubles[d + LAST_TIME]!)) {
      return false;
    }
    const from = at >>> 3;
    const fromWords = at >>> 2;
    const size = batch.words[fromWords + CHUNK.byteLength]!;
    const isFull = batch.words[fromWords + CHUNK.isFull] !== 0;
    const room = isFull ? size : Math.max(FIRST_UNITS * EXTENT_UNIT_BYTES, size + XOR_APPEND_BYTES_MAX);
    const units = Math.min(EXTENT_UNITS_MAX, Math.ceil(room / EXTENT_UNIT_BYTES));
    const extent = extents.allocate(units);
    extents.putWords(extent, batch.words, (at + CHUNK.headerBytes) >>> 2, (size + 3) >>> 2);
    doubles[d + LAST_TIME] = batch.doubles[from + CHUNK.lastTime]!;
    doubles[d + TIME_BEFORE] = batch.doubles[from + CHUNK.timeBefore]!;
    doubles[d + NEXT_CUT] = batch.doubles[from + CHUNK.nextCut]!;
    words[w + VALUE_LOW] = batch.words[fromWords + CHUNK.valueLow]!;
    words[w + VALUE_HIGH] = batch.words[fromWords + CHUNK.valueHigh]!;
    words[w + OPEN_CURSOR] = batch.words[fromWords + CHUNK.cursor]!;
    words[w + OPEN_COUNT] = batch.words[fromWords + CHUNK.count]!;
    words[w + OPEN_EXTENT] = extent;
    words[w + OPEN_UNITS] = units;
    this.#created++;
    if (isFull) sealOpenChunk(this.#memory, row, doubles, words, d);
    return true;
  }

  /**
   * The row's last sample was a histogram: its chunk ends. A stale marker becomes one of a histogram instead, so that
   * it does not need a chunk; then returns true.
   */
  #endHistograms(row: number, time: number, low: number, high: number, startTime: number): boolean {
    const open = this.#memory.openHistogram(row)!;
    const isStale = low >>> 0 === STALE_LOW && high >>> 0 === STALE_HIGH;
    if (isStale) this.#histograms.append(row, time, staleHistogram(open.writer.sampleEncoding, 'unknown'), startTime);
    else this.#histograms.seal(row, open);
    return isStale;
  }

  #begin(doubles: Float64Array, words: Uint32Array, at: number, time: number): void {
    const extent = this.#memory.extents.allocate(FIRST_UNITS);
    xorBegin(this.#memory.extents.bytes[extentSlab(extent)]!, extentOffset(extent), words, at);
    words[2 * at + OPEN_EXTENT] = extent;
    words[2 * at + OPEN_UNITS] = FIRST_UNITS;
    doubles[at + NEXT_CUT] = rangeEnd(time, this.#rangeMs);
    this.#created++;
  }

  #beginWanted(row: number, doubles: Float64Array, words: Uint32Array, at: number, time: number): void {
    if (this.#forms.xor2) this.#beginXor2(row, doubles, words, at, time);
    else this.#begin(doubles, words, at, time);
  }

  #beginXor2(row: number, doubles: Float64Array, words: Uint32Array, at: number, time: number): void {
    const extent = this.#memory.extents.allocate(FIRST_UNITS);
    this.#xor2.begin(row, this.#memory.extents.bytes[extentSlab(extent)]!, extentOffset(extent), words, 2 * at);
    words[2 * at + OPEN_EXTENT] = extent;
    words[2 * at + OPEN_UNITS] = FIRST_UNITS | OPEN_XOR2;
    doubles[at + NEXT_CUT] = rangeEnd(time, this.#rangeMs);
    this.#created++;
  }

  #predict(row: number, doubles: Float64Array, at: number): void {
    const first = this.#memory.openFirstTime(row);
    doubles[at + NEXT_CUT] = predictedCut(
      first,
      doubles[at + LAST_TIME]!,
      doubles[at + NEXT_CUT]!,
      CHUNK_PREDICT_SHARE,
    );
  }
}
