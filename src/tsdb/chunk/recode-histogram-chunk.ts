import { isStaleSum } from '../../kernels/histogram-decode.ts';
import { FIRST_BUCKET } from '../../kernels/histogram-state.ts';
import { staleHistogram } from './flat-histogram.ts';
import { HistogramChunkWriter, withLayout } from './histogram-chunk-writer.ts';
import type { HistogramLayout } from './histogram-layout.ts';
import { HistogramChunkReader } from './read-histogram-chunk.ts';

/** What of a writer tells how far its chunk goes. */
export type WrittenChunk = Pick<HistogramChunkWriter, 'encoding' | 'count' | 'byteLength' | 'counterReset'>;

export interface RecodedChunk {
  readonly writer: HistogramChunkWriter;
  /** The chunk is in the first `writer.byteLength` bytes; the header's count is not written. */
  readonly bytes: Uint8Array;
}

/**
 * Writes a chunk again with a layout that holds all buckets of its own; empty buckets come to it. The writer goes on
 * where the last sample ends. Throws where the chunk, which this process wrote, can not be read.
 */
export function recodeHistogramChunk(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  chunk: WrittenChunk,
  layout: HistogramLayout,
): RecodedChunk {
  const { encoding, count, byteLength, counterReset } = chunk;
  const reader = new HistogramChunkReader();
  assertRead(reader.open(bytes, view, offset, byteLength, encoding));
  const recoded = new HistogramChunkWriter(encoding, layout, counterReset);
  let target = new Uint8Array(2 * byteLength + 256);
  for (let i = 0; i < count; i++) {
    assertRead(reader.next());
    const sample = sampleOf(reader, recoded.sampleEncoding, layout);
    if (i === 0) recoded.begin(reader.state.times[0]!, sample, reader.startTime);
    else recoded.append(reader.state.times[0]!, sample, reader.startTime);
    if (recoded.byteLength > target.length) {
      const grown = new Uint8Array(2 * recoded.byteLength);
      grown.set(target);
      target = grown;
    }
    recoded.copyTo(target, 0);
  }
  return { writer: recoded, bytes: target };
}

function sampleOf({ state, counts, layout: from }: HistogramChunkReader, encoding: number, layout: HistogramLayout) {
  if (isStaleSum(state.halves)) return staleHistogram(encoding, 'unknown');
  if (counts !== state.values) for (let i = 0; i < FIRST_BUCKET; i++) counts[i] = state.values[i]!;
  const halves = new Uint32Array(counts.buffer);
  return withLayout({ encoding, hint: 'unknown', isStale: false, layout: from, counts, halves }, layout);
}

function assertRead(code: number): void {
  if (code < 0) throw new Error(`Cannot recode an open histogram chunk: code ${code}`);
}
