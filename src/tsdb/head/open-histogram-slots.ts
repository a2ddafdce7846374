import type { HistogramChunkWriter } from '../chunk/histogram-chunk-writer.ts';

/** An open chunk of histograms: its encoder, and where its bytes are. */
export interface OpenHistogram {
  writer: HistogramChunkWriter;
  /** A large extent, and how many bytes it holds. */
  extent: number;
  capacity: number;
  /** The chunk's first time, ms. */
  readonly firstTime: number;
  /** The end of the chunk was predicted; so it stays for a chunk that follows a reset. */
  endIsPredicted: boolean;
}

/**
 * The open histogram chunks by number, from 1. Few series have one, so they are kept apart from the columns that all
 * series share. Only the writer looks here; readers get extent, size and count with their snapshot.
 */
export class OpenHistogramSlots {
  readonly #slots: (OpenHistogram | null)[] = [null];
  readonly #free: number[] = [];
  #wereAny = false;

  /** Chunks that are open. */
  get count(): number {
    return this.#slots.length - 1 - this.#free.length;
  }

  /** True once there was one. */
  get wereAny(): boolean {
    return this.#wereAny;
  }

  add(open: OpenHistogram): number {
    this.#wereAny = true;
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = open;
    return slot;
  }

  get(slot: number): OpenHistogram {
    return this.#slots[slot]!;
  }

  /** Takes a chunk out; its number is given again. */
  release(slot: number): OpenHistogram {
    const open = this.#slots[slot]!;
    this.#slots[slot] = null;
    this.#free.push(slot);
    return open;
  }
}
