import {
  floatHistogramAppend,
  floatHistogramBegin,
  histogramSampleBytesMax,
  integerHistogramAppend,
  integerHistogramBegin,
} from '../../kernels/histogram-encode.ts';
import { createHistogramState, FIRST_BUCKET, type HistogramState } from '../../kernels/histogram-state.ts';
import { putStartTime, START_TIME_ENCODE_STATE, startTimeHeader } from '../../kernels/start-time-encode.ts';
import { ENCODING, hasStartTimes, plainEncoding } from './encoding.ts';
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
  /** That of the samples that it takes: start times come beside them. */
  readonly sampleEncoding: number;
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
  /** null: the encoding has no start times. */
  readonly #start: Float64Array | null;
  /** The chunk's last byte, which the next sample may begin in. */
  #lastByte = 0;

  constructor(encoding: number, layout: HistogramLayout, counterReset: number) {
    this.encoding = encoding;
    this.layout = layout;
    this.counterReset = counterReset;
    this.#state = createHistogramState(layout.positiveBuckets + layout.negativeBuckets);
    this.sampleEncoding = plainEncoding(encoding);
    this.#isInteger = this.sampleEncoding === ENCODING.histogram;
    this.#start = hasStartTimes(encoding) ? new Float64Array(START_TIME_ENCODE_STATE) : null;
    this.counts = this.#isInteger ? new Float64Array(this.#state.values.length) : this.#state.values;
    this.halves = this.#isInteger ? new Uint32Array(this.counts.buffer) : this.#state.halves;
  }

  /** Bytes of the chunk, its header included. */
  get byteLength(): number {
    return (this.#bit + 7) >>> 3;
  }

  /** The header's first two bytes, as a big-endian number: the count and, beside start times, the counter reset. */
  get countWord(): number {
    return this.#start === null ? this.count : this.count | (this.counterReset << 8);
  }

  /** So many samples fit into the header. */
  get countMax(): number {
    return this.#start === null ? 0xffff : 0x3fff;
  }

  /** The first sample, with header and layout. `startTime` is 0 where the encoding has none. */
  begin(time: number, sample: FlatHistogram, startTime = 0): void {
    const { layout } = this;
    const slots = sample.counts.length;
    const bytes = bufferOf(HISTOGRAM_HEADER_BYTES + layoutBytesMax(layout) + histogramSampleBytesMax(slots));
    bytes[0] = 0;
    bytes[1] = 0;
    bytes[2] = this.#start === null ? this.counterReset : 0;
    const at = writeLayout(bytes, HISTOGRAM_HEADER_BYTES * 8, layout);
    if (this.#isInteger) {
      const { values, halves } = differences(sample, layout.positiveBuckets);
      this.#bit = integerHistogramBegin(bytes, at, this.#state, time, values, halves, slots);
      this.#keepCounts(sample);
    } else {
      this.#bit = floatHistogramBegin(bytes, at, this.#state, time, sample.halves, slots);
    }
    this.#kept = 0;
    this.#bit = this.#putStart(bytes, this.#bit, time, 0, startTime);
    this.#lastByte = bytes[this.byteLength - 1]!;
    this.count = 1;
  }

  /** One more sample. */
  append(time: number, sample: FlatHistogram, startTime = 0): void {
    const slots = sample.counts.length;
    const bytes = bufferOf(histogramSampleBytesMax(slots));
    const previous = this.#state.times[0]!;
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
    const behind = this.#putStart(bytes, end, time, previous, startTime);
    this.#bit += behind - phase;
    this.#lastByte = bytes[(behind - 1) >>> 3]!;
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
    // Readers that know fewer samples do not look at start times that begin behind them.
    if (this.#start !== null) bytes[start + START_TIMES_AT] = startTimeHeader(this.#start);
  }

  /** What stands behind the newest sample, whose bits end at `bit`. Returns the next position. */
  #putStart(bytes: Uint8Array, bit: number, time: number, previous: number, startTime: number): number {
    if (this.#start === null) return bit;
    return putStartTime(bytes, bit, this.count, time, previous, startTime, this.#start);
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

/** Where the header of start times is in the chunk's header. */
const START_TIMES_AT = 2;

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
