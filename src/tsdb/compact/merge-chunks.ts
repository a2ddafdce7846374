import type { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import type { SourceChunk } from './chunk-source.ts';
import { type DecodedChunk, decodeChunk } from './decoded-chunk.ts';
import { encodeSample } from './encode-sample.ts';

/**
 * Makes of the chunks of one series, in any order, chunks that follow each other without overlap. Chunks that overlap
 * no other stay as they are, of equal ones the first stays, and the samples of those that overlap are encoded again,
 * one for each time.
 */
export function mergeChunks(chunks: SourceChunk[], encoder: ChunkEncoder): SourceChunk[] {
  if (followEachOther(chunks)) return chunks;
  const sorted = [...chunks].sort((a, b) => a.minTime - b.minTime || a.maxTime - b.maxTime);
  const merged: SourceChunk[] = [];
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i++]!;
    const group = [first];
    let end = first.maxTime;
    for (let last = first; i < sorted.length && sorted[i]!.minTime <= end; i++) {
      const next = sorted[i]!;
      if (isSameChunk(last, next)) continue;
      group.push(next);
      end = Math.max(end, next.maxTime);
      last = next;
    }
    if (group.length === 1) merged.push(first);
    else for (const chunk of mergeSamples(group.map(decodeChunk), encoder)) merged.push(chunk);
  }
  return merged;
}

function followEachOther(chunks: readonly SourceChunk[]): boolean {
  for (let i = 1; i < chunks.length; i++) if (chunks[i]!.minTime <= chunks[i - 1]!.maxTime) return false;
  return true;
}

function isSameChunk(a: SourceChunk, b: SourceChunk): boolean {
  if (a.minTime !== b.minTime || a.maxTime !== b.maxTime || a.encoding !== b.encoding) return false;
  if (a.bytes.length !== b.bytes.length) return false;
  for (let i = 0; i < a.bytes.length; i++) if (a.bytes[i] !== b.bytes[i]) return false;
  return true;
}

/**
 * One sample for each time of any chunk. Which one, where several have the time, is the reference's choice, which it
 * calls random: reading goes on in one chunk as long as its next sample comes before those of the others, and at equal
 * times another one is read. It begins with the second chunk; so of two chunks with the same times, the first's samples
 * are taken.
 */
function mergeSamples(chunks: readonly DecodedChunk[], encoder: ChunkEncoder): SourceChunk[] {
  const order = [...chunks.slice(1), chunks[0]!];
  const positions = new Uint32Array(order.length);
  let at = 0;
  let last = Number.NEGATIVE_INFINITY;
  let hasMoved = true;
  for (;;) {
    if (timeAt(order, positions, at) === last) positions[at]!++;
    const other = earliest(order, positions, at);
    if (other >= 0 && timeAt(order, positions, other) <= timeAt(order, positions, at)) {
      at = other;
      hasMoved = true;
      if (timeAt(order, positions, at) === last) continue;
    }
    const time = timeAt(order, positions, at);
    if (time === Number.POSITIVE_INFINITY) return encoder.finish();
    encodeSample(order[at]!, positions[at]!, !hasMoved, encoder);
    hasMoved = false;
    last = time;
    positions[at]!++;
  }
}

/** The time of the next sample of a chunk; Infinity at its end. */
function timeAt(chunks: readonly DecodedChunk[], positions: Uint32Array, chunk: number): number {
  const position = positions[chunk]!;
  return position < chunks[chunk]!.length ? chunks[chunk]!.times[position]! : Number.POSITIVE_INFINITY;
}

/** Which of the chunks but `except` has the next sample; -1 where all are at their end. */
function earliest(chunks: readonly DecodedChunk[], positions: Uint32Array, except: number): number {
  let found = -1;
  let time = Number.POSITIVE_INFINITY;
  for (let i = 0; i < chunks.length; i++) {
    const own = timeAt(chunks, positions, i);
    if (i !== except && own < time) {
      time = own;
      found = i;
    }
  }
  return found;
}
