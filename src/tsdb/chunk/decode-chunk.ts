import { crc32c } from '../../kernels/crc32c.ts';
import { isStaleSum } from '../../kernels/histogram-decode.ts';
import { FIRST_BUCKET } from '../../kernels/histogram-state.ts';
import type { CounterResetHint } from '../../model/histogram.ts';
import { createSampleColumn, type EncodedChunk } from '../../storage/query.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import type { SourceChunk } from './chunk-source.ts';
import { ENCODING } from './encoding.ts';
import { type FlatHistogram, staleHistogram } from './flat-histogram.ts';
import { CHUNK_RESET } from './histogram-layout.ts';
import { HistogramChunkReader } from './read-histogram-chunk.ts';

/** The samples of one chunk, oldest first. */
export interface DecodedChunk {
  readonly length: number;
  readonly times: Float64Array;
  /** Floats by the halves of their bits; of histograms nothing useful. */
  readonly bits: Uint32Array;
  readonly startTimes: Float64Array | null;
  /** null: floats. */
  readonly histograms: readonly FlatHistogram[] | null;
}

/** The decoders of histograms look further than a chunk reaches. */
const DECODE_AHEAD_BYTES = 32;
const decoder = new ChunkDecoder();

/** Throws an `Error` for a chunk that can not be decoded, and what its place has to say where its checksum is wrong. */
export function decodeChunk(chunk: SourceChunk): DecodedChunk {
  const { bytes, encoding, stated } = chunk;
  if (stated !== undefined && checksumOf(chunk) !== stated.checksum) throw stated.place.damaged(stated.chunk);
  if (encoding === ENCODING.xor || encoding === ENCODING.xor2) {
    const column = createSampleColumn(0);
    const reason = decoder.decode(encoding, bytes, column);
    if (reason !== null) throw undecodable(chunk, reason);
    const { length, times, bits, startTimes } = column;
    return { length, times, bits, startTimes, histograms: null };
  }
  if (encoding === ENCODING.none || encoding > ENCODING.floatHistogramStartTimes) {
    throw undecodable(chunk, `chunk encoding ${encoding} is not known`);
  }
  return decodeHistograms(chunk);
}

function checksumOf({ bytes, encoding }: SourceChunk): number {
  return crc32c(bytes, 0, bytes.length, crc32c(Uint8Array.of(encoding), 0, 1, 0));
}

function decodeHistograms(chunk: EncodedChunk): DecodedChunk {
  const { encoding } = chunk;
  const hasStartTimes = encoding >= ENCODING.histogramStartTimes;
  const isInteger = encoding === ENCODING.histogram || encoding === ENCODING.histogramStartTimes;
  const plain = isInteger ? ENCODING.histogram : ENCODING.floatHistogram;
  const bytes = new Uint8Array(chunk.bytes.length + DECODE_AHEAD_BYTES);
  bytes.set(chunk.bytes);
  const length = ((bytes[0]! << 8) | bytes[1]!) & (hasStartTimes ? 0x3fff : 0xffff);
  const times = new Float64Array(length);
  const startTimes = hasStartTimes ? new Float64Array(length) : null;
  const histograms: FlatHistogram[] = [];
  const reader = new HistogramChunkReader();
  let code = reader.open(bytes, new DataView(bytes.buffer), 0, chunk.bytes.length, encoding);
  for (let i = 0; i < length && code >= 0; i++) {
    code = reader.next();
    if (code < 0) break;
    times[i] = reader.state.times[0]!;
    if (startTimes !== null) startTimes[i] = reader.startTime;
    histograms.push(sampleOf(reader, plain, i));
  }
  if (code < 0) throw undecodable(chunk, `a malformed chunk of ${length} samples (code ${code})`);
  return { length, times, bits: NO_BITS, startTimes, histograms };
}

const NO_BITS = new Uint32Array(0);

function sampleOf({ counterReset, counts, layout, state }: HistogramChunkReader, encoding: number, index: number) {
  const isGauge = counterReset === CHUNK_RESET.gauge;
  const hint: CounterResetHint = isGauge ? 'gauge' : index > 0 ? 'notReset' : 'unknown';
  if (isStaleSum(state.halves)) return staleHistogram(encoding, hint);
  const copy = counts.slice();
  const halves = new Uint32Array(copy.buffer);
  for (let i = 0; i < 2 * FIRST_BUCKET; i++) halves[i] = state.halves[i]!;
  return { encoding, hint, isStale: false, layout, counts: copy, halves };
}

function undecodable({ encoding, minTime, maxTime }: EncodedChunk, reason: string): Error {
  return new Error(`Cannot decode a chunk of encoding ${encoding} from ${minTime} to ${maxTime}: ${reason}`);
}
