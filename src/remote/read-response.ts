import { WIRE_BYTES } from '../kernels/protobuf-fields.ts';
import {
  SNAPPY_TABLE_LENGTH,
  snappyBegin,
  snappyEncodeBlocks,
  snappyEncodedSizeMax,
  snappyLiteral,
} from '../kernels/snappy-encode.ts';
import { writeUvarint } from '../kernels/varint.ts';
import type { SampleColumn } from '../storage/query.ts';
import { MessageTooLarge, MessageWriter } from './read-message-writer.ts';
import { writeHistogram, writeLabels } from './read-samples.ts';
import { SAMPLE_BYTES_MAX, samplesSize, writeSamples } from './sample-messages.ts';

/** Bytes that are compressed at once, in about a millisecond; also those that lie here uncompressed. */
const PIECE_BYTES = 256 * 1024;
/** Samples written between two points at which the work may be interrupted. */
const STEP_SAMPLES = 8192;
const STEP_HISTOGRAMS = 128;
/** A tag and a size. */
const HEADER_BYTES_MAX = 12;

/** Of `QueryResult`, `TimeSeries`. */
const RESULTS = 1;
const TIMESERIES = 1;

/**
 * Writes an unstreamed answer, compressed as it grows: `ReadResponse` (`1 results*`) of `QueryResult` (`1 timeseries*`) of
 * `TimeSeries` (`1 labels*, 2 samples*, 4 histograms*`). Only what is compressed is kept. The size of a result stands before it
 * and is known behind it: a small result is moved behind its header, before that of a large one a literal is put when it ends.
 * Source: Prometheus' `prompb/remote.proto` and `types.proto`.
 */
export class ReadResponse {
  readonly #bytesMax: number;
  readonly #labels: MessageWriter;
  readonly #table = new Uint16Array(SNAPPY_TABLE_LENGTH);
  readonly #packed: Uint8Array[] = [];
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #target = new Uint8Array(snappyEncodedSizeMax(PIECE_BYTES));
  #length = 0;
  /** Bytes before those of the piece. */
  #before = 0;
  /** Where the open result begins in the piece; -1 where its beginning is packed, or none is open. */
  #resultAt = -1;
  /** Then: where its header goes among what is packed, and how many bytes are before it. */
  #resultPlace = 0;
  #resultStart = 0;
  readonly #header = new Uint8Array(HEADER_BYTES_MAX);

  /** Throws `MessageTooLarge` where the answer grows beyond `bytesMax`, uncompressed. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#labels = new MessageWriter(bytesMax);
  }

  beginResult(): void {
    this.#room(HEADER_BYTES_MAX);
    this.#resultAt = this.#length;
  }

  endResult(): void {
    this.#room(HEADER_BYTES_MAX);
    const header = this.#header;
    const at = this.#resultAt;
    this.#resultAt = -1;
    if (at >= 0) {
      const length = writeHeader(header, 0, RESULTS, this.#length - at);
      this.#piece.copyWithin(at + length, at, this.#length);
      this.#piece.set(header.subarray(0, length), at);
      this.#length += length;
      return;
    }
    this.#pack();
    const length = writeHeader(header, 0, RESULTS, this.#before - this.#resultStart);
    this.#packed.splice(this.#resultPlace, 0, snappyLiteral(header, 0, length));
    this.#before += length;
  }

  /** Writes a series of the open result, in steps. `pairs` are name, value, ... */
  *series(pairs: readonly string[], column: SampleColumn): Generator<undefined, void> {
    const labels = this.#labels;
    labels.reset();
    writeLabels(labels, pairs);
    const labelsLength = labels.length;
    const { bits, histograms, length, times } = column;
    // The size of histograms is known when they are written.
    for (let i = 0; histograms !== null && i < length; i++) {
      if (i % STEP_HISTOGRAMS === STEP_HISTOGRAMS - 1) yield;
      const histogram = histograms[i];
      if (histogram !== undefined) writeHistogram(labels, column, i, histogram);
    }
    let size = labels.length;
    for (let from = 0; from < length; from += STEP_SAMPLES) {
      if (from > 0) yield;
      size += samplesSize(times, bits, histograms, from, Math.min(from + STEP_SAMPLES, length));
    }
    this.#room(HEADER_BYTES_MAX);
    this.#length = writeHeader(this.#piece, this.#length, TIMESERIES, size);
    yield* this.#copy(labels.bytes, 0, labelsLength);
    for (let from = 0; from < length; from += SAMPLES_AT_ONCE) {
      const to = Math.min(from + SAMPLES_AT_ONCE, length);
      this.#room((to - from) * SAMPLE_BYTES_MAX);
      this.#length = writeSamples(times, bits, histograms, from, to, this.#piece, this.#length);
      if (from % STEP_SAMPLES === STEP_SAMPLES - SAMPLES_AT_ONCE) yield;
    }
    yield* this.#copy(labels.bytes, labelsLength, labels.length);
  }

  /** All of the answer, as pieces of a snappy block. */
  finish(): readonly Uint8Array[] {
    this.#pack();
    const begin = new Uint8Array(HEADER_BYTES_MAX);
    return joined([begin.subarray(0, snappyBegin(this.#before, begin, 0)), ...this.#packed]);
  }

  *#copy(bytes: Uint8Array, start: number, end: number): Generator<undefined, void> {
    for (let from = start; from < end; ) {
      if (this.#length === PIECE_BYTES) this.#pack();
      const to = Math.min(end, from + PIECE_BYTES - this.#length);
      this.#piece.set(bytes.subarray(from, to), this.#length);
      this.#length += to - from;
      from = to;
      if (from < end) yield;
    }
  }

  #room(size: number): void {
    if (this.#length + size > PIECE_BYTES) this.#pack();
  }

  #pack(): void {
    const resultAt = this.#resultAt;
    if (resultAt >= 0) {
      this.#packPart(0, resultAt);
      this.#resultPlace = this.#packed.length;
      this.#resultStart = this.#before;
      this.#resultAt = -1;
    }
    this.#packPart(Math.max(0, resultAt), this.#length);
    this.#length = 0;
  }

  #packPart(start: number, end: number): void {
    if (start === end) return;
    this.#before += end - start;
    if (this.#before > this.#bytesMax) throw new MessageTooLarge();
    const packedEnd = snappyEncodeBlocks(this.#piece, start, end, this.#target, 0, this.#table);
    this.#packed.push(this.#target.slice(0, packedEnd));
  }
}

/** Small pieces put together: each costs a write to the socket. */
function joined(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  let from = 0;
  let size = 0;
  for (const [index, piece] of pieces.entries()) {
    size += piece.length;
    if (size < JOINED_BYTES_MIN && index < pieces.length - 1) continue;
    all.push(index === from ? piece : Buffer.concat(pieces.slice(from, index + 1), size));
    from = index + 1;
    size = 0;
  }
  return all;
}

const JOINED_BYTES_MIN = 64 * 1024;

/** Samples for which there is always room in a piece. */
const SAMPLES_AT_ONCE = 1024;

function writeHeader(bytes: Uint8Array, at: number, field: number, size: number): number {
  bytes[at] = field * 8 + WIRE_BYTES;
  return writeUvarint(bytes, at + 1, size);
}
