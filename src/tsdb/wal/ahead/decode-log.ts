import type { FileSystem } from '../../../std/file-system.ts';
import { RecordDecompressor } from '../compression.ts';
import { RecordDecoder } from '../decode-records.ts';
import { createSampleColumns, decodeSamples } from '../decode-samples.ts';
import { SNAPPY_FLAG } from '../framing.ts';
import { RECORD } from '../record-types.ts';
import { SegmentReader } from '../segment-reader.ts';
import { type RingWriter, ringRoom } from './entry-ring.ts';
import type { LogFile, SampleCounts } from './log-ahead.ts';
import { KernelFull, LogKernel } from './log-kernel.ts';
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
  /** What is left of a file is left to the caller, too, once a record could not be looked at. */
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
  file(fileSystem: FileSystem, { path, from }: LogFile, isLast: boolean): boolean {
    const file = fileSystem.openSync(path, 'r');
    this.#sampleRecords = 0;
    this.#leftOut = 0;
    this.#before = { samples: this.#kernel.samples, leftOut: this.#kernel.leftOut };
    try {
      const reader = new SegmentReader(file, this.#recordBytesMax, from, this.#kernel);
      while (reader.next()) {
        if (!this.#takeFrom(reader)) return this.#leaveRest(reader.recordOffset, reader.bad);
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
    const decoded = recordFlags === SNAPPY_FLAG ? this.#kernel.snappy(recordSize) : null;
    if (decoded !== null) return this.#take(decoded, recordOffset, recordEnd);
    const bytes = this.#decompressor.decompress(record, recordSize, recordFlags);
    if (typeof bytes === 'string') return this.#to.unreadable(bytes, recordOffset, recordEnd);
    const copied = this.#kernel.copy(bytes);
    return copied !== null && this.#take(copied, recordOffset, recordEnd);
  }

  #take(record: Uint8Array, offset: number, end: number): boolean {
    try {
      switch (record[0]) {
        case RECORD.samples:
          if (this.#takeSamples(record)) return true;
          break;
        case RECORD.series:
          if (!this.#kernel.takeSeries(record)) return false;
          this.#kernel.giveOut();
          return this.#series(record, offset, end);
        case RECORD.histograms:
        case RECORD.floatHistograms:
        case RECORD.customHistograms:
        case RECORD.customFloatHistograms:
        case RECORD.histogramsV2:
        case RECORD.floatHistogramsV2:
          for (const ref of this.#histogramRefs(record)) this.#kernel.hand(ref);
          this.#kernel.giveOut();
          break;
        case RECORD.exemplars:
        case RECORD.metadata:
          break;
        case RECORD.tombstones:
          this.#kernel.flush();
          this.#kernel.forgetSeries();
          break;
        default:
          this.#kernel.flush();
      }
    } catch (error) {
      if (error instanceof KernelFull) return false;
      throw error;
    }
    return this.#to.record(record, offset, end);
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

  /** A record of many series goes in parts. */
  #series(record: Uint8Array, offset: number, end: number): boolean {
    const room = ringRoom - 1;
    if (record.length <= room) return this.#to.record(record, offset, end);
    for (let from = 1; from < record.length; ) {
      const size = this.#kernel.seriesPart(record, from, record.length, room);
      if (size === 0) return false;
      const part = new Uint8Array(1 + size);
      part[0] = RECORD.series;
      part.set(record.subarray(from, from + size), 1);
      if (!this.#to.record(part, offset, end, from > 1)) return false;
      from += size;
    }
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
