import { xorDecode } from '../../kernels/xor-decode.ts';
import { extentOffset, extentSlab } from '../../memory/extents.ts';
import { Labels } from '../../model/labels.ts';
import { reserveSampleColumn, type SampleColumn, type TimeRange } from '../../storage/query.ts';
import { ENCODING } from '../chunk/encoding.ts';
import { readHistogramChunk } from '../chunk/read-histogram-chunk.ts';
import {
  SEALED_DOUBLES,
  SEALED_ENCODING,
  SEALED_EXTENT,
  SEALED_FIRST_TIME,
  SEALED_LAST_TIME,
  SEALED_MASK,
  SEALED_OLDER,
  SEALED_SIZE,
  SEALED_SLAB_LOG2,
  sealedByteLength,
} from '../chunk/sealed-chunks.ts';
import { dropIntervals } from '../tombstones/intervals.ts';
import type { HeadSnapshot, NewestSamples } from './head-snapshot.ts';
import type { ReadableHead } from './head-view.ts';

/** Label sets kept for reuse, one for each slot of a table by row: about 16 MB where all are in use. */
const LABELS_KEPT_MAX = 1 << 16;

/**
 * Labels and samples of rows, read in place. The caller holds a pin on the epoch in which it took its snapshot.
 */
export class HeadReader {
  readonly #memory: ReadableHead;
  readonly #keptLabels: (Labels | null)[] = [];
  readonly #keptRefs: number[] = [];
  #chunks = new Uint32Array(64);

  constructor(memory: ReadableHead) {
    this.#memory = memory;
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
    for (let i = 1; i <= length; i++) pairs.push(symbols.text(words[offset + i]!));
    const labels = new Labels(pairs);
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
   * deleted. Where the open chunk surely begins after the range it is not decoded.
   */
  read(snapshot: HeadSnapshot, row: number, { minTime, maxTime }: TimeRange, into: SampleColumn): void {
    into.length = 0;
    into.histograms = null;
    into.startTimes = null;
    if (snapshot.newest !== null && readNewest(snapshot.newest, row, minTime, into)) return;
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
    while (chosen > 0) {
      const chunk = this.#chunks[--chosen]!;
      const words = records.words[chunk >>> SEALED_SLAB_LOG2]!;
      const w = 2 * (chunk & SEALED_MASK) * SEALED_DOUBLES;
      const encoding = words[w + SEALED_ENCODING]! & 0xff;
      this.#decode(
        words[w + SEALED_EXTENT]!,
        sealedByteLength(words, w),
        encoding,
        words[w + SEALED_SIZE]! >>> 16,
        into,
      );
    }
    const extent = snapshot.extents[row]!;
    if (extent !== 0 && !openIsLater) {
      this.#decode(extent, snapshot.byteLengths[row]!, snapshot.encodings[row]!, snapshot.counts[row]!, into);
    }
    trim(into, minTime, maxTime);
    const deleted = snapshot.deleted?.get(row);
    if (deleted !== undefined) dropIntervals(into, deleted);
  }

  #decode(extent: number, byteLength: number, encoding: number, count: number, into: SampleColumn): void {
    if (encoding !== ENCODING.xor) {
      const { large } = this.#memory;
      const from = large.offset(extent);
      const code = readHistogramChunk(large.bytes(extent), large.view(extent), from, byteLength, encoding, count, into);
      if (code < 0) throw new Error(`Cannot decode a histogram chunk of the head in extent ${extent}: code ${code}`);
      return;
    }
    reserveSampleColumn(into, into.length + count);
    const slab = extentSlab(extent);
    const start = extentOffset(extent);
    const { bytes, views } = this.#memory.extents;
    const end = xorDecode(
      bytes[slab]!,
      views[slab]!,
      start,
      start + byteLength,
      count,
      into.times,
      into.bits,
      into.length,
    );
    if (end < 0) throw new Error(`Cannot decode a chunk of the head in extent ${extent}: code ${end}`);
    into.length += count;
  }

  #growChunks(): void {
    const grown = new Uint32Array(2 * this.#chunks.length);
    grown.set(this.#chunks);
    this.#chunks = grown;
  }
}

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

/** Keeps the samples between two times, both included. */
function trim(column: SampleColumn, minTime: number, maxTime: number): void {
  const { times, bits } = column;
  let { length } = column;
  if (length > 0 && times[length - 1]! > maxTime) length = lowerBound(times, length, maxTime + 1);
  const from = length > 0 && times[0]! < minTime ? lowerBound(times, length, minTime) : 0;
  if (from > 0) {
    times.copyWithin(0, from, length);
    bits.copyWithin(0, 2 * from, 2 * length);
  }
  column.length = length - from;
  if (column.histograms === null) return;
  column.histograms.splice(0, from);
  column.histograms.length = Math.min(column.histograms.length, column.length);
}

/** The first index whose time is at least `wanted`. */
function lowerBound(times: Float64Array, length: number, wanted: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
