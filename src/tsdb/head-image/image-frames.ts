import { crc32c } from '../../kernels/crc32c.ts';
import type { FileHandle } from '../../std/file-system.ts';
import { DamagedFile } from '../block/damaged-file.ts';
import { readUint32 } from '../block/section-scan.ts';
import type { RecordBuffer } from '../wal/record-buffer.ts';

/**
 * An image of the head (docs/formats/head-image.md), all numbers big-endian:
 *
 * ```text
 * file     frame ... | offset of the last frame f64 | magic 0x4e784869 u32
 * frame    kind u8 | size of the payload u32 | CRC-32C u32 of kind, size and payload | payload
 * ```
 *
 * The last frame is the trailer, which says what the file is an image of.
 */
export const FRAME = { symbols: 1, series: 2, deletions: 3, exemplars: 4, trailer: 5, lateDeletions: 6 } as const;
export const FRAME_HEADER_BYTES = 9;
export const IMAGE_END_BYTES = 12;
const IMAGE_MAGIC = 0x4e784869;
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
  buffer.view.setUint32(1, buffer.size - FRAME_HEADER_BYTES);
  const crc = crc32c(buffer.bytes, FRAME_HEADER_BYTES, buffer.size, crc32c(buffer.bytes, 0, 5, 0));
  buffer.view.setUint32(5, crc);
  return buffer.take();
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
  if (view.getUint32(8) !== IMAGE_MAGIC) throw new DamagedFile(file.path, at, 'the magic number differs');
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

/** Reads the frame at `offset`. Throws `DamagedFile`. */
export function readFrame(file: FileHandle, offset: number): Frame {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const damaged = (reason: string) => new DamagedFile(file.path, offset, reason);
  if (file.readSync(header, 0, FRAME_HEADER_BYTES, offset) < FRAME_HEADER_BYTES) throw damaged('the file ends');
  const size = readUint32(header, 1);
  const end = offset + FRAME_HEADER_BYTES + size;
  if (size > FRAME_BYTES_MAX || end > file.sizeSync()) throw damaged(`a frame of ${size} bytes does not fit`);
  const payload = new Uint8Array(size);
  if (file.readSync(payload, 0, size, offset + FRAME_HEADER_BYTES) < size) throw damaged('the file ends in a frame');
  if (crc32c(payload, 0, size, crc32c(header, 0, 5, 0)) !== readUint32(header, 5)) {
    throw damaged('the checksum of a frame differs');
  }
  return { kind: header[0]!, payload, end };
}
