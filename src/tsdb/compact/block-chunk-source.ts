import type { Labels } from '../../model/labels.ts';
import type { Block } from '../block/block.ts';
import { createChunkMetas } from '../block/series-entries.ts';
import type { ChunkSource, SourceChunk, SourceSymbols } from '../chunk/chunk-source.ts';
import { type Intervals, NO_INTERVALS } from '../tombstones/intervals.ts';

/** The series of an open block that have chunks in a range. Everything is read in place, by blocking reads. */
export class BlockChunkSource implements ChunkSource {
  chunks: readonly SourceChunk[] = [];
  deleted: Intervals = NO_INTERVALS;
  /** Symbols of version 1 are places in the file: too many numbers to keep something for each. */
  readonly symbols: SourceSymbols | null;
  readonly #block: Block;
  readonly #minTime: number;
  readonly #maxTime: number;
  readonly #rows: Uint32Array;
  readonly #words: BlockSymbols;
  readonly #metas = createChunkMetas();
  #at = -1;

  /** Chunks with samples between two times (ms), both included. The block stays its owner's to close, after this. */
  constructor(block: Block, minTime: number, maxTime: number) {
    this.#block = block;
    this.#minTime = minTime;
    this.#maxTime = maxTime;
    this.#rows = block.rowIndex.allRows();
    this.#words = new BlockSymbols(block);
    this.symbols = block.index.version === 1 ? null : this.#words;
  }

  get labels(): Labels {
    return this.#block.index.series.labels(this.#rows[this.#at]!);
  }

  next(): boolean {
    const { chunks, index, tombstones } = this.#block;
    const metas = this.#metas;
    while (++this.#at < this.#rows.length) {
      const row = this.#rows[this.#at]!;
      index.series.chunks(row, metas);
      const found: SourceChunk[] = [];
      for (let i = 0; i < metas.count; i++) {
        const minTime = metas.minTimes[i]!;
        const maxTime = metas.maxTimes[i]!;
        if (maxTime < this.#minTime || minTime > this.#maxTime) continue;
        found.push(chunks.unprovenChunk(metas.refs[i]!, minTime, maxTime));
      }
      if (found.length === 0) continue;
      this.chunks = found;
      this.deleted = tombstones.get(row) ?? NO_INTERVALS;
      if (this.symbols !== null) this.#words.load(row);
      return true;
    }
    return false;
  }

  close(): void {
    this.chunks = [];
  }
}

class BlockSymbols implements SourceSymbols {
  words = new Uint32Array(64);
  length = 0;
  readonly limit: number;
  readonly #block: Block;

  constructor(block: Block) {
    this.#block = block;
    this.limit = block.index.symbols.count;
  }

  bytesOf(symbol: number): Uint8Array {
    return this.#block.index.symbols.bytesOf(symbol);
  }

  load(row: number): void {
    this.length = this.#block.index.series.words(row, this);
    // A number that no symbol has: asking for it throws where it is and why.
    for (let i = 0; i < this.length; i++) if (this.words[i]! >= this.limit) this.bytesOf(this.words[i]!);
  }
}
