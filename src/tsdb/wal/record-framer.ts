import type { LogRecord } from './compressed-samples.ts';
import { RecordCompressor, type WalCompression } from './compression.ts';
import { framedSizeMax, frameRecord, gapToPage } from './framing.ts';

/** A commit of 100,000 samples needs 1.5 MB; keeping more for the next one is not worth the memory. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

/** Makes one run of bytes of the records of a commit: compressed, in fragments with their checksums, as a segment holds them. */
export class RecordFramer {
  readonly #compressor: RecordCompressor;
  #bytes = new Uint8Array(256 * 1024);
  #bytesSaved = 0;

  constructor(compression: WalCompression) {
    this.#compressor = new RecordCompressor(compression);
  }

  /** What `frame` has made, from the beginning; valid until it is called again. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes that compression has saved of the records that were framed last. */
  get bytesSaved(): number {
    return this.#bytesSaved;
  }

  /** Frames records for the place `position` of a segment, on whose distance to the next page it depends; returns their size. */
  frame(records: readonly LogRecord[], position: number): number {
    this.#bytesSaved = 0;
    let end = 0;
    for (const record of records) {
      const { bytes, size, flags, recordSize, checksum } = this.#compressor.compress(record);
      this.#bytesSaved += recordSize - size;
      this.#reserve(end, framedSizeMax(size));
      end = frameRecord(bytes, size, flags, this.#bytes, end, position + end, checksum);
    }
    return end;
  }

  /** Adds zeros behind the first `size` bytes, of which the first stands at `position`, up to the end of the page; returns the size then. */
  fillPage(size: number, position: number): number {
    const end = size + gapToPage(position + size);
    this.#reserve(size, end - size);
    this.#bytes.fill(0, size, end);
    return end;
  }

  /** Lets go of what an unusually large commit has taken. */
  shrink(): void {
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = new Uint8Array(KEPT_BYTES_MAX);
    this.#compressor.shrink();
  }

  #reserve(used: number, more: number): void {
    if (used + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(used + more, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, used));
    this.#bytes = grown;
  }
}
