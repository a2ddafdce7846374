import { XOR2_HEADER_BYTES } from '../../kernels/xor2-decode.ts';
import { XOR2_APPEND_BYTES_MAX } from '../../kernels/xor2-encode.ts';
import { EXTENT_UNIT_BYTES, type Extents, extentOffset, extentSlab } from '../../memory/extents.ts';
import { type LargeExtents, largeExtentCapacity } from '../../memory/large-extents.ts';
import type { EncodedChunk } from '../../storage/query.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import { countMask, isFloatEncoding } from '../chunk/encoding.ts';
import type { FlatHistogram } from '../chunk/flat-histogram.ts';
import type { SampleForms } from '../chunk/sample-forms.ts';
import type { SealedChunks } from '../chunk/sealed-chunks.ts';
import { OPEN_SAMPLES_MAX } from './open-samples.ts';

/** Bytes of the largest chunk of floats that so many samples can make, with start times; less than an extent. */
export const SEALED_FLOAT_BYTES_MAX = XOR2_HEADER_BYTES + OPEN_SAMPLES_MAX * XOR2_APPEND_BYTES_MAX;

/** Samples with rising times that become chunks; where `histograms` has an entry the sample is a histogram. */
export interface SamplesToSeal {
  readonly count: number;
  readonly times: Float64Array;
  readonly bits: Uint32Array;
  /** null: none has a start time. */
  readonly startTimes: readonly number[] | null;
  readonly histograms: readonly (FlatHistogram | null)[] | null;
}

/** The memory that chunks go to. */
export interface SealMemory {
  readonly extents: Extents;
  readonly large: LargeExtents;
  readonly sealed: SealedChunks;
}

/** Gives a chunk that there is already, with the one before it set to `newest`; 0 where there is none. */
export type FindChunk = (chunk: EncodedChunk, newest: number) => number;

const IN_ORDER = Uint32Array.from({ length: OPEN_SAMPLES_MAX }, (_, i) => i);
const encoder = new ChunkEncoder(OPEN_SAMPLES_MAX);

/**
 * Puts the samples of one series into chunks, each before the one that is given: one where all are floats, more where
 * histograms and floats take turns or a histogram does not continue the chunk. Calls back with each, and its first time where it is a new one; returns the newest.
 */
export function sealSamples(
  memory: SealMemory,
  { bits, count, histograms, startTimes, times }: SamplesToSeal,
  older: number,
  forms: SampleForms,
  find: FindChunk | null,
  tell: (chunk: number, firstTime: number | null) => void,
): number {
  encoder.forms = forms;
  const isPlain = histograms === null && startTimes === null;
  if (isPlain) encoder.floats(times, bits, IN_ORDER, 0, count);
  for (let i = isPlain ? count : 0; i < count; i++) {
    const histogram = histograms?.[i] ?? null;
    const start = startTimes === null ? 0 : startTimes[i]!;
    if (histogram === null) encoder.float(times[i]!, bits[2 * i]!, bits[2 * i + 1]!, start);
    else encoder.histogram(times[i]!, histogram, start);
  }
  let newest = older;
  for (const chunk of encoder.finish()) {
    const found = find === null ? 0 : find(chunk, newest);
    newest = found === 0 ? keepChunk(memory, chunk, newest) : found;
    tell(newest, found === 0 ? chunk.minTime : null);
  }
  return newest;
}

function keepChunk(
  { extents, large, sealed }: SealMemory,
  { bytes, encoding, maxTime, minTime }: EncodedChunk,
  older: number,
): number {
  const { length } = bytes;
  let extent: number;
  if (isFloatEncoding(encoding)) {
    extent = extents.allocate(Math.ceil(length / EXTENT_UNIT_BYTES));
    const target = extents.bytes[extentSlab(extent)]!;
    const start = extentOffset(extent);
    for (let i = 0; i < length; i++) target[start + i] = bytes[i]!;
  } else {
    extent = large.allocate(largeExtentCapacity(length));
    large.bytes(extent).set(bytes, large.offset(extent));
  }
  const count = ((bytes[0]! << 8) | bytes[1]!) & countMask(encoding);
  return sealed.add(minTime, maxTime, extent, length, count, older, encoding);
}
