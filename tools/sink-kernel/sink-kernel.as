/**
 * CRC-32C of what lies in this memory, in AssemblyScript: as `src/kernels/crc32c.ts` does it, sixteen bytes by sixteen tables, with
 * words in place of bytes.
 *
 *     1 KiB     16 tables, 256 words each
 *     64 KiB    the bytes, as many as the memory was made for
 */

import { CRC_TABLES as TABLES } from './checksum';

export { makeTables as init } from './checksum';

/** Four bytes by the tables from `first` on, which has the one that is furthest from the end. */
// @ts-ignore
@inline function four(word: u32, first: usize): u32 {
  return (
    load<u32>(TABLES + first * 1024 + ((word >>> 24) << 2)) ^
    load<u32>(TABLES + (first + 1) * 1024 + (((word >>> 16) & 0xff) << 2)) ^
    load<u32>(TABLES + (first + 2) * 1024 + (((word >>> 8) & 0xff) << 2)) ^
    load<u32>(TABLES + (first + 3) * 1024 + ((word & 0xff) << 2))
  );
}

/** Checksum of the bytes from `from` up to `to`, continued from `previous` (0 to begin). */
export function crc32c(from: usize, to: usize, previous: u32): u32 {
  let crc = ~previous;
  let at = from;
  for (; at + 16 <= to; at += 16) {
    // What does not need the bytes before comes first.
    crc =
      four(load<u32>(at, 12), 0) ^ four(load<u32>(at, 8), 4) ^ four(load<u32>(at, 4), 8) ^ four(load<u32>(at) ^ crc, 12);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ load<u32>(TABLES + (((crc ^ load<u8>(at)) & 0xff) << 2));
  return ~crc;
}
