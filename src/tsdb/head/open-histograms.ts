import { isStaleSum } from '../../kernels/histogram-decode.ts';
import { histogramSampleBytesMax } from '../../kernels/histogram-encode.ts';
import { isStorableStart } from '../../kernels/start-time-encode.ts';
import { xorCountBytes } from '../../kernels/xor-encode.ts';
import { LARGE_EXTENT_BYTES_MAX, largeExtentCapacity } from '../../memory/large-extents.ts';
import {
  CHUNK_PREDICT_SHARE,
  HISTOGRAM_BYTES_TARGET,
  HISTOGRAM_SAMPLES_MIN,
  predictedCut,
  rangeEnd,
} from '../chunk/cut-rule.ts';
import { ENCODING, histogramEncoding } from '../chunk/encoding.ts';
import { firstHistogramBytesMax } from '../chunk/first-histogram-bytes.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import { HistogramChunkWriter, withLayout } from '../chunk/histogram-chunk-writer.ts';
import { type Continuation, continueCounter, continueGauge } from '../chunk/histogram-continuation.ts';
import { CHUNK_RESET, layoutBytesMax } from '../chunk/histogram-layout.ts';
import { recodeHistogramChunk } from '../chunk/recode-histogram-chunk.ts';
import type { HeadMemory } from './head-memory.ts';
import type { OpenHistogram } from './open-histogram-slots.ts';
import {
  LAST_TIME,
  NEWEST_SEALED,
  NEXT_CUT,
  OPEN_HISTOGRAM,
  REF,
  SERIES_DOUBLES,
  SERIES_ROW_MASK,
  SERIES_SLAB_LOG2,
} from './series-table.ts';

/** An open chunk starts with room for some samples behind the first one, and grows by half. */
const FIRST_BYTES_MIN = 256;

/**
 * The apply step for histograms: samples into the open histogram chunk of their row. As with floats, what comes here was
 * checked and logged, and is newer than the row's last sample. The rules by which chunks are cut, grow and carry their
 * counter reset header are those of the reference.
 */
export class OpenHistograms {
  readonly #memory: HeadMemory;
  readonly #rangeMs: number;
  #created = 0;
  /** New samples go to chunks with start times behind them; without, their start times are dropped. */
  startTimes = false;

  constructor(memory: HeadMemory, rangeMs: number) {
    this.#memory = memory;
    this.#rangeMs = rangeMs;
  }

  /** Chunks begun since the start. */
  get created(): number {
    return this.#created;
  }

  /** Makes sure of room for chunks of so many bytes in total, none larger than `largest`. */
  reserve(chunks: number, bytes: number, largest: number): void {
    this.#memory.large.reserve(bytes, largest);
    this.#memory.sealed.reserve(chunks);
  }

  /** Appends to a row that has no open chunk of floats. */
  append(row: number, time: number, sample: FlatHistogram, startTime: number): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const open = this.#memory.openHistogram(row);
    const start = this.startTimes && isStorableStart(time, startTime) ? startTime : 0;
    const encoding = histogramEncoding(sample.encoding === ENCODING.histogram, this.startTimes);
    if (open === null) {
      this.#begin(row, time, sample, start, firstHeader(sample, null), false);
    } else if (open.writer.sampleEncoding !== sample.encoding) {
      this.seal(row, open);
      this.#begin(row, time, sample, start, firstHeader(sample, null), false);
    } else if (open.writer.encoding !== encoding || this.#isFull(open, doubles, at, time, sample)) {
      const header = firstHeader(sample, open.writer);
      this.seal(row, open);
      this.#begin(row, time, sample, start, header, false);
    } else {
      this.#continue(row, open, time, sample, start);
    }
    doubles[at + LAST_TIME] = time;
  }

  /** Ends the open chunk of a row; it moves to an extent of its own size where that saves bytes. */
  seal(row: number, open: OpenHistogram): void {
    const { records } = this.#memory.series;
    const doubles = records.doubles[row >>> SERIES_SLAB_LOG2]!;
    const words = records.words[row >>> SERIES_SLAB_LOG2]!;
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    const w = 2 * at;
    const { encoding, byteLength, count } = open.writer;
    const capacity = largeExtentCapacity(byteLength);
    if (capacity < open.capacity) this.#move(open, byteLength, capacity);
    const chunk = this.#memory.sealed.add(
      open.firstTime,
      doubles[at + LAST_TIME]!,
      open.extent,
      byteLength,
      count,
      words[w + NEWEST_SEALED]!,
      encoding,
    );
    words[w + NEWEST_SEALED] = chunk;
    this.#memory.unwritten.add(row, doubles[at + REF]!, chunk, open.firstTime);
    this.#memory.openHistograms.release(words[w + OPEN_HISTOGRAM]!);
    words[w + OPEN_HISTOGRAM] = 0;
  }

  /** By time, by size, and where one more sample could be too large for an extent. Predicts the end on the way. */
  #isFull(open: OpenHistogram, doubles: Float64Array, at: number, time: number, sample: FlatHistogram): boolean {
    const { count, byteLength } = open.writer;
    const nextRange = open.endIsPredicted ? rangeEnd(open.firstTime, this.#rangeMs) : doubles[at + NEXT_CUT]!;
    if (!open.endIsPredicted && byteLength >= HISTOGRAM_BYTES_TARGET / CHUNK_PREDICT_SHARE) {
      const timesToFull = HISTOGRAM_BYTES_TARGET / byteLength;
      const end = doubles[at + NEXT_CUT]!;
      doubles[at + NEXT_CUT] = predictedCut(open.firstTime, doubles[at + LAST_TIME]!, end, timesToFull);
      open.endIsPredicted = true;
    }
    if (byteLength + firstHistogramBytesMax(sample) > LARGE_EXTENT_BYTES_MAX || count >= open.writer.countMax)
      return true;
    const isDue = time >= doubles[at + NEXT_CUT]! || byteLength >= 2 * HISTOGRAM_BYTES_TARGET;
    return isDue && (count >= HISTOGRAM_SAMPLES_MIN || time >= nextRange);
  }

  #continue(row: number, open: OpenHistogram, time: number, sample: FlatHistogram, start: number): void {
    const next = continuation(open.writer, sample);
    const grown = next.isWiderThanChunk ? next.layout : null;
    const isTooLarge =
      grown !== null &&
      (open.writer.count + 1) * histogramSampleBytesMax(grown.positiveBuckets + grown.negativeBuckets) +
        layoutBytesMax(grown) >
        LARGE_EXTENT_BYTES_MAX;
    if (!next.fits || isTooLarge) {
      this.seal(row, open);
      // The prediction of the old chunk holds on: a chunk that follows a reset ends with the range.
      this.#begin(row, time, sample, start, headerAfter(next, sample), open.endIsPredicted);
      return;
    }
    if (grown !== null) this.#recode(open, grown);
    const placed = next.layout === null ? sample : withLayout(sample, next.layout);
    open.writer.append(time, placed, start);
    const { byteLength } = open.writer;
    if (byteLength > open.capacity) {
      this.#move(open, byteLength, largeExtentCapacity(withHalf(byteLength)));
    }
    this.#publish(open);
  }

  #begin(
    row: number,
    time: number,
    sample: FlatHistogram,
    start: number,
    header: number,
    endIsPredicted: boolean,
  ): void {
    const { records } = this.#memory.series;
    const { large, openHistograms } = this.#memory;
    const encoding = histogramEncoding(sample.encoding === ENCODING.histogram, this.startTimes);
    const writer = new HistogramChunkWriter(encoding, sample.layout, header);
    writer.begin(time, sample, start);
    const capacity = largeExtentCapacity(Math.max(FIRST_BYTES_MIN, withHalf(writer.byteLength)));
    const open = { writer, extent: large.allocate(capacity), capacity, firstTime: time, endIsPredicted };
    this.#publish(open);
    const at = (row & SERIES_ROW_MASK) * SERIES_DOUBLES;
    records.words[row >>> SERIES_SLAB_LOG2]![2 * at + OPEN_HISTOGRAM] = openHistograms.add(open);
    records.doubles[row >>> SERIES_SLAB_LOG2]![at + NEXT_CUT] = rangeEnd(time, this.#rangeMs);
    this.#created++;
  }

  /** Gives the chunk more buckets; readers that know the old bytes may go on. */
  #recode(open: OpenHistogram, layout: NonNullable<Continuation['layout']>): void {
    const { large } = this.#memory;
    const { extent, capacity } = open;
    const recoded = recodeHistogramChunk(
      large.bytes(extent),
      large.view(extent),
      large.offset(extent),
      open.writer,
      layout,
    );
    const { byteLength } = recoded.writer;
    open.writer = recoded.writer;
    open.capacity = largeExtentCapacity(Math.max(FIRST_BYTES_MIN, withHalf(byteLength)));
    open.extent = large.allocate(open.capacity);
    large.bytes(open.extent).set(recoded.bytes.subarray(0, byteLength), large.offset(open.extent));
    this.#memory.retireLargeExtent(extent, capacity);
  }

  #move(open: OpenHistogram, byteLength: number, capacity: number): void {
    const { large } = this.#memory;
    const { extent: from, capacity: oldCapacity } = open;
    const start = large.offset(from);
    const to = large.allocate(capacity);
    const end = start + Math.min(byteLength, oldCapacity);
    large.bytes(to).set(large.bytes(from).subarray(start, end), large.offset(to));
    this.#memory.retireLargeExtent(from, oldCapacity);
    open.extent = to;
    open.capacity = capacity;
  }

  /** Puts the newest sample to its place, then the count: whoever reads this count finds its bits in place. */
  #publish({ writer, extent }: OpenHistogram): void {
    const { large } = this.#memory;
    const start = large.offset(extent);
    writer.copyTo(large.bytes(extent), start);
    Atomics.store(large.halfWords(extent), start >>> 1, xorCountBytes(writer.countWord));
  }
}

/**
 * True where a sample holds what `before`, the last one of a chunk or another sample, does. Buckets that the sample lacks
 * count as empty; hints are not compared.
 */
export function isSameHistogram(
  {
    sampleEncoding,
    layout,
    counts,
    halves: last,
  }: Pick<HistogramChunkWriter, 'sampleEncoding' | 'layout' | 'counts' | 'halves'>,
  sample: FlatHistogram,
): boolean {
  if (sampleEncoding !== sample.encoding || isStaleSum(last) !== sample.isStale) return false;
  if (sample.isStale) return true;
  if (layout.schema !== sample.layout.schema || layout.zeroThreshold !== sample.layout.zeroThreshold) return false;
  const asGauge = continueGauge({ layout, counts, halves: last, counterReset: CHUNK_RESET.gauge }, sample);
  if (!asGauge.fits || asGauge.isWiderThanChunk) return false;
  const { halves } = asGauge.layout === null ? sample : withLayout(sample, layout);
  for (let i = 0; i < halves.length; i++) if (halves[i] !== last[i]) return false;
  return true;
}

function continuation(chunk: HistogramChunkWriter, sample: FlatHistogram): Continuation {
  return sample.hint === 'gauge' ? continueGauge(chunk, sample) : continueCounter(chunk, sample);
}

/** The header of a chunk that begins by the rules of time and size, or because there is none to go on with. */
function firstHeader(sample: FlatHistogram, before: HistogramChunkWriter | null): number {
  if (sample.hint === 'gauge') return CHUNK_RESET.gauge;
  if (sample.hint === 'reset') return CHUNK_RESET.reset;
  if (before === null) return CHUNK_RESET.unknown;
  const { counterReset } = continueCounter(before, sample);
  if (sample.encoding === ENCODING.histogram || counterReset === CHUNK_RESET.reset) return counterReset;
  return CHUNK_RESET.notReset;
}

/** The header of a chunk that begins because the sample does not fit the chunk before. */
function headerAfter(refused: Continuation, sample: FlatHistogram): number {
  if (sample.hint === 'gauge') return CHUNK_RESET.gauge;
  const { counterReset } = refused;
  if (sample.encoding === ENCODING.histogram || counterReset === CHUNK_RESET.reset) return counterReset;
  return CHUNK_RESET.unknown;
}

function withHalf(byteLength: number): number {
  return Math.min(LARGE_EXTENT_BYTES_MAX, byteLength + (byteLength >>> 1));
}
