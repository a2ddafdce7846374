import { crc32c } from '../../kernels/crc32c.ts';
import { writeUvarint } from '../../kernels/varint.ts';

/**
 * A file of `chunks_head/` (docs/formats/head-chunks.md), all numbers big-endian:
 *
 * ```text
 * magic u32 | version u8 | 3 zeros | { series u64 | first time i64 | last time i64 | encoding u8 | length uvarint | data
 *                                      | CRC-32C u32 of all before } ... | zeros
 * ```
 */
export const HEAD_CHUNKS_MAGIC = 0x0130bc91;
export const HEAD_CHUNKS_VERSION = 1;
export const FILE_HEADER_BYTES = 8;
/** Series, first and last time, encoding. */
export const ENTRY_FIXED_BYTES = 25;
export const ENTRY_ENCODING = 24;
/** The most bytes of a length, and of the checksum. */
export const LENGTH_BYTES_MAX = 10;
export const CHECKSUM_BYTES = 4;
/** Set in the encoding of a chunk whose samples came late. */
export const OUT_OF_ORDER_FLAG = 0x80;
/** Where a file ends and the next one begins. */
export const HEAD_CHUNKS_FILE_BYTES_MAX = 128 * 1024 * 1024;

const FILE_NAME = /^\d{6,}$/;

/** The number that a file's name says, or null for other files. */
export function headChunksFileNumber(name: string): number | null {
  return FILE_NAME.test(name) ? Number(name) : null;
}

/** Six digits, as in `NNNNNN`. */
export function headChunksFileName(number: number): string {
  return String(number).padStart(6, '0');
}

/** What an entry says of its chunk. */
export interface HeadChunkHeader {
  readonly series: number;
  /** Times of the first and the last sample, ms. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly encoding: number;
  readonly isOutOfOrder: boolean;
}

/** The bytes that an entry takes whose chunk has `length` bytes. */
export function headChunkEntryBytes(length: number): number {
  return ENTRY_FIXED_BYTES + lengthBytes(length) + length + CHECKSUM_BYTES;
}

/** Where in its entry a chunk of `length` bytes begins. */
export function headChunkDataOffset(length: number): number {
  return ENTRY_FIXED_BYTES + lengthBytes(length);
}

/** Writes the header of a file into `target` from `at` on. */
export function writeHeadChunksHeader(target: Uint8Array, at: number): void {
  target.fill(0, at, at + FILE_HEADER_BYTES);
  writeUint32(target, at, HEAD_CHUNKS_MAGIC);
  target[at + 4] = HEAD_CHUNKS_VERSION;
}

/** Writes the entry of the chunk `chunk[start .. start + length - 1]`; returns the offset behind it. */
export function writeHeadChunkEntry(
  target: Uint8Array,
  at: number,
  { encoding, firstTime, isOutOfOrder, lastTime, series }: HeadChunkHeader,
  chunk: Uint8Array,
  start: number,
  length: number,
): number {
  writeInt64(target, at, series);
  writeInt64(target, at + 8, firstTime);
  writeInt64(target, at + 16, lastTime);
  target[at + ENTRY_ENCODING] = encoding | (isOutOfOrder ? OUT_OF_ORDER_FLAG : 0);
  const data = writeUvarint(target, at + ENTRY_FIXED_BYTES, length);
  for (let i = 0; i < length; i++) target[data + i] = chunk[start + i]!;
  const end = data + length;
  writeUint32(target, end, crc32c(target, at, end, 0));
  return end + CHECKSUM_BYTES;
}

function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;
}

/** An integer within +-2^53. */
function writeInt64(target: Uint8Array, at: number, value: number): void {
  writeUint32(target, at, Math.floor(value / 2 ** 32));
  writeUint32(target, at + 4, value);
}

/** The lower 32 bits of an integer. */
function writeUint32(target: Uint8Array, at: number, value: number): void {
  const word = value | 0;
  target[at] = word >>> 24;
  target[at + 1] = word >>> 16;
  target[at + 2] = word >>> 8;
  target[at + 3] = word;
}
