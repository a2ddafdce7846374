import type { FileHandle, FileSystem } from '../../../std/file-system.ts';
import { RecordDecompressor } from '../compression.ts';
import { RecordDecoder } from '../decode-records.ts';
import { createSampleColumns, decodeSamples } from '../decode-samples.ts';
import { SNAPPY_FLAG } from '../framing.ts';
import { RECORD } from '../record-types.ts';
import { SegmentReader } from '../segment-reader.ts';
import type { RingWriter } from './entry-ring.ts';
import type { LogFile, SampleCounts } from './log-ahead.ts';
import { BeyondKernel, LogKernel } from './log-kernel.ts';
import type { LogMemory } from './log-kernel-instance.ts';
import { PIECE_BYTES, PieceBoard, type ReadyPiece } from './piece-board.ts';
import { refsOfHistograms } from './refs-of-histograms.ts';

export interface LogDecodingOptions {
  readonly files: readonly LogFile[];
  readonly recordBytesMax: number;
  /** Width of the ranges that chunks are aligned to, ms. */
  readonly chunkRangeMs: number;
  /** Of the kernel, and who makes which piece ready; other threads may have both (`PieceHelper`). */
  readonly memory: LogMemory;
  readonly board: SharedArrayBuffer;
}

/** Reads files of a log to their ends: samples are put into chunks, other records handed over as they are. */
export function decodeLog(fileSystem: FileSystem, options: LogDecodingOptions, to: RingWriter): void {
  const decoding = new LogDecoding(options, to);
  const { files } = options;
  files.every((file, i) => decoding.file(fileSystem, file, i));
  to.finish();
}

class LogDecoding {
  readonly #recordBytesMax: number;
  readonly #to: RingWriter;
  readonly #decompressor: RecordDecompressor;
  readonly #kernel: LogKernel;
  readonly #board: PieceBoard;
  readonly #fileCount: number;
  readonly #columns = createSampleColumns();
  readonly #histogramRefs: (record: Uint8Array) => ReadonlySet<number>;
  /** Of the file at hand: records of samples, and what was left out of those that the kernel did not take. */
  #sampleRecords = 0;
  #leftOut = 0;
  /** Of the file, that the last records were taken from; and one that can not be made ready. */
  #piece = -1;
  #unreadyPiece = -1;
  /** Of the kernel, at the begin of the file. */
  #before = { samples: 0, leftOut: 0 };

  constructor({ board, chunkRangeMs, files, memory, recordBytesMax }: LogDecodingOptions, to: RingWriter) {
    this.#recordBytesMax = recordBytesMax;
    this.#to = to;
    this.#board = new PieceBoard(board, files);
    this.#fileCount = files.length;
    this.#decompressor = new RecordDecompressor(recordBytesMax);
    this.#kernel = new LogKernel(chunkRangeMs, memory, {
      chunks: (bytes) => to.chunks(bytes),
      loose: (samples) => to.loose(samples),
    });
    this.#histogramRefs = refsOfHistograms((visitor) => new RecordDecoder(visitor));
  }

  /** False where it was given up: a record is larger than what can be handed over. */
  file(fileSystem: FileSystem, { path, from, size: known }: LogFile, index: number): boolean {
    const file = fileSystem.openSync(path, 'r');
    this.#sampleRecords = 0;
    this.#leftOut = 0;
    this.#before = { samples: this.#kernel.samples, leftOut: this.#kernel.leftOut };
    try {
      const reader = new SegmentReader(file, this.#recordBytesMax, from, this.#kernel);
      if (known !== undefined && reader.size !== known) throw new Error(`${path} is not what it was`);
      this.#piece = -1;
      this.#unreadyPiece = -1;
      for (;;) {
        const left = this.#takePieces(file, index, reader);
        if (left !== null) return this.#leaveRest(left, reader.bad);
        if (!reader.next()) break;
        if (!this.#takeFrom(reader)) return this.#leaveRest(reader.recordOffset, reader.bad);
        // Series of the records before must not wait for the samples of those that follow.
        this.#to.offer();
      }
      if (index === this.#fileCount - 1) this.#kernel.flush();
      const { bad, end, size, tail } = reader;
      return this.#to.end({ size, bad, tail, end, ...this.#counts }) || this.#leaveRest(from, []);
    } finally {
      file.closeSync();
    }
  }

  #leaveRest(from: number, bad: SegmentReader['bad']): boolean {
    this.#kernel.flush();
    // Where not even that can be handed over, so much is damaged, the file is read from its beginning.
    if (!this.#to.rest({ from, bad, ...this.#counts }))
      this.#to.rest({ from: 0, bad: [], sampleRecords: 0, samples: 0, leftOut: 0 });
    return false;
  }

  /**
   * Takes records that are ready or can be made so, from where the reader is. Null where the next one is for the reader to find;
   * else where one begins that has to be left to the caller, with all that follow.
   */
  #takePieces(file: FileHandle, index: number, reader: SegmentReader): number | null {
    const { pieces } = this.#kernel;
    for (;;) {
      const from = reader.position;
      if (!reader.isClean || from >= reader.size) return null;
      const number = Math.floor(from / PIECE_BYTES);
      if (number === this.#unreadyPiece) return null;
      const helped = number === this.#piece ? null : this.#board.take(index, number);
      this.#piece = number;
      if (helped !== null) {
        const base = number * PIECE_BYTES;
        const first = pieces.find(helped, from - base);
        const left = first < 0 ? null : this.#takeRecords(helped, first, base);
        this.#board.free(helped.slot);
        if (left !== null) return left;
        if (first >= 0) reader.skipTo(base + helped.end);
        if (first >= 0) continue;
      }
      const own = pieces.makeOwnReady(file, from);
      const left = this.#takeRecords(own, 0, own.base);
      if (left !== null) return left;
      const to = own.base + own.end;
      if (to === from) this.#unreadyPiece = number;
      reader.skipTo(to);
    }
  }

  /** Records of a piece, from one on; as `#takePieces`. */
  #takeRecords({ records, slot }: ReadyPiece, from: number, base: number): number | null {
    let at = from;
    try {
      while (at < records) {
        const next = this.#kernel.takeUsual(slot, at, records);
        this.#sampleRecords += next - at;
        if (next > at) {
          at = next;
          continue;
        }
        const { compressed, end, flags, offset, record } = this.#kernel.pieces.record(slot, at, base);
        if (!this.#take(record) && !this.#to.record(compressed, flags, offset, end)) return offset;
        at++;
      }
    } catch (error) {
      if (!(error instanceof BeyondKernel)) throw error;
      const whole = Math.max(0, this.#kernel.recordsTaken - 1);
      this.#sampleRecords += whole;
      return this.#kernel.pieces.record(slot, at + whole, base).offset;
    }
    this.#to.offer();
    return null;
  }

  /** False where the record has to be left to the caller. */
  #takeFrom(reader: SegmentReader): boolean {
    const { record, recordEnd, recordFlags, recordOffset, recordSize } = reader;
    if (record !== this.#kernel.record) return false;
    const decoded = this.#decoded(reader);
    if (typeof decoded === 'string') return this.#to.unreadable(decoded, recordOffset, recordEnd);
    if (decoded === null) return false;
    try {
      if (this.#take(decoded)) return true;
    } catch (error) {
      if (error instanceof BeyondKernel) return false;
      throw error;
    }
    return this.#to.record(record.subarray(0, recordSize), recordFlags, recordOffset, recordEnd);
  }

  /** The record that the reader is at, in the kernel's memory; null where it does not fit, a text where it can not be had. */
  #decoded({ record, recordFlags, recordSize }: SegmentReader): Uint8Array | string | null {
    const decoded = recordFlags === SNAPPY_FLAG ? this.#kernel.snappy(recordSize) : null;
    if (decoded !== null) return decoded;
    const bytes = this.#decompressor.decompress(record, recordSize, recordFlags);
    return typeof bytes === 'string' ? bytes : this.#kernel.copy(bytes);
  }

  /** False where the record is to be handed over; what has to come before it was. */
  #take(record: Uint8Array): boolean {
    switch (record[0]) {
      case RECORD.samples:
        return this.#takeSamples(record);
      case RECORD.series:
        this.#kernel.takeSeries(record);
        this.#kernel.giveOut();
        return false;
      case RECORD.histograms:
      case RECORD.floatHistograms:
      case RECORD.customHistograms:
      case RECORD.customFloatHistograms:
      case RECORD.histogramsV2:
      case RECORD.floatHistogramsV2:
        for (const ref of this.#histogramRefs(record)) this.#kernel.hand(ref);
        this.#kernel.giveOut();
        return false;
      case RECORD.exemplars:
      case RECORD.metadata:
        return false;
      case RECORD.tombstones:
        this.#kernel.flush();
        this.#kernel.forgetSeries();
        return false;
      default:
        this.#kernel.flush();
        return false;
    }
  }

  /** False where whoever gets the record finds out what is wrong with it. */
  #takeSamples(record: Uint8Array): boolean {
    if (!this.#kernel.takeSamples(record)) {
      const leftOut = decodeSamples(record, this.#columns);
      if (leftOut < 0) return false;
      this.#leftOut += leftOut;
      const { bits, length, refs, times } = this.#columns;
      for (let i = 0; i < length; i++) this.#kernel.add(refs[i]!, times[i]!, bits[2 * i]!, bits[2 * i + 1]!);
    }
    this.#sampleRecords++;
    return true;
  }

  get #counts(): SampleCounts {
    const { leftOut, samples } = this.#before;
    return {
      sampleRecords: this.#sampleRecords,
      samples: this.#kernel.samples - samples,
      leftOut: this.#leftOut + this.#kernel.leftOut - leftOut,
    };
  }
}
