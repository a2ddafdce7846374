import { Labels } from '../../model/labels.ts';
import { runInTurns } from '../../std/turns.ts';
import { timeOrder } from '../../storage/merge-columns.ts';
import { createSampleColumn } from '../../storage/query.ts';
import { ChunkDecoder } from '../chunk/chunk-decoder.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import type { ChunkSource, SourceChunk } from '../chunk/chunk-source.ts';
import { type DecodedChunk, decodeChunk } from '../chunk/decode-chunk.ts';
import { encodeSample } from '../chunk/encode-sample.ts';
import { isFloatEncoding } from '../chunk/encoding.ts';
import type { SampleForms } from '../chunk/sample-forms.ts';
import { HeadReader } from '../head/head-reader.ts';
import type { ReadableHead } from '../head/head-view.ts';
import { orderByLabels } from '../head/sort-rows.ts';
import type { FrozenSamples } from '../out-of-order/out-of-order-store.ts';
import { type Intervals, NO_INTERVALS } from '../tombstones/intervals.ts';

/** Samples of a chunk in a block; the reference's number. */
const CHUNK_SAMPLES_MAX = 120;

/** Out-of-order samples for whoever writes a block of them: plain data, for any thread. */
export interface LateChunks {
  readonly frozen: Pick<FrozenSamples, 'rows' | 'starts' | 'chunks'>;
  /** Only samples between are given, ms; the end is exclusive. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Which chunks are made of them. */
  readonly forms: SampleForms;
}

/**
 * The series with out-of-order samples in the order of their labels. Their chunks, which may overlap, are encoded again
 * as chunks that follow each other, each time once: of several samples the first that came.
 */
export class LateChunkSource implements ChunkSource {
  labels = Labels.EMPTY;
  chunks: readonly SourceChunk[] = [];
  /** Late samples that are deleted are in no memory any more. */
  readonly deleted: Intervals = NO_INTERVALS;
  readonly #head: ReadableHead;
  readonly #late: LateChunks;
  readonly #reader: HeadReader;
  readonly #order: Uint32Array;
  readonly #encoder: ChunkEncoder;
  readonly #decoder = new ChunkDecoder();
  readonly #column = createSampleColumn(256);
  #next = 0;

  /** The main thread holds the pin under which the samples were frozen until the last `next`. */
  constructor(head: ReadableHead, late: LateChunks) {
    this.#head = head;
    this.#late = late;
    this.#encoder = new ChunkEncoder(CHUNK_SAMPLES_MAX, late.forms);
    this.#reader = new HeadReader(head);
    this.#order = runInTurns(orderByLabels(head, late.frozen.rows), null);
  }

  next(): boolean {
    const { frozen } = this.#late;
    while (this.#next < this.#order.length) {
      const place = this.#order[this.#next++]!;
      const found = this.#chunksOf(place);
      if (found.length === 0) continue;
      const row = frozen.rows[place]!;
      this.labels = this.#reader.labels(row);
      const areFloats = found.every(({ encoding }) => isFloatEncoding(encoding));
      this.chunks = areFloats ? this.#mergeFloats(found) : this.#merge(found.map(decodeChunk));
      return true;
    }
    return false;
  }

  close(): void {
    this.#next = this.#order.length;
  }

  /** The chunks that may have samples of the range, in the order in which they came. */
  #chunksOf(place: number): SourceChunk[] {
    const { frozen, maxTime, minTime } = this.#late;
    const found: SourceChunk[] = [];
    for (let at = frozen.starts[place + 1]! - 1; at >= frozen.starts[place]!; at--) {
      const { bytes, encoding, firstTime, lastTime } = this.#head.sealed.get(frozen.chunks[at]!, this.#head.files);
      if (firstTime >= maxTime || lastTime < minTime) continue;
      found.push({ bytes, encoding, minTime: firstTime, maxTime: lastTime });
    }
    return found;
  }

  #mergeFloats(found: readonly SourceChunk[]): SourceChunk[] {
    const { maxTime, minTime } = this.#late;
    const column = this.#column;
    column.length = 0;
    column.startTimes = null;
    for (const { bytes, encoding } of found) {
      const reason = this.#decoder.decode(encoding, bytes, column);
      if (reason !== null) throw new Error(`Cannot decode late samples of ${this.labels}: ${reason}`);
    }
    const { bits, length, startTimes, times } = column;
    const order = timeOrder(times, length);
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < length; i++) {
      const index = order === null ? i : order[i]!;
      const time = times[index]!;
      if (time === last || time < minTime || time >= maxTime) continue;
      last = time;
      const start = startTimes === null ? 0 : startTimes[index]!;
      this.#encoder.float(time, bits[2 * index]!, bits[2 * index + 1]!, start);
    }
    return this.#encoder.finish();
  }

  /** As `#mergeFloats`, with histograms among them. */
  #merge(decoded: readonly DecodedChunk[]): SourceChunk[] {
    const { maxTime, minTime } = this.#late;
    const length = decoded.reduce((sum, chunk) => sum + chunk.length, 0);
    const times = new Float64Array(length);
    /** Which chunk a sample is of. */
    const chunkOf = new Uint32Array(length);
    const firstOf: number[] = [];
    let at = 0;
    for (const [number, chunk] of decoded.entries()) {
      firstOf.push(at);
      times.set(chunk.times.subarray(0, chunk.length), at);
      chunkOf.fill(number, at, at + chunk.length);
      at += chunk.length;
    }
    const order = timeOrder(times, length);
    let last = Number.NEGATIVE_INFINITY;
    let lastIndex = Number.NaN;
    for (let i = 0; i < length; i++) {
      const index = order === null ? i : order[i]!;
      const time = times[index]!;
      if (time === last || time < minTime || time >= maxTime) continue;
      last = time;
      const number = chunkOf[index]!;
      const follows = index === lastIndex + 1 && index !== firstOf[number];
      encodeSample(decoded[number]!, index - firstOf[number]!, follows, this.#encoder);
      lastIndex = index;
    }
    return this.#encoder.finish();
  }
}
