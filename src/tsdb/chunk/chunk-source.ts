import type { Labels } from '../../model/labels.ts';
import type { EncodedChunk } from '../../storage/query.ts';
import type { Intervals } from '../tombstones/intervals.ts';

/** An encoded chunk as it lies in head, files and blocks. */
export interface SourceChunk extends EncodedChunk {
  /** What the file that it was read from says of the bytes, where that was not compared yet. */
  readonly stated?: StatedChecksum;
}

/** A checksum that whoever copies the bytes or looks into them compares. */
export interface StatedChecksum {
  /** CRC-32C of the encoding's byte and the bytes. */
  readonly checksum: number;
  /** Where the chunk is, and in what; of use to `place` alone. */
  readonly chunk: number;
  readonly place: ChunkPlace;
}

/** Where chunks were read from. */
export interface ChunkPlace {
  /** What to throw where the checksum of a chunk differs. */
  damaged(chunk: number): Error;
}

/**
 * Series with their chunks, one after the other in the order of their labels: what a block is written from. Whoever
 * reads one may block: it is read in the maintenance worker, or where nothing else runs.
 */
export interface ChunkSource {
  /** Moves on to the next series; false at the end. Throws `DamagedFile` where its chunks can not be read. */
  next(): boolean;
  readonly labels: Labels;
  /** The same labels as numbers, where the source has them so: spares a string for each label of each series. */
  readonly symbols?: SourceSymbols | null;
  /** In the order of their first times, those that overlap the wanted range; they may overlap each other. Valid until `next`. */
  readonly chunks: readonly SourceChunk[];
  /** What is deleted of the series, in the samples of this source alone. */
  readonly deleted: Intervals;
  close(): void;
}

/** The labels of a source's series as numbers of its own, each of which stands for one name or value. */
export interface SourceSymbols {
  /** Every number is below; 4 bytes are kept for each. */
  readonly limit: number;
  /** UTF-8, valid until the next call. */
  bytesOf(symbol: number): Uint8Array;
  /** Name, value, name, value, ... of the series at hand: the first `length` words. Valid until `next`. */
  readonly words: Uint32Array;
  readonly length: number;
}
