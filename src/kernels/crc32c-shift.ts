import { crc32c } from './crc32c.ts';

/**
 * What a CRC-32C becomes when so many zero bytes follow: with it, checksums of parts make that of the whole,
 *
 * ```text
 * crc(A B) = shift(crc(A), length of B) ^ crc(B)
 * ```
 *
 * The shift is linear over bits, so there is a table of 4 * 256 words for each power of two of bytes: four look-ups for
 * each bit of the length. Source of the method: zlib's `crc32_combine` (Mark Adler).
 */
const POWERS = 24;
const WORDS = 4 * 256;
let tables: Int32Array | null = null;

/** `length` is below 2^24. */
export function crc32cShift(crc: number, length: number): number {
  tables ??= makeTables();
  let shifted = crc | 0;
  for (let power = 0, left = length; left > 0; power++, left >>>= 1) {
    if ((left & 1) === 0) continue;
    const at = power * WORDS;
    shifted =
      tables[at + (shifted & 0xff)]! ^
      tables[at + 0x100 + ((shifted >>> 8) & 0xff)]! ^
      tables[at + 0x200 + ((shifted >>> 16) & 0xff)]! ^
      tables[at + 0x300 + (shifted >>> 24)]!;
  }
  return shifted >>> 0;
}

function makeTables(): Int32Array {
  const made = new Int32Array(POWERS * WORDS);
  // One zero byte, for each single bit: the checksum of "nothing" would be inverted on the way in and out.
  const zero = new Uint8Array(1);
  const offset = crc32c(zero, 0, 1, 0);
  let columns = Int32Array.from({ length: 32 }, (_, bit) => crc32c(zero, 0, 1, (1 << bit) >>> 0) ^ offset);
  for (let power = 0; power < POWERS; power++) {
    for (let place = 0; place < 4; place++) {
      for (let byte = 0; byte < 256; byte++) {
        made[power * WORDS + place * 256 + byte] = product(columns, (byte << (8 * place)) | 0);
      }
    }
    columns = columns.map((column) => product(columns, column));
  }
  return made;
}

function product(columns: Int32Array, vector: number): number {
  let sum = 0;
  for (let bit = 0; bit < 32; bit++) if ((vector >>> bit) & 1) sum ^= columns[bit]!;
  return sum;
}
