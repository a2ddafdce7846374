import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Body, createBody, sealBody } from '../../exposition/body.ts';
import { ExpositionError } from '../../exposition/exposition-error.ts';
import { parseOpenMetricsBody } from '../../exposition/open-metrics-format.ts';
import { createExpositionRows, type ExpositionRows, METRIC_TYPES, type MetricType } from '../../exposition/rows.ts';
import { NEWLINE } from '../../kernels/ascii.ts';
import { METADATA, METADATA_STRIDE } from '../../kernels/exposition-metadata.ts';

/** A piece of a file, parsed. */
export interface OpenMetricsPiece {
  readonly bytes: Uint8Array;
  readonly rows: ExpositionRows;
  /** The type that the last TYPE line before a row gives it; rows are asked for in rising order. */
  typeOf(row: number): MetricType;
}

/** Pieces are so long, and as long as their longest line. */
const PIECE_BYTES = 8 * 1024 * 1024;
const END = new TextEncoder().encode('# EOF\n');

/**
 * A file in the OpenMetrics text format, parsed piece by piece as often as needed: it may be larger than the memory. What
 * is no regular file, as a pipe, can be read only once and is kept.
 */
export class OpenMetricsFile {
  readonly #path: string;
  readonly #pieceBytes: number;
  readonly #fd: number;
  /** null: the file is read at its places. */
  readonly #kept: Uint8Array | null;
  readonly #size: number;
  #body: Body;
  readonly #rows = createExpositionRows(64 * 1024);

  /** Throws what `node:fs` throws. */
  constructor(path: string, pieceBytes = PIECE_BYTES) {
    this.#path = path;
    this.#pieceBytes = pieceBytes;
    this.#fd = openSync(path, 'r');
    const stat = fstatSync(this.#fd);
    this.#kept = stat.isFile() ? null : readAll(this.#fd);
    this.#size = this.#kept?.length ?? stat.size;
    this.#body = createBody(pieceBytes + END.length);
  }

  /** One piece after the other; each is valid until the next. Throws `ExpositionError`, its offset that in the file. */
  *pieces(): Generator<OpenMetricsPiece> {
    let type: MetricType = 'unknown';
    for (let at = 0, isFirst = true; at < this.#size || isFirst; isFirst = false) {
      const length = this.#load(at);
      const { bytes } = this.#body;
      try {
        parseOpenMetricsBody(this.#body, this.#rows);
      } catch (error) {
        if (!(error instanceof ExpositionError)) throw error;
        throw new PieceError(error.message, this.#path, at + error.offset);
      }
      const { metadata, metadataCount } = this.#rows;
      let line = 0;
      const typeOf = (row: number): MetricType => {
        for (; line < metadataCount && metadata[METADATA_STRIDE * line + 5]! <= row; line++) {
          const kind = metadata[METADATA_STRIDE * line]!;
          if (kind >= METADATA.type) type = METRIC_TYPES[kind - METADATA.type] ?? 'unknown';
        }
        return type;
      };
      yield { bytes, rows: this.#rows, typeOf };
      typeOf(Number.POSITIVE_INFINITY);
      at += length;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Brings the piece from `at` on into the body, with an end of its own where it is not the last. */
  #load(at: number): number {
    for (let wanted = this.#pieceBytes; ; wanted *= 2) {
      const length = Math.min(wanted, this.#size - at);
      const capacity = length + END.length;
      if (this.#body.bytes.length < capacity + 16) this.#body = createBody(capacity);
      const { bytes } = this.#body;
      this.#read(bytes, length, at);
      let size = length;
      if (at + length < this.#size) {
        size = bytes.lastIndexOf(NEWLINE, length - 1) + 1;
        // A line that is longer than the piece.
        if (size === 0) continue;
        bytes.set(END, size);
        this.#body.size = size + END.length;
      } else {
        this.#body.size = size;
      }
      sealBody(this.#body);
      return size;
    }
  }

  #read(into: Uint8Array, length: number, at: number): void {
    if (this.#kept !== null) {
      into.set(this.#kept.subarray(at, at + length));
      return;
    }
    for (let done = 0; done < length; ) {
      const read = readSync(this.#fd, into, done, length - done, at + done);
      if (read === 0) throw new PieceError('the file has become shorter', this.#path, at + done);
      done += read;
    }
  }
}

/** What is wrong with the file, in the reference's words, and where. */
export class PieceError extends Error {
  override readonly name = 'PieceError';
  readonly path: string;
  readonly offset: number;

  constructor(message: string, path: string, offset: number) {
    super(message);
    this.path = path;
    this.offset = offset;
  }
}

function readAll(fd: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const part = new Uint8Array(64 * 1024);
    const read = readSync(fd, part, 0, part.length, null);
    if (read === 0) break;
    parts.push(part.subarray(0, read));
    size += read;
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
