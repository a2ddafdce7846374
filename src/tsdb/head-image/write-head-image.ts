import type { FileHandle, FileSystem } from '../../std/file-system.ts';
import { FileSystemError } from '../../std/file-system.ts';
import type { HeadChunkFile } from '../chunks-head/head-chunk-writer.ts';
import type { ImagedHead } from '../head/head-filling.ts';
import type { HeadDeletions } from '../tombstones/head-deletions.ts';
import { RecordBuffer } from '../wal/record-buffer.ts';
import { beginFrame, endFrame, FRAME, FRAME_HEADER_BYTES, imageEnd } from './image-frames.ts';
import type { LogPlace } from './log-place.ts';
import { RowSet } from './row-set.ts';
import { RowWriter } from './row-writer.ts';
import { writeSeries } from './series-payload.ts';
import { SymbolNumbers } from './symbol-numbers.ts';
import { writeTables } from './write-tables.ts';

/** Rows of one step: about half a millisecond. */
const STEP_ROWS = 512;
/** A frame that has so many bytes is written. */
const FRAME_BYTES = 1024 * 1024;
const STEP_EXEMPLARS = 2048;
/** Deletions of some thousand series: a millisecond or two. */
const DELETIONS_FRAME_BYTES = 64 * 1024;

/** The version of what frames hold. */
export const IMAGE_VERSION = 2;
/** That of the numbers in columns: 1 is little-endian. */
export const BYTE_ORDER = new Uint8Array(Uint32Array.of(1).buffer)[0]!;

export interface WriteImageOptions {
  readonly fileSystem: FileSystem;
  /** Where the data directory is, and the image in it. */
  readonly root: string;
  readonly path: string;
  readonly head: ImagedHead;
  /** Where the log stood before the first row is looked at. */
  readonly place: LogPlace;
  /** Makes the files of sealed chunks durable and tells which there are. */
  readonly syncChunks: () => Promise<readonly HeadChunkFile[]>;
  /** Lets the event loop run. */
  readonly pause: () => Promise<unknown>;
  /** True where there is no use of going on. */
  readonly isObsolete: () => boolean;
}

/**
 * Writes an image of the head while samples come: row by row as each stands at its turn, with whatever the log has had
 * from `place` on. Reading the log again from there adds what is newer, and passes over what is not. Series that are
 * taken out meanwhile make it obsolete.
 *
 * Returns the bytes written; null where it was given up. Rejects with a `FileSystemError`. The image appears under its name
 * when it is whole and durable, and all that it leads to is.
 */
export async function writeHeadImage(options: WriteImageOptions): Promise<number | null> {
  const { fileSystem, head, path, root } = options;
  const temporary = `${path}.tmp`;
  const file = fileSystem.openSync(temporary, 'w');
  try {
    const removed = head.directory.removed;
    const isObsolete = () => options.isObsolete() || head.directory.removed !== removed;
    const image = new ImageFile(file);
    const symbols = new SymbolNumbers();
    const rows = new RowWriter(head.memory, symbols);
    const present = await writeRows(image, options, rows, symbols, isObsolete);
    if (present === null) return null;
    await writeRest(image, options);
    const tables = image.size;
    const { pause } = options;
    for (const frame of writeTables(head.memory, head.directory.labelIndex, symbols, present, rows.lookup)) {
      await image.write(frame);
      await pause();
      if (isObsolete()) return null;
    }
    const files = await options.syncChunks();
    if (isObsolete()) return null;
    const trailer = image.size;
    await image.write(trailerFrame(options, files, rows.fileNumbers, present, tables));
    await image.write(imageEnd(trailer));
    await file.sync();
    if (isObsolete()) return null;
    fileSystem.renameSync(temporary, path);
    await fileSystem.syncDirectory(root);
    return image.size;
  } finally {
    file.closeSync();
    fileSystem.removeSync(temporary);
  }
}

class ImageFile {
  size = 0;
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const written = await this.#file.write(bytes, 0, bytes.length, this.size);
    if (written < bytes.length) {
      const cause = `only ${written} of ${bytes.length} bytes were written`;
      throw new FileSystemError('write', this.#file.path, cause, 'ENOSPC');
    }
    this.size += bytes.length;
  }
}

/** The rows that were written; null where the image became obsolete. */
async function writeRows(
  image: ImageFile,
  { head, pause }: WriteImageOptions,
  rows: RowWriter,
  symbols: SymbolNumbers,
  isObsolete: () => boolean,
): Promise<RowSet | null> {
  const { memory } = head;
  const { series } = memory;
  const buffer = new RecordBuffer();
  const present = new RowSet();
  beginFrame(buffer, FRAME.series);
  for (let row = 0; row < series.rowCount; ) {
    const end = Math.min(series.rowCount, row + STEP_ROWS);
    for (; row < end && buffer.size < FRAME_BYTES && rows.bytes < FRAME_BYTES; row++) {
      if (!series.isLive(row)) continue;
      present.add(row);
      if (!rows.add(row)) writeSeries(buffer, memory, symbols, rows.lookup, row);
    }
    const isFull = buffer.size >= FRAME_BYTES || rows.bytes >= FRAME_BYTES;
    if (isFull || row >= series.rowCount) {
      const others = buffer.size > FRAME_HEADER_BYTES ? endFrame(buffer) : null;
      beginFrame(buffer, FRAME.series);
      if (rows.rows > 0) await image.write(rows.take());
      if (others !== null) await image.write(others);
    }
    await pause();
    if (isObsolete()) return null;
  }
  return present;
}

/** As many frames as deletions of so many bytes need. */
function* deletionsFrames(buffer: RecordBuffer, kind: number, deletions: HeadDeletions): Generator<Uint8Array> {
  beginFrame(buffer, kind);
  for (const page of deletions.pages()) {
    for (const [ref, intervals] of page) {
      buffer.uvarint(ref);
      buffer.uvarint(intervals.length / 2);
      for (const time of intervals) buffer.varint(time);
    }
    if (buffer.size < DELETIONS_FRAME_BYTES) continue;
    yield endFrame(buffer);
    beginFrame(buffer, kind);
  }
  if (buffer.size > FRAME_HEADER_BYTES) yield endFrame(buffer);
}

async function writeRest(image: ImageFile, { head, pause }: WriteImageOptions): Promise<void> {
  const buffer = new RecordBuffer();
  beginFrame(buffer, FRAME.otherRefs);
  for (const [ref, others] of head.directory.otherRefs()) {
    buffer.uvarint(ref);
    buffer.uvarint(others.length);
    for (const other of others) buffer.uvarint(other);
  }
  if (buffer.size > FRAME_HEADER_BYTES) await image.write(endFrame(buffer));
  for (const [kind, deletions] of [
    [FRAME.deletions, head.deletions],
    [FRAME.lateDeletions, head.lateDeletions],
  ] as const) {
    for (const frame of deletionsFrames(buffer, kind, deletions)) {
      await image.write(frame);
      await pause();
    }
  }
  const kept = head.exemplars.inOrderOfArrival();
  for (let from = 0; from < kept.length; from += STEP_EXEMPLARS) {
    beginFrame(buffer, FRAME.exemplars);
    for (const { series, exemplar } of kept.slice(from, from + STEP_EXEMPLARS)) {
      buffer.labels(series);
      buffer.labels(exemplar.labels);
      buffer.varint(exemplar.time);
      buffer.float64(exemplar.value);
    }
    await image.write(endFrame(buffer));
    await pause();
  }
}

/**
 * ```text
 * trailer  version uvarint | byte order u8 | chunk range, ms uvarint | segment of the log uvarint | offset uvarint
 *          | checksum uvarint | next ref uvarint | files: count uvarint, (number uvarint | bytes uvarint
 *          | has chunks in order u8 | their newest last time varint | chunks out of order uvarint)*
 *          | files of rows: count uvarint, number uvarint* | rows, free ones included uvarint | series uvarint
 *          | where symbols and pairs begin uvarint
 * ```
 */
function trailerFrame(
  { head, place }: WriteImageOptions,
  files: readonly HeadChunkFile[],
  fileNumbers: readonly number[],
  present: RowSet,
  tablesOffset: number,
): Uint8Array {
  const buffer = new RecordBuffer();
  beginFrame(buffer, FRAME.trailer);
  buffer.uvarint(IMAGE_VERSION);
  buffer.byte(BYTE_ORDER);
  buffer.uvarint(head.chunkRangeMs);
  buffer.uvarint(place.segment);
  buffer.uvarint(place.offset);
  buffer.uvarint(place.checksum);
  buffer.uvarint(head.directory.nextRef);
  buffer.uvarint(files.length);
  for (const { bytes, lastTime, number, outOfOrder } of files) {
    const hasChunks = Number.isFinite(lastTime);
    buffer.uvarint(number);
    buffer.uvarint(bytes);
    buffer.byte(hasChunks ? 1 : 0);
    buffer.varint(hasChunks ? lastTime : 0);
    buffer.uvarint(outOfOrder);
  }
  buffer.uvarint(fileNumbers.length);
  for (const number of fileNumbers) buffer.uvarint(number);
  buffer.uvarint(present.limit);
  buffer.uvarint(present.size);
  buffer.uvarint(tablesOffset);
  return endFrame(buffer);
}
