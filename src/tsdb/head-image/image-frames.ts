import { crc32 } from '../../std/crc32.ts';
import type { FileHandle } from '../../std/file-system.ts';
import { readUint32 } from '../block/section-scan.ts';
import { DamagedFile } from '../damaged-file.ts';
import type { RecordBuffer } from '../wal/record-buffer.ts';

/**
 * An image of the head (docs/formats/head-image.md):
 *
 * ```text
 * file     frame ... | offset of the last frame f64 | magic 0x4e78486a u32
 * frame    kind u8 | size of the payload u32 | CRC-32 u32 of kind, size and payload | payload
 * ```
 *
 * These numbers are big-endian, and those of payloads too, but for columns, which are as the host has them in memory. The
 * last frame is the trailer, which says what the file is an image of.
 */
export const FRAME = {
  symbols: 1,
  series: 2,
  deletions: 3,
  exemplars: 4,
  trailer: 5,
  lateDeletions: 6,
  rows: 7,
  pairs: 8,
  otherRefs: 9,
  lookup: 10,
  live: 11,
} as const;
export const FRAME_HEADER_BYTES = 9;
export const IMAGE_END_BYTES = 12;
/** That of version 1 ends in 0x69. */
const IMAGE_MAGIC = 0x4e78486a;
const FIRST_IMAGE_MAGIC = 0x4e784869;
/** More than a writer makes: it ends a frame at a MiB, behind the series that passes it. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Begins a frame in `buffer`; `endFrame` completes it. */
export function beginFrame(buffer: RecordBuffer, kind: number): void {
  buffer.begin(kind);
  buffer.reserve(FRAME_HEADER_BYTES);
  buffer.size = FRAME_HEADER_BYTES;
}

/** A copy of the finished frame. */
export function endFrame(buffer: RecordBuffer): Uint8Array {
  const bytes = buffer.take();
  sealFrame(bytes, bytes[0]!);
  return bytes;
}

/** Writes the header of a frame whose payload is in place. */
export function sealFrame(bytes: Uint8Array, kind: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes[0] = kind;
  view.setUint32(1, bytes.length - FRAME_HEADER_BYTES);
  view.setUint32(5, frameChecksum(bytes, bytes.subarray(FRAME_HEADER_BYTES)));
}

/** The bytes behind the last frame, which begins at `offset`. */
export function imageEnd(offset: number): Uint8Array {
  const bytes = new Uint8Array(IMAGE_END_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, offset);
  view.setUint32(8, IMAGE_MAGIC);
  return bytes;
}

/** Where the trailer of an image begins. Throws `DamagedFile`. */
export function trailerOffset(file: FileHandle): number {
  const size = file.sizeSync();
  const bytes = new Uint8Array(IMAGE_END_BYTES);
  const at = size - IMAGE_END_BYTES;
  if (at < 0 || file.readSync(bytes, 0, IMAGE_END_BYTES, at) < IMAGE_END_BYTES) {
    throw new DamagedFile(file.path, 0, `${size} bytes are too few for an image of the head`);
  }
  const view = new DataView(bytes.buffer);
  const magic = view.getUint32(8);
  if (magic === FIRST_IMAGE_MAGIC) throw new DamagedFile(file.path, at, 'it has the layout of an older version');
  if (magic !== IMAGE_MAGIC) throw new DamagedFile(file.path, at, 'the magic number differs');
  const offset = view.getFloat64(0);
  if (!(Number.isInteger(offset) && offset >= 0 && offset + FRAME_HEADER_BYTES <= at)) {
    throw new DamagedFile(file.path, at, 'the offset of the last frame is not in the file');
  }
  return offset;
}

export interface Frame {
  readonly kind: number;
  readonly payload: Uint8Array;
  /** Where the next frame begins. */
  readonly end: number;
}

/** Reads frames one after the other into memory of its own: a payload is valid until the next one is read. */
export class FrameReader {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  /** Aligned for columns. */
  #buffer = new Uint8Array(0);

  constructor(file: FileHandle) {
    this.#file = file;
    this.#size = file.sizeSync();
  }

  /** Reads the frame at `offset`. Throws `DamagedFile`. */
  read(offset: number): Frame {
    const file = this.#file;
    const header = this.#header;
    const damaged = (reason: string) => new DamagedFile(file.path, offset, reason);
    if (file.readSync(header, 0, FRAME_HEADER_BYTES, offset) < FRAME_HEADER_BYTES) throw damaged('the file ends');
    const size = readUint32(header, 1);
    const end = offset + FRAME_HEADER_BYTES + size;
    if (size > FRAME_BYTES_MAX || end > this.#size) throw damaged(`a frame of ${size} bytes does not fit`);
    if (size > this.#buffer.length) this.#buffer = new Uint8Array(size + (size >>> 3));
    const payload = this.#buffer.subarray(0, size);
    if (file.readSync(payload, 0, size, offset + FRAME_HEADER_BYTES) < size) throw damaged('the file ends in a frame');
    if (frameChecksum(header, payload) !== readUint32(header, 5)) throw damaged('the checksum of a frame differs');
    return { kind: header[0]!, payload, end };
  }
}

function frameChecksum(header: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(header.subarray(0, 5), 0));
}
