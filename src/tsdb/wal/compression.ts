import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { SNAPPY_EXPANSION_MAX, snappyDecode, snappyDecodedSize } from '../../kernels/snappy-decode.ts';
import {
  SNAPPY_TABLE_LENGTH,
  snappyBegin,
  snappyEncode,
  snappyEncodeBlocks,
  snappyEncodedSizeMax,
} from '../../kernels/snappy-encode.ts';
import { type LogRecord, type SampleColumns, SampleCompressor } from './compressed-samples.ts';
import type { SnappyRecord } from './compressed-series.ts';
import { type Checksum, plainChecksum, SNAPPY_FLAG, ZSTD_FLAG } from './framing.ts';
import { KERNEL_SAMPLES_MAX, RecordKernel } from './record-kernel.ts';
import { recordBytes } from './records.ts';

export type WalCompression = 'snappy' | 'zstd' | 'none';

/** A compressed record: the first `size` bytes of `bytes`, which stay valid until the next call. */
export interface CompressedRecord {
  bytes: Uint8Array;
  size: number;
  /** What goes into the fragment's type byte; 0 where compression would not have made the record smaller. */
  flags: number;
  /** Bytes of the record before. */
  recordSize: number;
  /** Of parts of `bytes`. */
  checksum: Checksum;
}

/** Bytes compressed in one step: a millisecond. A multiple of the blocks of snappy. */
const STEP_BYTES = 256 * 1024;

/** One for a thread: what it made is not looked at when the next record comes, whoever writes it. */
let kernel: RecordKernel | null = null;

/** Compresses records one after the other into one buffer of its own. */
export class RecordCompressor {
  readonly #kind: WalCompression;
  readonly #table = new Uint16Array(SNAPPY_TABLE_LENGTH);
  readonly #result: CompressedRecord = {
    bytes: new Uint8Array(0),
    size: 0,
    flags: 0,
    recordSize: 0,
    checksum: plainChecksum,
  };
  #samples = new SampleCompressor();
  #buffer = new Uint8Array(0);

  constructor(kind: WalCompression) {
    this.#kind = kind;
  }

  /** As `compress`, in steps of a millisecond, between which others may compress records. With zstd a record is one step. */
  *compressInSteps(given: LogRecord): Generator<undefined, CompressedRecord> {
    if (this.#kind !== 'snappy') return this.compress(given);
    let record = given;
    if ('refs' in record && record.to - record.from > KERNEL_SAMPLES_MAX) {
      kernel ??= new RecordKernel();
      const snappy = yield* kernel.compressLarge(record);
      record = snappy === null ? recordBytes(record) : { snappy, recordSize: kernel.recordSize };
    }
    if (!(record instanceof Uint8Array) || record.length <= STEP_BYTES) return this.compress(record);
    const room = snappyEncodedSizeMax(record.length);
    if (this.#buffer.length < room) this.#buffer = new Uint8Array(room);
    let end = snappyBegin(record.length, this.#buffer, 0);
    for (let from = 0; from < record.length; from += STEP_BYTES) {
      if (from > 0) yield;
      const to = Math.min(record.length, from + STEP_BYTES);
      end = snappyEncodeBlocks(record, from, to, this.#buffer, end, this.#table);
    }
    if (end >= record.length) return this.#takeAsItIs(record);
    kernel ??= new RecordKernel();
    const result = this.#result;
    result.bytes = this.#buffer;
    result.size = end;
    result.flags = SNAPPY_FLAG;
    result.recordSize = record.length;
    result.checksum = kernel.checksumOf;
    return result;
  }

  compress(given: LogRecord): CompressedRecord {
    const result = this.#result;
    if (this.#kind === 'snappy' && !(given instanceof Uint8Array)) {
      if ('snappy' in given ? this.#takeCompressed(given) : this.#compressSamples(given)) return result;
    }
    result.checksum = plainChecksum;
    const record = recordBytes(given);
    result.recordSize = record.length;
    if (this.#kind === 'snappy' && record.length > 0) {
      const room = snappyEncodedSizeMax(record.length);
      if (this.#buffer.length < room) this.#buffer = new Uint8Array(2 * room);
      result.bytes = this.#buffer;
      result.size = snappyEncode(record, 0, record.length, this.#buffer, 0, this.#table);
      result.flags = SNAPPY_FLAG;
    } else if (this.#kind === 'zstd' && record.length > 0) {
      result.bytes = zstdCompressSync(record, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
      result.size = result.bytes.length;
      result.flags = ZSTD_FLAG;
    } else {
      result.size = record.length;
    }
    return result.size >= record.length ? this.#takeAsItIs(record) : result;
  }

  #takeAsItIs(record: Uint8Array): CompressedRecord {
    const result = this.#result;
    result.bytes = record;
    result.size = record.length;
    result.flags = 0;
    result.recordSize = record.length;
    result.checksum = plainChecksum;
    return result;
  }

  /** False where that would not make the record smaller. */
  #takeCompressed({ snappy, recordSize }: SnappyRecord): boolean {
    if (snappy.length >= recordSize) return false;
    const result = this.#result;
    result.bytes = snappy;
    result.size = snappy.length;
    result.flags = SNAPPY_FLAG;
    result.recordSize = recordSize;
    kernel ??= new RecordKernel();
    result.checksum = kernel.checksumOf;
    return true;
  }

  /** False where that is for the usual way, or would not make the record smaller. */
  #compressSamples(columns: SampleColumns): boolean {
    const result = this.#result;
    kernel ??= new RecordKernel();
    const samples = this.#samples;
    const made = kernel.compress(columns);
    if (made !== null) {
      result.bytes = made;
      result.recordSize = kernel.recordSize;
      result.checksum = kernel.checksum;
    } else if (samples.compress(columns)) {
      result.bytes = samples.bytes.subarray(samples.start, samples.end);
      result.recordSize = samples.recordSize;
      result.checksum = plainChecksum;
    } else {
      return false;
    }
    result.size = result.bytes.length;
    result.flags = SNAPPY_FLAG;
    return result.size < result.recordSize;
  }

  /** Lets go of a buffer that one huge record needed. */
  shrink(): void {
    if (this.#samples.bytes.length > KEPT_BYTES_MAX) this.#samples = new SampleCompressor();
    if (this.#buffer.length > KEPT_BYTES_MAX) this.#buffer = new Uint8Array(0);
    this.#result.bytes = this.#buffer;
  }
}

/** Decompresses records one after the other into one buffer of its own. */
export class RecordDecompressor {
  readonly #recordBytesMax: number;
  #buffer = new Uint8Array(0);

  constructor(recordBytesMax: number) {
    this.#recordBytesMax = recordBytesMax;
  }

  /**
   * The record in `bytes[0..size-1]`, compressed as `flags` say; a view that stays valid until the next call. A string
   * says why it can not be had.
   */
  decompress(bytes: Uint8Array, size: number, flags: number): Uint8Array | string {
    if (flags === 0) return bytes.subarray(0, size);
    if (flags === SNAPPY_FLAG) return this.#snappy(bytes, size);
    try {
      return zstdDecompressSync(bytes.subarray(0, size), { maxOutputLength: this.#recordBytesMax });
    } catch (error) {
      return `zstd: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #snappy(bytes: Uint8Array, size: number): Uint8Array | string {
    const decoded = snappyDecodedSize(bytes, 0, size);
    if (decoded < 0) return 'snappy: malformed size';
    if (decoded > size * SNAPPY_EXPANSION_MAX) return `snappy: ${size} bytes can not hold ${decoded}`;
    if (decoded > this.#recordBytesMax)
      return `a record of ${decoded} bytes is above the limit of ${this.#recordBytesMax}`;
    if (decoded > this.#buffer.length) this.#buffer = new Uint8Array(Math.max(decoded, 2 * this.#buffer.length));
    const made = snappyDecode(bytes, 0, size, this.#buffer, 0, this.#buffer.length);
    if (made < 0) return `snappy: malformed (${made})`;
    return this.#buffer.subarray(0, made);
  }
}

const KEPT_BYTES_MAX = 4 * 1024 * 1024;
