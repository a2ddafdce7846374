import type { CopiedChunk } from '../chunk/sealed-chunks.ts';
import type { HeadMemory } from './head-memory.ts';
import type { HeadState } from './head-state.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { SeriesDirectory } from './series-directory.ts';

/** A chunk as others have written it. */
export interface WholeChunk extends CopiedChunk {
  /** Of floats: the bits of the last value, lower half first. */
  readonly lastValue: readonly [number, number];
}

export interface ChunkTaking {
  readonly memory: HeadMemory;
  readonly directory: SeriesDirectory;
  readonly openChunks: OpenChunks;
  readonly state: HeadState;
}

/**
 * Puts a chunk behind those that a series has; it is not gone on with, and goes to a file as others that are full. What is in
 * blocks, or in the series' other chunks, is passed over. False where the series is not known, the chunk begins before
 * another one of it ends, or is larger than any.
 */
export function takeChunk(
  { directory, memory, openChunks, state }: ChunkTaking,
  ref: number,
  chunk: WholeChunk,
): boolean {
  const { firstTime, lastTime, lastValue } = chunk;
  const row = directory.refs.row(ref);
  if (row < 0) return false;
  const { sealed, series, unwritten } = memory;
  if (lastTime < state.minValidTime || lastTime <= series.lastTime(row)) return true;
  if (firstTime <= series.lastTime(row)) return false;
  const number = sealed.addCopy(chunk);
  if (number === 0) return false;
  openChunks.addSealed(row, number);
  unwritten.add(row, series.ref(row), number, firstTime);
  memory.setLastValue(row, lastValue[0], lastValue[1]);
  state.minTime = Math.min(state.minTime, firstTime);
  state.maxTime = Math.max(state.maxTime, lastTime);
  return true;
}
