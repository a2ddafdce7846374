import {
  floatHistogramAppend,
  floatHistogramBegin,
  histogramSampleBytesMax,
  integerHistogramAppend,
  integerHistogramBegin,
} from '../../kernels/histogram-encode.ts';
import { createHistogramState, FIRST_BUCKET, type HistogramState } from '../../kernels/histogram-state.ts';
import { ENCODING } from './encoding.ts';
import type { FlatHistogram } from './flat-histogram.ts';
import type { ChunkEnd } from './histogram-continuation.ts';
import {
  bucketIndexes,
  HISTOGRAM_HEADER_BYTES,
  type HistogramLayout,
  layoutBytesMax,
  writeLayout,
} from './histogram-layout.ts';
import { spreadCounts } from './merge-buckets.ts';

/**
 * Writes one histogram chunk, sample by sample. The chunk lies wherever its owner keeps it: `begin` and `append` encode
 * to a buffer that all writers share, so that the owner can make exactly the room, and `copyTo` puts the new bytes
 * behind those that are there. The header's count is the owner's to write.
 *
 * What comes here was found to fit by `histogram-continuation.ts`, and has its layout, a stale marker excepted.
 */
export class HistogramChunkWriter implements ChunkEnd {
  readonly encoding: number;
  readonly layout: HistogramLayout;
  readonly counterReset: number;
  readonly counts: Float64Array;
  readonly halves: Uint32Array;
  count = 0;
  #bit = 0;
  readonly #state: HistogramState;
  readonly #isInteger: boolean;
  /** Bytes of the chunk before the newest sample that stay as they are. */
  #kept = 0;
  /** The chunk's last byte, which the next sample may begin in. */
  #lastByte = 0;

  constructor(encoding: number, layout: HistogramLayout, counterReset: number) {
    this.encoding = encoding;
    this.layout = layout;
    this.counterReset = counterReset;
    this.#state = createHistogramState(layout.positiveBuckets + layout.negativeBuckets);
    this.#isInteger = encoding === ENCODING.histogram;
    this.counts = this.#isInteger ? new Float64Array(this.#state.values.length) : this.#state.values;
    this.halves = this.#isInteger ? new Uint32Array(this.counts.buffer) : this.#state.halves;
  }

  /** Bytes of the chunk, its header included. */
  get byteLength(): number {
    return (this.#bit + 7) >>> 3;
  }

  /** The first sample, with header and layout. */
  begin(time: number, sample: FlatHistogram): void {
    const { layout } = this;
    const slots = sample.counts.length;
    const bytes = bufferOf(HISTOGRAM_HEADER_BYTES + layoutBytesMax(layout) + histogramSampleBytesMax(slots));
    bytes[0] = 0;
    bytes[1] = 0;
    bytes[2] = this.counterReset;
    const at = writeLayout(bytes, HISTOGRAM_HEADER_BYTES * 8, layout);
    if (this.#isInteger) {
      const { values, halves } = differences(sample, layout.positiveBuckets);
      this.#bit = integerHistogramBegin(bytes, at, this.#state, time, values, halves, slots);
      this.#keepCounts(sample);
    } else {
      this.#bit = floatHistogramBegin(bytes, at, this.#state, time, sample.halves, slots);
    }
    this.#kept = 0;
    this.#lastByte = bytes[this.byteLength - 1]!;
    this.count = 1;
  }

  /** One more sample. */
  append(time: number, sample: FlatHistogram): void {
    const slots = sample.counts.length;
    const bytes = bufferOf(histogramSampleBytesMax(slots));
    const phase = this.#bit & 7;
    this.#kept = this.#bit >>> 3;
    bytes[0] = this.#lastByte;
    let end = 0;
    if (this.#isInteger) {
      const { values, halves } = differences(sample, this.layout.positiveBuckets);
      end = integerHistogramAppend(bytes, phase, this.#state, time, values, halves, slots, sample.isStale);
      this.#keepCounts(sample);
    } else {
      end = floatHistogramAppend(bytes, phase, this.#state, time, sample.halves, slots);
    }
    this.#bit += end - phase;
    this.#lastByte = bytes[(end - 1) >>> 3]!;
    this.count++;
  }

  /**
   * Puts the bytes of the newest sample to their place in the chunk that begins at `bytes[start]` and has room for
   * `byteLength`. A byte that the sample before ends in keeps its bits. Must follow `begin` or `append` at once.
   */
  copyTo(bytes: Uint8Array, start: number): void {
    const from = start + this.#kept;
    const length = this.byteLength - this.#kept;
    for (let i = 0; i < length; i++) bytes[from + i] = encoded[i]!;
  }

  #keepCounts(sample: FlatHistogram): void {
    for (let i = 0; i < sample.counts.length * 2; i++) this.halves[i] = sample.halves[i]!;
  }
}

/** A sample with another layout, which holds all its buckets. */
export function withLayout(sample: FlatHistogram, layout: HistogramLayout): FlatHistogram {
  const { positiveBuckets, negativeBuckets } = layout;
  const counts = new Float64Array(FIRST_BUCKET + positiveBuckets + negativeBuckets);
  const halves = new Uint32Array(counts.buffer);
  for (let i = 0; i < 2 * FIRST_BUCKET; i++) halves[i] = sample.halves[i]!;
  const from = sample.layout;
  spreadCounts(
    bucketIndexes(from.positiveSpans, from.positiveBuckets),
    sample.counts,
    FIRST_BUCKET,
    bucketIndexes(layout.positiveSpans, positiveBuckets),
    counts,
    FIRST_BUCKET,
  );
  spreadCounts(
    bucketIndexes(from.negativeSpans, from.negativeBuckets),
    sample.counts,
    FIRST_BUCKET + from.positiveBuckets,
    bucketIndexes(layout.negativeSpans, negativeBuckets),
    counts,
    FIRST_BUCKET + positiveBuckets,
  );
  return { ...sample, layout, counts, halves };
}

/** Where samples are encoded before they go to their chunk, and the differences between an integer sample's buckets. */
let encoded = new Uint8Array(4096);
let deltas = new Float64Array(512);
let deltaHalves = new Uint32Array(deltas.buffer);

function bufferOf(byteLength: number): Uint8Array {
  if (encoded.length < byteLength) encoded = new Uint8Array(2 * byteLength);
  return encoded;
}

function differences(
  { counts, halves }: FlatHistogram,
  positiveBuckets: number,
): { values: Float64Array; halves: Uint32Array } {
  if (deltas.length < counts.length) {
    deltas = new Float64Array(2 * counts.length);
    deltaHalves = new Uint32Array(deltas.buffer);
  }
  for (let i = 0; i < 2 * FIRST_BUCKET; i++) deltaHalves[i] = halves[i]!;
  const negativeFrom = FIRST_BUCKET + positiveBuckets;
  for (let i = FIRST_BUCKET; i < counts.length; i++) {
    const isFirst = i === FIRST_BUCKET || i === negativeFrom;
    deltas[i] = isFirst ? counts[i]! : counts[i]! - counts[i - 1]!;
  }
  return { values: deltas, halves: deltaHalves };
}
