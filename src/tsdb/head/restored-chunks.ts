import { SEALED_BYTES_MAX } from '../chunk/sealed-chunks.ts';
import { type HeadChunk, isDecodable } from '../chunks-head/list-head-chunks.ts';
import { REF_LIMIT, RefMap } from '../wal/ref-map.ts';
import type { HeadMemory } from './head-memory.ts';
import type { OpenChunks } from './open-chunks.ts';

/**
 * Chunks of `chunks_head/` that were there at the start, by the ref of their series, until the log names the series.
 * They stay in their files: all that is made is a record for each.
 */
export class RestoredChunks {
  readonly #memory: HeadMemory;
  readonly #newest = new RefMap();
  #overlapping = 0;

  constructor(memory: HeadMemory) {
    this.#memory = memory;
  }

  /** Chunks left out because they are not newer than the one before of their series. */
  get overlapping(): number {
    return this.#overlapping;
  }

  /** Takes a chunk in order. Those of a series come in the order in which they were sealed. */
  add({ count, encoding, firstTime, lastTime, length, offset, series, slot }: HeadChunk): void {
    if (!isDecodable(encoding) || length > SEALED_BYTES_MAX || count === 0 || !(series >= 1 && series < REF_LIMIT))
      return;
    const { sealed } = this.#memory;
    const older = Math.max(0, this.#newest.row(series));
    if (older !== 0 && sealed.lastTime(older) >= firstTime) {
      this.#overlapping++;
      return;
    }
    this.#newest.set(series, sealed.add(firstTime, lastTime, offset, length, count, older, encoding, slot));
  }

  /** The refs that chunks wait for. */
  refs(): number[] {
    const refs: number[] = [];
    this.#newest.forEach((_, ref) => void refs.push(ref));
    return refs;
  }

  /** True where chunks wait for this ref. */
  has(ref: number): boolean {
    return this.#newest.row(ref) >= 0;
  }

  /**
   * Gives a row the chunks that wait for this ref, as far as they overlap nothing that it has; tells of each. They may be older: a
   * series that left the head and came back has several refs in the log, and its chunks are written under the one that it
   * had then, which after a start is the first one again.
   */
  giveTo(ref: number, row: number, openChunks: OpenChunks, tell: (firstTime: number, lastTime: number) => void): void {
    const newest = this.#newest.row(ref);
    if (newest < 0) return;
    this.#newest.delete(ref);
    const { sealed, series } = this.#memory;
    const chain: number[] = [];
    for (let chunk = newest; chunk !== 0; chunk = sealed.older(chunk)) chain.push(chunk);
    while (chain.length > 0) {
      const chunk = chain.pop()!;
      const firstTime = sealed.firstTime(chunk);
      if (firstTime > series.lastTime(row)) {
        openChunks.addSealed(row, chunk);
      } else if (!openChunks.insertSealed(row, chunk)) {
        sealed.release(chunk);
        continue;
      }
      tell(firstTime, sealed.lastTime(chunk));
    }
  }

  /** Gives up what no series asked for. */
  clear(): void {
    const { sealed } = this.#memory;
    this.#newest.forEach((newest, ref) => {
      for (let chunk = newest; chunk !== 0; ) chunk = sealed.release(chunk);
      this.#newest.delete(ref);
    });
  }
}
