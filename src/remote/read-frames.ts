import { crc32c } from '../kernels/crc32c.ts';
import { uvarintSize, writeUvarint, writeUvarint64 } from '../kernels/varint.ts';
import type { EncodedChunk } from '../storage/query.ts';
import { MessageWriter } from './read-message-writer.ts';
import { writeLabels } from './read-samples.ts';

/** Written frames are handed on when they come to so many bytes: a write for each series would cost more than the series. */
const PIECE_BYTES = 64 * 1024;
/** Far more than the labels of a series can take. */
const LABELS_BYTES_MAX = 256 * 1024 * 1024;

const CHECKSUM_BYTES = 4;
/** Of a field number below 16, which all fields here have. */
const TAG_BYTES = 1;
/** A negative integer takes as many as the format has. */
const NEGATIVE_BYTES = 10;

/**
 * Writes the frames of a streamed answer one behind the other:
 *
 *     size of the message: uvarint | CRC-32C of the message: u32 big-endian | ChunkedReadResponse
 *
 *     ChunkedReadResponse   1 series*          2 index of the query
 *     ChunkedSeries         1 labels*          2 chunks*
 *     Chunk                 1 first time (ms)  2 last time (ms)   3 encoding   4 bytes
 *
 * Fields of value zero are left out. Sizes are summed up first, so that a chunk's bytes are copied once.
 * Source: Prometheus' `docs/querying/remote_read_api.md` and `prompb/types.proto`.
 */
export class FrameWriter {
  readonly #frameBytes: number;
  readonly #labels = new MessageWriter(LABELS_BYTES_MAX);
  #bytes = new Uint8Array(PIECE_BYTES);
  #length = 0;

  /** `frameBytes`: a frame ends with the chunk that reaches so many. */
  constructor(frameBytes: number) {
    this.#frameBytes = frameBytes;
  }

  /** True where what was written should be taken. */
  get isFull(): boolean {
    return this.#length >= PIECE_BYTES;
  }

  /** What was written since the last time; the caller's. */
  take(): Uint8Array {
    const piece = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(PIECE_BYTES);
    this.#length = 0;
    return piece;
  }

  /**
   * Writes the frames of one series, in steps of a frame each. `pairs` are name, value, ...; nothing is written where there is
   * no chunk.
   */
  *series(pairs: readonly string[], chunks: readonly EncodedChunk[], queryIndex: number): Generator<undefined, void> {
    if (chunks.length === 0) return;
    this.#labels.reset();
    writeLabels(this.#labels, pairs);
    const room = this.#frameBytes - textBytes(pairs);
    for (let from = 0; from < chunks.length; ) {
      let to = from;
      for (let left = room; to < chunks.length && (to === from || left > 0); to++) left -= chunkSize(chunks[to]!);
      this.#frame(chunks, from, to, queryIndex);
      from = to;
      if (from < chunks.length) yield;
    }
  }

  #frame(chunks: readonly EncodedChunk[], from: number, to: number, queryIndex: number): void {
    let seriesSize = this.#labels.length;
    for (let i = from; i < to; i++) seriesSize += sizedFieldSize(chunkSize(chunks[i]!));
    const messageSize = sizedFieldSize(seriesSize) + integerSize(queryIndex);
    this.#reserve(uvarintSize(messageSize) + CHECKSUM_BYTES + messageSize + NEGATIVE_BYTES);
    const bytes = this.#bytes;
    const checksumAt = writeUvarint(bytes, this.#length, messageSize);
    const start = checksumAt + CHECKSUM_BYTES;
    let at = writeSizedTag(bytes, start, 1, seriesSize);
    bytes.set(this.#labels.bytes.subarray(0, this.#labels.length), at);
    at += this.#labels.length;
    for (let i = from; i < to; i++) at = writeChunk(bytes, at, chunks[i]!);
    at = writeInteger(bytes, at, 2, queryIndex);
    const checksum = crc32c(bytes, start, at, 0);
    for (let i = 0; i < CHECKSUM_BYTES; i++) bytes[checksumAt + i] = checksum >>> (24 - 8 * i);
    this.#length = at;
  }

  #reserve(size: number): void {
    const wanted = this.#length + size;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** What the labels take of a frame, nearly: without the two bytes before each, as the reference counts. */
function textBytes(pairs: readonly string[]): number {
  let size = 0;
  for (const text of pairs) {
    const length = Buffer.byteLength(text);
    if (length > 0) size += sizedFieldSize(length);
  }
  return size;
}

function chunkSize({ bytes, encoding, maxTime, minTime }: EncodedChunk): number {
  return integerSize(minTime) + integerSize(maxTime) + integerSize(encoding) + sizedFieldSize(bytes.length);
}

function sizedFieldSize(size: number): number {
  return TAG_BYTES + uvarintSize(size) + size;
}

function integerSize(value: number): number {
  if (value === 0) return 0;
  return TAG_BYTES + (value < 0 ? NEGATIVE_BYTES : uvarintSize(value));
}

function writeChunk(bytes: Uint8Array, start: number, chunk: EncodedChunk): number {
  let at = writeSizedTag(bytes, start, 2, chunkSize(chunk));
  at = writeInteger(bytes, at, 1, chunk.minTime);
  at = writeInteger(bytes, at, 2, chunk.maxTime);
  at = writeInteger(bytes, at, 3, chunk.encoding);
  at = writeSizedTag(bytes, at, 4, chunk.bytes.length);
  bytes.set(chunk.bytes, at);
  return at + chunk.bytes.length;
}

/** The tag of a field with bytes, and their number. */
function writeSizedTag(bytes: Uint8Array, at: number, field: number, size: number): number {
  bytes[at] = field * 8 + 2;
  return writeUvarint(bytes, at + TAG_BYTES, size);
}

function writeInteger(bytes: Uint8Array, at: number, field: number, value: number): number {
  if (value === 0) return at;
  bytes[at] = field * 8;
  if (value > 0) return writeUvarint(bytes, at + TAG_BYTES, value);
  return writeUvarint64(bytes, at + TAG_BYTES, value >>> 0, Math.floor(value / 0x100000000) >>> 0);
}
