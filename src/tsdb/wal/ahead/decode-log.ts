import type { FileSystem } from '../../../std/file-system.ts';
import { RecordDecompressor } from '../compression.ts';
import { RecordDecoder } from '../decode-records.ts';
import { createSampleColumns, decodeSamples } from '../decode-samples.ts';
import { SNAPPY_FLAG } from '../framing.ts';
import { RECORD } from '../record-types.ts';
import { SegmentReader } from '../segment-reader.ts';
import type { RingWriter } from './entry-ring.ts';
import type { LogFile, SampleCounts } from './log-ahead.ts';
import { BeyondKernel, LogKernel } from './log-kernel.ts';
import { refsOfHistograms } from './refs-of-histograms.ts';

export interface LogDecodingOptions {
  readonly files: readonly LogFile[];
  readonly recordBytesMax: number;
  /** Width of the ranges that chunks are aligned to, ms. */
  readonly chunkRangeMs: number;
}

/** Reads files of a log to their ends: samples are put into chunks, other records handed over as they are. */
export function decodeLog(fileSystem: FileSystem, options: LogDecodingOptions, to: RingWriter): void {
  const decoding = new LogDecoding(options, to);
  const { files } = options;
  files.every((file, i) => decoding.file(fileSystem, file, i === files.length - 1));
  to.finish();
}

class LogDecoding {
  readonly #recordBytesMax: number;
  readonly #to: RingWriter;
  readonly #decompressor: RecordDecompressor;
  readonly #kernel: LogKernel;
  readonly #columns = createSampleColumns();
  readonly #histogramRefs: (record: Uint8Array) => ReadonlySet<number>;
  /** Of the file at hand: records of samples, and what was left out of those that the kernel did not take. */
  #sampleRecords = 0;
  #leftOut = 0;
  /** Of the kernel, at the begin of the file. */
  #before = { samples: 0, leftOut: 0 };

  constructor({ chunkRangeMs, recordBytesMax }: LogDecodingOptions, to: RingWriter) {
    this.#recordBytesMax = recordBytesMax;
    this.#to = to;
    this.#decompressor = new RecordDecompressor(recordBytesMax);
    this.#kernel = new LogKernel(chunkRangeMs, {
      chunks: (bytes) => to.chunks(bytes),
      loose: (samples) => to.loose(samples),
    });
    this.#histogramRefs = refsOfHistograms((visitor) => new RecordDecoder(visitor));
  }

  /** False where it was given up: a record is larger than what can be handed over. */
  file(fileSystem: FileSystem, { path, from, size: known }: LogFile, isLast: boolean): boolean {
    const file = fileSystem.openSync(path, 'r');
    this.#sampleRecords = 0;
    this.#leftOut = 0;
    this.#before = { samples: this.#kernel.samples, leftOut: this.#kernel.leftOut };
    try {
      const reader = new SegmentReader(file, this.#recordBytesMax, from, this.#kernel);
      if (known !== undefined && reader.size !== known) throw new Error(`${path} is not what it was`);
      while (reader.next()) {
        if (!this.#takeFrom(reader)) return this.#leaveRest(reader.recordOffset, reader.bad);
        // Series of the records before must not wait for the samples of those that follow.
        this.#to.offer();
      }
      if (isLast) this.#kernel.flush();
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
