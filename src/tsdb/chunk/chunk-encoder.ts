import { histogramSampleBytesMax } from '../../kernels/histogram-encode.ts';
import { isStorableStart } from '../../kernels/start-time-encode.ts';
import { xorAppendRun } from '../../kernels/xor-append-run.ts';
import {
  XOR_APPEND_BYTES_MAX,
  XOR_STATE_COUNT,
  XOR_STATE_DOUBLES,
  xorAppend,
  xorBegin,
  xorByteLength,
} from '../../kernels/xor-encode.ts';
import {
  createXor2State,
  XOR2_APPEND_BYTES_MAX,
  xor2Append,
  xor2Begin,
  xor2ByteLength,
  xor2Fits,
} from '../../kernels/xor2-encode.ts';
import type { EncodedChunk } from '../../storage/query.ts';
import { HISTOGRAM_SAMPLES_MIN } from './cut-rule.ts';
import { ENCODING, histogramEncoding } from './encoding.ts';
import type { FlatHistogram } from './flat-histogram.ts';
import { HistogramChunkWriter, withLayout } from './histogram-chunk-writer.ts';
import { type Continuation, continueCounter, continueGauge } from './histogram-continuation.ts';
import { CHUNK_RESET, layoutBytesMax } from './histogram-layout.ts';
import { recodeHistogramChunk } from './recode-histogram-chunk.ts';
import { PLAIN_FORMS, type SampleForms } from './sample-forms.ts';

/** The state of the XOR kernel counts bits in 16 bits. */
const FLOAT_BYTES_MAX = 8 * 1024 - XOR_APPEND_BYTES_MAX - 1;
/** Where the header of start times is in the header of an XOR2 chunk. */
const START_TIMES_AT = 2;
/** The header of a chunk counts in 16 bits. */
const SAMPLES_MAX = 0xffff;

/** Bytes at which a chunk takes no further sample, by the kind of its samples. */
export interface ChunkByteLimits {
  readonly floats: number;
  /** Counts from `HISTOGRAM_SAMPLES_MIN` samples on. */
  readonly histograms: number;
}

const NO_BYTE_LIMITS: ChunkByteLimits = { floats: Number.POSITIVE_INFINITY, histograms: Number.POSITIVE_INFINITY };

/**
 * Encodes the samples of one series, in the order of their times, into as many chunks as it takes: a new one begins with
 * another kind of sample, after `samplesMax` samples or with more bytes than `byteLimits`, and where a histogram does not continue the chunk. Nothing of the
 * chunks before is known to a new one, so only an explicit hint makes its header tell of a counter reset.
 *
 * A float with a start time needs XOR2, and what follows it stays in that chunk; histograms with and without one are
 * in chunks of their own. `forms` may ask for these encodings for all samples. Start times that can not be told exactly
 * are left out (`isStorableStart`).
 */
export class ChunkEncoder {
  /** How samples without a start time are encoded; may change between the samples of two series. */
  forms: SampleForms;
  readonly #samplesMax: number;
  readonly #byteLimits: ChunkByteLimits;
  readonly #xorBytesMax: number;
  #done: EncodedChunk[] = [];
  /** Of the open chunk. */
  #encoding: number = ENCODING.none;
  #count = 0;
  #minTime = 0;
  #maxTime = 0;
  #bytes = new Uint8Array(2048);
  #view = new DataView(this.#bytes.buffer);
  readonly #doubles = new Float64Array(XOR_STATE_DOUBLES);
  readonly #words = new Uint32Array(this.#doubles.buffer);
  readonly #xor2 = createXor2State();
  #histograms: HistogramChunkWriter | null = null;

  constructor(samplesMax: number, forms: SampleForms = PLAIN_FORMS, byteLimits: ChunkByteLimits = NO_BYTE_LIMITS) {
    this.forms = forms;
    this.#byteLimits = byteLimits;
    this.#xorBytesMax = Math.min(FLOAT_BYTES_MAX, byteLimits.floats);
    this.#samplesMax = Math.min(samplesMax, SAMPLES_MAX);
  }

  /** A float by the halves of its bits; `startTime` is 0 where there is none. */
  float(time: number, low: number, high: number, startTime = 0): void {
    const start = isStorableStart(time, startTime) ? startTime : 0;
    if (start !== 0 || this.#encoding === ENCODING.xor2 || this.forms.xor2) {
      this.#floatWithStart(time, low, high, start);
      return;
    }
    const length = this.#count === 0 ? 0 : xorByteLength(this.#words, 0);
    if (this.#encoding !== ENCODING.xor || this.#count >= this.#samplesMax || length > this.#xorBytesMax) {
      this.#seal();
      this.#encoding = ENCODING.xor;
      this.#minTime = time;
      xorBegin(this.#bytes, 0, this.#words, 0);
    }
    this.#reserve(xorByteLength(this.#words, 0) + XOR_APPEND_BYTES_MAX);
    xorAppend(this.#bytes, 0, this.#doubles, this.#words, 0, time, low, high);
    this.#count = this.#words[XOR_STATE_COUNT]!;
    this.#maxTime = time;
  }

  /** As `float` for those at `order[from..to-1]` in `times` and `bits` (two words each, low first), without start times. */
  floats(times: Float64Array, bits: Uint32Array, order: Uint32Array, from: number, to: number): void {
    const limits = { nextCut: Number.POSITIVE_INFINITY, countMax: this.#samplesMax, bytesMax: this.#xorBytesMax };
    for (let i = from; i < to; i++) {
      const place = order[i]!;
      this.float(times[place]!, bits[2 * place]!, bits[2 * place + 1]!);
      if (this.#encoding !== ENCODING.xor || this.#count < 2) continue;
      const words = this.#words;
      this.#reserve(
        Math.min(FLOAT_BYTES_MAX, xorByteLength(words, 0) + (to - i) * XOR_APPEND_BYTES_MAX) + XOR_APPEND_BYTES_MAX,
      );
      const { length } = this.#bytes;
      const end = xorAppendRun(this.#bytes, 0, length, this.#doubles, words, 0, times, bits, order, i + 1, to, limits);
      this.#count = words[XOR_STATE_COUNT]!;
      if (end > i + 1) this.#maxTime = times[order[end - 1]!]!;
      i = end - 1;
    }
  }

  histogram(time: number, sample: FlatHistogram, startTime = 0): void {
    const start = isStorableStart(time, startTime) ? startTime : 0;
    const encoding = histogramEncoding(
      sample.encoding === ENCODING.histogram,
      start !== 0 || this.forms.histogramStartTimes,
    );
    const writer = this.#histograms;
    const samplesMax = Math.min(this.#samplesMax, writer?.countMax ?? SAMPLES_MAX);
    if (writer === null || this.#encoding !== encoding || this.#count >= samplesMax || this.#isLarge(writer)) {
      this.#beginHistograms(encoding, time, sample, start, firstHeader(sample));
      return;
    }
    const next = sample.hint === 'gauge' ? continueGauge(writer, sample) : continueCounter(writer, sample);
    if (!next.fits) {
      this.#beginHistograms(encoding, time, sample, start, headerAfter(next, sample));
      return;
    }
    const open = next.isWiderThanChunk ? this.#widen(writer, next.layout!) : writer;
    const placed = next.layout === null ? sample : withLayout(sample, next.layout);
    this.#reserve(open.byteLength + histogramSampleBytesMax(placed.counts.length));
    open.append(time, placed, start);
    open.copyTo(this.#bytes, 0);
    this.#count = open.count;
    this.#maxTime = time;
  }

  /** The chunks of everything that came; the encoder is empty again. */
  finish(): EncodedChunk[] {
    this.#seal();
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #floatWithStart(time: number, low: number, high: number, start: number): void {
    const state = this.#xor2;
    // Beyond these times a difference to a start time, or to none, which counts as 0, is not exact.
    const isPlain = !isStorableStart(time, 0) && this.#bytes[START_TIMES_AT] !== 0;
    const isFull = this.#count >= this.#samplesMax || xor2ByteLength(state) > this.#byteLimits.floats;
    if (this.#encoding !== ENCODING.xor2 || isFull || !xor2Fits(state, time) || isPlain) {
      this.#seal();
      this.#encoding = ENCODING.xor2;
      this.#minTime = time;
      xor2Begin(this.#bytes, 0, state);
    }
    this.#reserve(xor2ByteLength(state) + XOR2_APPEND_BYTES_MAX);
    xor2Append(this.#bytes, 0, state, time, low, high, start);
    this.#count = state.count;
    this.#maxTime = time;
  }

  #isLarge({ byteLength }: HistogramChunkWriter): boolean {
    return byteLength > this.#byteLimits.histograms && this.#count > HISTOGRAM_SAMPLES_MIN;
  }

  #beginHistograms(encoding: number, time: number, sample: FlatHistogram, start: number, header: number): void {
    this.#seal();
    const writer = new HistogramChunkWriter(encoding, sample.layout, header);
    this.#reserve(layoutBytesMax(sample.layout) + histogramSampleBytesMax(sample.counts.length) + 8);
    writer.begin(time, sample, start);
    writer.copyTo(this.#bytes, 0);
    this.#histograms = writer;
    this.#encoding = encoding;
    this.#count = 1;
    this.#minTime = time;
    this.#maxTime = time;
  }

  /** Gives the open chunk more buckets. */
  #widen(writer: HistogramChunkWriter, layout: NonNullable<Continuation['layout']>): HistogramChunkWriter {
    const recoded = recodeHistogramChunk(this.#bytes, this.#view, 0, writer, layout);
    this.#reserve(recoded.writer.byteLength);
    this.#bytes.set(recoded.bytes.subarray(0, recoded.writer.byteLength));
    this.#histograms = recoded.writer;
    return recoded.writer;
  }

  #seal(): void {
    if (this.#count > 0) {
      const bytes = this.#bytes.slice(0, this.#byteLength());
      const word = this.#histograms?.countWord ?? this.#count;
      bytes[0] = word >>> 8;
      bytes[1] = word;
      this.#done.push({ encoding: this.#encoding, minTime: this.#minTime, maxTime: this.#maxTime, bytes });
    }
    this.#count = 0;
    this.#encoding = ENCODING.none;
    this.#histograms = null;
  }

  /** Of the open chunk. */
  #byteLength(): number {
    if (this.#histograms !== null) return this.#histograms.byteLength;
    return this.#encoding === ENCODING.xor2 ? xor2ByteLength(this.#xor2) : xorByteLength(this.#words, 0);
  }

  #reserve(byteLength: number): void {
    if (byteLength <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * byteLength);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function firstHeader({ hint }: FlatHistogram): number {
  if (hint === 'gauge') return CHUNK_RESET.gauge;
  return hint === 'reset' ? CHUNK_RESET.reset : CHUNK_RESET.unknown;
}

/** The header of a chunk that begins because the sample does not fit the one before; as the head's. */
function headerAfter({ counterReset }: Continuation, sample: FlatHistogram): number {
  if (sample.hint === 'gauge') return CHUNK_RESET.gauge;
  if (sample.encoding === ENCODING.histogram || counterReset === CHUNK_RESET.reset) return counterReset;
  return CHUNK_RESET.unknown;
}
