import type { ChunkEncoder } from './chunk-encoder.ts';
import type { DecodedChunk } from './decode-chunk.ts';

/**
 * Hands one sample of a chunk to an encoder. `follows`: the sample that was handed over before is the one before it in
 * the same chunk or an earlier one of it; where it is not, nothing is known of a counter reset between the two.
 */
export function encodeSample(chunk: DecodedChunk, index: number, follows: boolean, encoder: ChunkEncoder): void {
  const time = chunk.times[index]!;
  const startTime = chunk.startTimes?.[index] ?? 0;
  if (chunk.histograms === null) {
    encoder.float(time, chunk.bits[2 * index]!, chunk.bits[2 * index + 1]!, startTime);
    return;
  }
  const sample = chunk.histograms[index]!;
  encoder.histogram(time, follows || sample.hint === 'gauge' ? sample : { ...sample, hint: 'unknown' }, startTime);
}
