import type { EncodedChunk, MergeChunks } from '../../storage/query.ts';
import { type Intervals, NO_INTERVALS } from '../tombstones/intervals.ts';
import { ChunkEncoder } from './chunk-encoder.ts';
import { type DecodedChunk, decodeChunk } from './decode-chunk.ts';
import { encodeSample } from './encode-sample.ts';
import type { SampleForms } from './sample-forms.ts';

/** Samples of a chunk that is made of overlapping ones; the reference's number. */
export const MERGED_SAMPLES_MAX = 120;

/** As `mergeChunks`, for who reads chunks of several sources; what overlaps is encoded in `forms`. */
export function chunkMerge(forms: SampleForms): MergeChunks {
  let encoder: ChunkEncoder | null = null;
  return (chunks) => mergeChunks(chunks, (encoder ??= new ChunkEncoder(MERGED_SAMPLES_MAX, forms)));
}

/**
 * Makes of the chunks of one series, in any order, chunks that follow each other without overlap. Chunks that overlap
 * no other stay as they are, of equal ones the first stays, and the samples of those that overlap are encoded again,
 * one for each time.
 */
export function mergeChunks<Chunk extends EncodedChunk>(
  chunks: Chunk[],
  encoder: ChunkEncoder,
): (Chunk | EncodedChunk)[] {
  if (followEachOther(chunks)) return chunks;
  const sorted = [...chunks].sort((a, b) => a.minTime - b.minTime || a.maxTime - b.maxTime);
  const merged: (Chunk | EncodedChunk)[] = [];
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
    else for (const chunk of mergeSamples(lastFirst(group.map(decodeChunk)), NO_INTERVALS, encoder)) merged.push(chunk);
  }
  return merged;
}

function followEachOther(chunks: readonly EncodedChunk[]): boolean {
  for (let i = 1; i < chunks.length; i++) if (chunks[i]!.minTime <= chunks[i - 1]!.maxTime) return false;
  return true;
}

function isSameChunk(a: EncodedChunk, b: EncodedChunk): boolean {
  if (a.minTime !== b.minTime || a.maxTime !== b.maxTime || a.encoding !== b.encoding) return false;
  if (a.bytes.length !== b.bytes.length) return false;
  for (let i = 0; i < a.bytes.length; i++) if (a.bytes[i] !== b.bytes[i]) return false;
  return true;
}

/** The order in which the reference reads chunks that it compacts: of two with the same times, the first's samples are taken. */
function lastFirst(chunks: readonly DecodedChunk[]): DecodedChunk[] {
  return [...chunks.slice(1), chunks[0]!];
}

/**
 * One sample for each time of any chunk that is not `gone`. Which one, where several have the time, is the reference's choice,
 * which it calls random: reading goes on in one chunk as long as its next sample comes before those of the others, and at equal
 * times another one is read. It begins with the first of the order.
 */
export function mergeSamples(
  order: readonly DecodedChunk[],
  gone: Intervals,
  encoder: ChunkEncoder,
): readonly EncodedChunk[] {
  const positions = new Uint32Array(order.length);
  let at = 0;
  let last = Number.NEGATIVE_INFINITY;
  let hasMoved = true;
  let next = 0;
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
    while (next < gone.length && gone[next + 1]! < time) next += 2;
    const isGone = next < gone.length && gone[next]! <= time;
    if (!isGone) encodeSample(order[at]!, positions[at]!, !hasMoved, encoder);
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
