import { XOR_APPEND_BYTES_MAX, xorAppend, xorBegin, xorByteLength } from '../../kernels/xor-encode.ts';
import { EXTENT_UNIT_BYTES, EXTENT_UNITS_MAX, extentOffset, extentSlab } from '../../memory/extents.ts';
import { STALE_HIGH, STALE_LOW } from '../../model/stale.ts';
import {
  CHUNK_BYTES_CUT,
  CHUNK_PREDICT_SHARE,
  CHUNK_SAMPLES_MAX,
  CHUNK_SAMPLES_PREDICT,
  predictedCut,
  rangeEnd,
} from '../chunk/cut-rule.ts';
import { ENCODING } from '../chunk/encoding.ts';
import { type FlatHistogram, staleHistogram } from '../chunk/flat-histogram.ts';
import type { HeadMemory } from './head-memory.ts';
import { OpenHistograms } from './open-histograms.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  NEXT_CUT,
  OPEN_COUNT,
  OPEN_EXTENT,
  OPEN_HISTOGRAM,
  OPEN_UNITS,
  REF,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
} from './series-table.ts';

/**
 * A chunk starts with 48 bytes, room for a dozen ordinary samples, and grows by a quarter. By half would take 15 % more
 * memory for open chunks (260 bytes a series against 229 after an hour) and some 5 % less time to append.
 */
const FIRST_UNITS = 3;
/** The most that one sample can ask of the extents: a chunk grown to the largest size, or a new one. */
const SAMPLE_EXTENT_BYTES_MAX = EXTENT_UNITS_MAX * EXTENT_UNIT_BYTES;

/**
 * The apply step: samples into the open chunk of their row. What comes here was checked and logged, so it can not be
 * refused; memory was reserved before the log was written, so it can not fail.
 */
export class OpenChunks {
  readonly #memory: HeadMemory;
  readonly #rangeMs: number;
  readonly #histograms: OpenHistograms;
  #created = 0;

  constructor(memory: HeadMemory, rangeMs: number) {
    this.#memory = memory;
    this.#rangeMs = rangeMs;
    this.#histograms = new OpenHistograms(memory, rangeMs);
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
  appendHistogram(row: number, time: number, sample: FlatHistogram): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    if (words[2 * at + OPEN_EXTENT] !== 0) this.#seal(row, doubles, words, at);
    this.#histograms.append(row, time, sample);
  }

  /** Takes note of an open chunk that somebody else put into its row. */
  countRestored(): void {
    this.#created++;
  }

  /** Puts a sealed chunk, which begins after the row's last sample, behind it. The open chunk ends before. */
  addSealed(row: number, chunk: number): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const open = this.#memory.openHistogram(row);
    if (open !== null) this.#histograms.seal(row, open);
    else if (words[2 * at + OPEN_EXTENT] !== 0) this.#seal(row, doubles, words, at);
    this.#memory.sealed.setOlder(chunk, words[2 * at + NEWEST_SEALED]!);
    words[2 * at + NEWEST_SEALED] = chunk;
    doubles[at + LAST_TIME] = this.#memory.sealed.lastTime(chunk);
    this.#created++;
  }

  /** Appends a sample that is newer than the row's last one; cuts chunks by the rules of `chunk/cut-rule.ts`. */
  append(row: number, time: number, low: number, high: number): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const w = 2 * at;
    if (words[w + OPEN_EXTENT] === 0) {
      if (words[w + OPEN_HISTOGRAM] !== 0 && this.#endHistograms(row, time, low, high)) return;
      this.#begin(doubles, words, at, time);
    } else {
      const used = xorByteLength(words, at);
      if (words[w + OPEN_COUNT] === CHUNK_SAMPLES_PREDICT) this.#predict(row, doubles, at);
      if (time >= doubles[at + NEXT_CUT]! || words[w + OPEN_COUNT]! >= CHUNK_SAMPLES_MAX || used > CHUNK_BYTES_CUT) {
        this.#seal(row, doubles, words, at);
        this.#begin(doubles, words, at, time);
      } else if (used + XOR_APPEND_BYTES_MAX > words[w + OPEN_UNITS]! * EXTENT_UNIT_BYTES) {
        this.#grow(words, w, used);
      }
    }
    const extent = words[w + OPEN_EXTENT]!;
    const slab = extentSlab(extent);
    const start = extentOffset(extent);
    // The chunk's header gets its count with the seal: readers have it from their snapshot.
    xorAppend(this.#memory.extents.bytes[slab]!, start, doubles, words, at, time, low, high);
  }

  /**
   * The row's last sample was a histogram: its chunk ends. A stale marker becomes one of a histogram instead, so that
   * it does not need a chunk; then returns true.
   */
  #endHistograms(row: number, time: number, low: number, high: number): boolean {
    const open = this.#memory.openHistogram(row)!;
    const isStale = low >>> 0 === STALE_LOW && high >>> 0 === STALE_HIGH;
    if (isStale) this.#histograms.append(row, time, staleHistogram(open.writer.encoding, 'unknown'));
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

  #predict(row: number, doubles: Float64Array, at: number): void {
    const first = this.#memory.openFirstTime(row);
    doubles[at + NEXT_CUT] = predictedCut(
      first,
      doubles[at + LAST_TIME]!,
      doubles[at + NEXT_CUT]!,
      CHUNK_PREDICT_SHARE,
    );
  }

  #grow(words: Uint32Array, w: number, used: number): void {
    const units = words[w + OPEN_UNITS]!;
    this.#move(words, w, used, Math.min(EXTENT_UNITS_MAX, units + (units >>> 2) + 1));
  }

  /** Ends the open chunk; it moves to an extent of its own size where that saves bytes. */
  #seal(row: number, doubles: Float64Array, words: Uint32Array, at: number): void {
    const w = 2 * at;
    const used = xorByteLength(words, at);
    const first = this.#memory.openFirstTime(row);
    const units = Math.ceil(used / EXTENT_UNIT_BYTES);
    if (units < words[w + OPEN_UNITS]!) this.#move(words, w, used, units);
    this.#writeCount(words[w + OPEN_EXTENT]!, words[w + OPEN_COUNT]!);
    const chunk = this.#memory.sealed.add(
      first,
      doubles[at + LAST_TIME]!,
      words[w + OPEN_EXTENT]!,
      used,
      words[w + OPEN_COUNT]!,
      words[w + NEWEST_SEALED]!,
      ENCODING.xor,
    );
    words[w + NEWEST_SEALED] = chunk;
    this.#memory.unwritten.add(row, doubles[at + REF]!, chunk, first);
    words[w + OPEN_EXTENT] = 0;
    words[w + OPEN_UNITS] = 0;
  }

  #writeCount(extent: number, count: number): void {
    const bytes = this.#memory.extents.bytes[extentSlab(extent)]!;
    const start = extentOffset(extent);
    bytes[start] = count >>> 8;
    bytes[start + 1] = count;
  }

  /** Copies the open chunk to an extent of another size; readers that know the old one may go on. */
  #move(words: Uint32Array, w: number, used: number, units: number): void {
    const { extents } = this.#memory;
    const from = words[w + OPEN_EXTENT]!;
    const to = extents.allocate(units);
    const source = extents.bytes[extentSlab(from)]!;
    const target = extents.bytes[extentSlab(to)]!;
    const sourceStart = extentOffset(from);
    const targetStart = extentOffset(to);
    for (let i = 0; i < used; i++) target[targetStart + i] = source[sourceStart + i]!;
    this.#memory.retireExtent(from, words[w + OPEN_UNITS]!);
    words[w + OPEN_EXTENT] = to;
    words[w + OPEN_UNITS] = units;
  }
}
