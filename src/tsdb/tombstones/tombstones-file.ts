import { crc32c } from '../../kernels/crc32c.ts';
import { readUvarint64, readVarint64, signedFromHalves, unsignedFromHalves } from '../../kernels/varint.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { DamagedFile } from '../damaged-file.ts';
import { addInterval, type Intervals, NO_INTERVALS } from './intervals.ts';

export const TOMBSTONES_MAGIC = 0x0130ba30;
const HEADER_BYTES = 5;
const CRC_BYTES = 4;

/** What is deleted of the series of a block, by the numbers that its index gives them. */
export type Tombstones = ReadonlyMap<number, Intervals>;

/**
 * Reads a block's `tombstones` (docs/formats/tombstones.md); a block without the file has none.
 *
 * ```text
 * magic u32 | version u8 | { series uvarint, first time varint, last time varint } ... | CRC-32C u32 of the entries
 * ```
 */
export function readTombstones(fileSystem: FileSystem, path: string): Tombstones {
  if (fileSystem.statSync(path) === null) return new Map();
  return tombstonesFromBytes(fileSystem.readFileSync(path), path);
}

/** Throws `DamagedFile`. */
export function tombstonesFromBytes(bytes: Uint8Array, path: string): Tombstones {
  const end = bytes.length - CRC_BYTES;
  if (end < HEADER_BYTES) throw new DamagedFile(path, 0, `${bytes.length} bytes are too few for a tombstones file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== TOMBSTONES_MAGIC) throw new DamagedFile(path, 0, 'the magic number differs');
  if (bytes[4] !== 1) throw new DamagedFile(path, 4, `tombstones version ${bytes[4]} is not known`);
  if (crc32c(bytes, HEADER_BYTES, end, 0) !== view.getUint32(end)) {
    throw new DamagedFile(path, end, 'the checksum differs');
  }
  const tombstones = new Map<number, Intervals>();
  const take = (next: number): number => {
    if (next < 0) throw new DamagedFile(path, at, 'a malformed integer');
    return next;
  };
  let at = HEADER_BYTES;
  while (at < end) {
    at = take(readUvarint64(bytes, at, end, halves));
    const ref = unsignedFromHalves(halves[0]!, halves[1]!);
    at = take(readVarint64(bytes, at, end, halves));
    const minTime = signedFromHalves(halves[0]!, halves[1]!);
    at = take(readVarint64(bytes, at, end, halves));
    const maxTime = signedFromHalves(halves[0]!, halves[1]!);
    tombstones.set(ref, addInterval(tombstones.get(ref) ?? NO_INTERVALS, minTime, maxTime));
  }
  return tombstones;
}

const halves = new Uint32Array(2);
