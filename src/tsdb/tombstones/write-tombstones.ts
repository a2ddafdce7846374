import { crc32c } from '../../kernels/crc32c.ts';
import { writeUvarint, writeVarint } from '../../kernels/varint.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { replaceFileSync } from '../../std/whole-file.ts';
import { TOMBSTONES_MAGIC, type Tombstones } from './tombstones-file.ts';

const HEADER_BYTES = 5;
const CRC_BYTES = 4;
const STONE_BYTES_MAX = 30;

/** The file of a block without deletions. */
export const NO_TOMBSTONES_FILE: Uint8Array = tombstonesToBytes(new Map());

/** The file `tombstones` (docs/formats/tombstones.md). */
export function tombstonesToBytes(tombstones: Tombstones): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + STONE_BYTES_MAX * intervalCount(tombstones) + CRC_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, TOMBSTONES_MAGIC);
  bytes[4] = 1;
  let at = HEADER_BYTES;
  for (const [series, intervals] of tombstones) {
    for (let i = 0; i < intervals.length; i += 2) {
      at = writeUvarint(bytes, at, series);
      at = writeVarint(bytes, at, intervals[i]!);
      at = writeVarint(bytes, at, intervals[i + 1]!);
    }
  }
  view.setUint32(at, crc32c(bytes, HEADER_BYTES, at, 0));
  return bytes.subarray(0, at + CRC_BYTES);
}

/** Replaces the file `tombstones` of the block in `directory`. */
export function writeTombstones(fileSystem: FileSystem, directory: string, tombstones: Tombstones): void {
  replaceFileSync(fileSystem, `${directory}/tombstones`, tombstonesToBytes(tombstones));
}

/** How many intervals there are in all: `numTombstones` of a block's meta. */
export function intervalCount(tombstones: Tombstones): number {
  let count = 0;
  for (const intervals of tombstones.values()) count += intervals.length >>> 1;
  return count;
}
