import {
  XOR_APPEND_BYTES_MAX,
  XOR_HEADER_BYTES,
  XOR_STATE_DOUBLES,
  xorAppend,
  xorBegin,
  xorByteLength,
} from '../../kernels/xor-encode.ts';
import type { FloatHistogram } from '../../model/histogram.ts';
import { isStale } from '../../model/stale.ts';
import type { EncodedChunk, SampleColumn } from '../../storage/query.ts';
import { CHUNK_SAMPLES_TARGET, HISTOGRAM_BYTES_TARGET, HISTOGRAM_SAMPLES_MIN } from './cut-rule.ts';
import { ENCODING } from './encoding.ts';
import { type FlatHistogram, flatHistogram, staleHistogram } from './flat-histogram.ts';
import { HistogramChunkWriter, withLayout } from './histogram-chunk-writer.ts';
import { continueCounter, continueGauge } from './histogram-continuation.ts';
import { CHUNK_RESET } from './histogram-layout.ts';

/**
 * The samples of a column as chunks, oldest first, for what no chunks are stored of. A chunk ends where the kind of sample
 * changes, where a histogram can not follow the one before in the same chunk, and when it has the size that stored chunks
 * have. Throws where a histogram's spans do not fit its buckets.
 */
export function* chunksOfColumn(column: SampleColumn): Generator<EncodedChunk> {
  let from = 0;
  while (from < column.length) {
    const encoding = encodingAt(column, from);
    let to = from + 1;
    while (to < column.length && encodingAt(column, to) === encoding) to++;
    if (encoding === ENCODING.xor) yield* xorChunks(column, from, to);
    else yield* histogramChunks(column, from, to, encoding);
    from = to;
  }
}

function encodingAt({ histograms, integerCounts }: SampleColumn, at: number): number {
  if (histograms === null || histograms[at] === undefined) return ENCODING.xor;
  return integerCounts?.[at] === 1 ? ENCODING.histogram : ENCODING.floatHistogram;
}

const xorDoubles = new Float64Array(XOR_STATE_DOUBLES);
const xorWords = new Uint32Array(xorDoubles.buffer);
const xorBytes = new Uint8Array(XOR_HEADER_BYTES + CHUNK_SAMPLES_TARGET * XOR_APPEND_BYTES_MAX + 16);

function* xorChunks({ times, bits }: SampleColumn, from: number, to: number): Generator<EncodedChunk> {
  for (let start = from; start < to; start += CHUNK_SAMPLES_TARGET) {
    const end = Math.min(to, start + CHUNK_SAMPLES_TARGET);
    xorBegin(xorBytes, 0, xorWords, 0);
    for (let i = start; i < end; i++) {
      xorAppend(xorBytes, 0, xorDoubles, xorWords, 0, times[i]!, bits[2 * i]!, bits[2 * i + 1]!);
    }
    const bytes = xorBytes.slice(0, xorByteLength(xorWords, 0));
    writeCount(bytes, end - start);
    yield { minTime: times[start]!, maxTime: times[end - 1]!, encoding: ENCODING.xor, bytes };
  }
}

function* histogramChunks(column: SampleColumn, from: number, to: number, encoding: number): Generator<EncodedChunk> {
  const { times, histograms } = column;
  let open: OpenChunk | null = null;
  for (let i = from; i < to; i++) {
    const sample = flatSample(column, i, histograms![i]!, encoding);
    if (open === null) {
      open = new OpenChunk(times[i]!, sample, firstHeader(sample));
      continue;
    }
    const header: number | null = open.follow(times[i]!, sample);
    if (header !== null) {
      yield open.finished();
      open = new OpenChunk(times[i]!, sample, header);
    }
  }
  if (open !== null) yield open.finished();
}

/** The histogram chunk that is being written. */
class OpenChunk {
  readonly #writer: HistogramChunkWriter;
  readonly #minTime: number;
  #maxTime: number;
  #bytes = new Uint8Array(HISTOGRAM_BYTES_TARGET);

  constructor(time: number, sample: FlatHistogram, header: number) {
    this.#writer = new HistogramChunkWriter(sample.encoding, sample.layout, header);
    this.#minTime = time;
    this.#maxTime = time;
    this.#writer.begin(time, sample);
    this.#keep();
  }

  /** Appends a sample. Where it needs a chunk of its own, nothing is done, and what that chunk's header says is given. */
  follow(time: number, sample: FlatHistogram): number | null {
    const isGauge = sample.hint === 'gauge';
    const next = isGauge ? continueGauge(this.#writer, sample) : continueCounter(this.#writer, sample);
    const isFull = this.#writer.byteLength >= HISTOGRAM_BYTES_TARGET && this.#writer.count >= HISTOGRAM_SAMPLES_MIN;
    if (!next.fits || next.isWiderThanChunk || isFull) {
      if (isGauge) return CHUNK_RESET.gauge;
      return this.#writer.counterReset === CHUNK_RESET.gauge ? CHUNK_RESET.unknown : next.counterReset;
    }
    this.#writer.append(time, next.layout === null ? sample : withLayout(sample, next.layout));
    this.#keep();
    this.#maxTime = time;
    return null;
  }

  finished(): EncodedChunk {
    const { byteLength, count, encoding } = this.#writer;
    const bytes = this.#bytes.slice(0, byteLength);
    writeCount(bytes, count);
    return { minTime: this.#minTime, maxTime: this.#maxTime, encoding, bytes };
  }

  #keep(): void {
    const { byteLength } = this.#writer;
    if (byteLength > this.#bytes.length) {
      const grown = new Uint8Array(2 * byteLength);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#writer.copyTo(this.#bytes, 0);
  }
}

function flatSample(column: SampleColumn, at: number, histogram: FloatHistogram, encoding: number): FlatHistogram {
  if (isStale(column.bits, at)) return staleHistogram(encoding, histogram.counterResetHint);
  const flat = flatHistogram(histogram);
  if (flat === null) throw new Error(`Cannot encode a stored histogram: its spans do not fit its buckets`);
  return { ...flat, encoding };
}

/** Nothing is known of what was before the first sample of an answer. */
function firstHeader({ hint }: FlatHistogram): number {
  if (hint === 'gauge') return CHUNK_RESET.gauge;
  return hint === 'reset' ? CHUNK_RESET.reset : CHUNK_RESET.unknown;
}

/** Big-endian, in the first two bytes of every chunk. */
function writeCount(bytes: Uint8Array, count: number): void {
  bytes[0] = count >>> 8;
  bytes[1] = count & 0xff;
}
