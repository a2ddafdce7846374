import type { LogRecord } from './compressed-samples.ts';
import { RecordCompressor, type WalCompression } from './compression.ts';
import { framedSizeMax, RecordFrames } from './framing.ts';

/** Records of samples and exemplars as they stand from the beginning of a page on: to write them is one call and no work. */
export interface PreparedRecords {
  /** Fragments with their checksums. */
  readonly frames: Uint8Array;
  /** How many records these are, and their bytes before they were compressed. */
  readonly count: number;
  readonly recordBytes: number;
  /** Bytes that compression saved. */
  readonly bytesSaved: number;
}

/** Bytes framed in one step: half a millisecond to one. What a kernel compressed at once is less. */
const STEP_BYTES = 1024 * 1024;

/**
 * Compresses and frames the records of a large commit in steps, whatever is logged between them. Where they will stand is not known by then, but
 * for the place in the page, on which it depends how they are cut into fragments: it is the first one, and the page before ends in zeros.
 */
export class RecordPreparer {
  readonly #compressor: RecordCompressor;

  constructor(compression: WalCompression) {
    this.#compressor = new RecordCompressor(compression);
  }

  /** One list of records at a time. The records are not looked at afterwards. */
  *prepare(records: readonly LogRecord[]): Generator<undefined, PreparedRecords> {
    let target = new Uint8Array(0);
    let end = 0;
    let recordBytes = 0;
    let bytesSaved = 0;
    for (const record of records) {
      const { bytes, checksum, flags, recordSize, size } = yield* this.#compressor.compressInSteps(record);
      recordBytes += recordSize;
      bytesSaved += recordSize - size;
      const needed = end + framedSizeMax(size);
      if (needed > target.length) {
        const grown = new Uint8Array(end === 0 ? needed : 2 * needed);
        grown.set(target.subarray(0, end));
        target = grown;
      }
      const frames = new RecordFrames(bytes, size, flags, checksum);
      end = frames.write(target, end, end, STEP_BYTES);
      while (!frames.isDone) {
        yield;
        end = frames.write(target, end, end, STEP_BYTES);
      }
      yield;
    }
    this.#compressor.shrink();
    return { frames: target.subarray(0, end), count: records.length, recordBytes, bytesSaved };
  }
}
