import { crc32 as nativeCrc32 } from 'node:zlib';

/**
 * CRC-32 as of RFC 1952 (gzip), continued from `previous` (0 to begin): by the host's instructions, several times as fast as
 * any checksum in JavaScript. For files of our own alone; the formats that others read have CRC-32C.
 */
export function crc32(bytes: Uint8Array, previous: number): number {
  return nativeCrc32(bytes, previous);
}
