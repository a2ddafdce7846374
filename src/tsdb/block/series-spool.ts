import { readUvarint64, unsignedFromHalves, writeUvarint, writeUvarint64, writeVarint } from '../../kernels/varint.ts';
import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import type { SourceChunk } from '../chunk/chunk-source.ts';
import { DamagedFile } from '../damaged-file.ts';
import { FileSink } from './file-sink.ts';

const WINDOW_BYTES = 256 * 1024;
/** Two times and a reference, each of ten bytes at most. */
const CHUNK_BYTES_MAX = 30;
const PREFIX_BYTES_MAX = 20;

/**
 * What the series section of an index tells of chunks, set aside while the symbols of the labels are not known yet: a
 * file of records `length uvarint | number of labels uvarint | chunks as in the entry`. Nobody reads it after a crash.
 */
export class SeriesSpool {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #sink: FileSink;
  #scratch = new Uint8Array(4096);

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#sink = new FileSink(fileSystem, path, WINDOW_BYTES);
  }

  /** Chunks in the order of their times, which do not overlap, and their places. */
  add(labelCount: number, chunks: readonly SourceChunk[], refs: Float64Array): void {
    const wanted = PREFIX_BYTES_MAX + chunks.length * CHUNK_BYTES_MAX;
    if (wanted > this.#scratch.length) this.#scratch = new Uint8Array(2 * wanted);
    const bytes = this.#scratch;
    let at = writeUvarint(bytes, 0, labelCount);
    at = writeUvarint(bytes, at, chunks.length);
    let time = 0;
    for (let i = 0; i < chunks.length; i++) {
      const { minTime, maxTime } = chunks[i]!;
      at = i === 0 ? writeVarint(bytes, at, minTime) : writeDifference(bytes, at, minTime, time);
      at = writeDifference(bytes, at, maxTime, minTime);
      at = i === 0 ? writeUvarint(bytes, at, refs[0]!) : writeVarint(bytes, at, refs[i]! - refs[i - 1]!);
      time = maxTime;
    }
    this.#sink.uvarint(at);
    this.#sink.bytes(bytes, 0, at);
  }

  /** Ends the writing; the records come in the order in which they were added. */
  read(): SpooledSeries {
    this.#sink.finishUnsynced();
    return new SpooledSeries(this.#fileSystem.openSync(this.#path, 'r'));
  }

  abandon(): void {
    this.#sink.abandon();
  }
}

/** The records of a spool, one after the other. */
class SpooledSeries {
  labelCount = 0;
  /** The chunks are in `bytes[start .. end)`, until the next call. */
  bytes = new Uint8Array(WINDOW_BYTES);
  start = 0;
  end = 0;
  readonly #file: FileHandle;
  readonly #size: number;
  /** Bytes of the file up to the end of the window, and those of them that are in it. */
  #position = 0;
  #filled = 0;

  constructor(file: FileHandle) {
    this.#file = file;
    this.#size = file.sizeSync();
  }

  next(): void {
    this.#need(Math.min(PREFIX_BYTES_MAX, this.#size - this.#position + this.#filled - this.end));
    let at = this.#uvarint(this.end);
    const length = value;
    const begin = at - this.end;
    this.#need(begin + length);
    at = this.end + begin;
    const end = at + length;
    this.start = this.#uvarint(at);
    this.labelCount = value;
    this.end = end;
  }

  closeSync(): void {
    this.#file.closeSync();
  }

  #uvarint(at: number): number {
    const next = readUvarint64(this.bytes, at, this.#filled, halves);
    if (next < 0) throw new DamagedFile(this.#file.path, this.#position, 'a malformed integer');
    value = unsignedFromHalves(halves[0]!, halves[1]!);
    return next;
  }

  /** Makes the window hold `count` bytes from `end` on. */
  #need(count: number): void {
    if (this.end + count <= this.#filled) return;
    const rest = this.bytes.subarray(this.end, this.#filled);
    if (count > this.bytes.length) {
      const grown = new Uint8Array(2 * count);
      grown.set(rest);
      this.bytes = grown;
    } else {
      this.bytes.copyWithin(0, this.end, this.#filled);
    }
    this.#filled = rest.length;
    this.end = 0;
    const read = this.#file.readSync(this.bytes, this.#filled, this.bytes.length - this.#filled, this.#position);
    this.#filled += read;
    this.#position += read;
    if (this.#filled < count) throw new DamagedFile(this.#file.path, this.#position, 'the file ends inside a record');
  }
}

let value = 0;
const halves = new Uint32Array(2);

/** Writes `a - b`, which is not negative, exactly even beyond 2^53; returns the offset behind it. */
function writeDifference(bytes: Uint8Array, at: number, a: number, b: number): number {
  const difference = a - b;
  if (difference <= Number.MAX_SAFE_INTEGER) return writeUvarint(bytes, at, difference);
  const aHigh = Math.floor(a / 2 ** 32);
  const bHigh = Math.floor(b / 2 ** 32);
  const low = a - aHigh * 2 ** 32 - (b - bHigh * 2 ** 32);
  return writeUvarint64(bytes, at, low, aHigh - bHigh - (low < 0 ? 1 : 0));
}
