/**
 * Variable-length integers: seven bits a byte, lowest first, the top bit says "more follows" (as in Protocol Buffers
 * and Go's encoding/binary). Signed ones are zigzag: 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
 *
 * Numbers here are JavaScript doubles that hold integers up to 2^53 exactly. Where the full 64 bits matter, values
 * come as two 32-bit halves. Writers need 10 free bytes at `at`; readers never look at or beyond `end`.
 */

/** The bytes end inside the integer. */
export const VARINT_TRUNCATED = -1;
/** The integer has more than 64 bits. */
export const VARINT_TOO_LONG = -2;

/** Writes an integer in 0..2^53; returns the offset behind it. */
export function writeUvarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x10000000) {
    const low = rest >>> 0;
    bytes[at] = (low & 0x7f) | 0x80;
    bytes[at + 1] = ((low >>> 7) & 0x7f) | 0x80;
    bytes[at + 2] = ((low >>> 14) & 0x7f) | 0x80;
    bytes[at + 3] = ((low >>> 21) & 0x7f) | 0x80;
    at += 4;
    rest = Math.floor(rest / 0x10000000);
  }
  let low = rest | 0;
  while (low >= 0x80) {
    bytes[at++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  bytes[at] = low;
  return at + 1;
}

/** Writes an integer in -2^53..2^53 as zigzag; returns the offset behind it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  const small = value | 0;
  if (small === value && small >= -0x40000000 && small < 0x40000000) {
    let zigzag = (small << 1) ^ (small >> 31);
    while (zigzag >= 0x80) {
      bytes[at++] = (zigzag & 0x7f) | 0x80;
      zigzag >>>= 7;
    }
    bytes[at] = zigzag;
    return at + 1;
  }
  return writeVarint64(bytes, at, value >>> 0, Math.floor(value / 0x100000000) | 0);
}

/** Writes a 64-bit two's complement integer, given as halves, as zigzag; returns the offset behind it. */
export function writeVarint64(bytes: Uint8Array, at: number, low: number, high: number): number {
  const sign = high >> 31;
  return writeUvarint64(bytes, at, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
}

/** Writes an unsigned 64-bit integer, given as halves; returns the offset behind it. */
export function writeUvarint64(bytes: Uint8Array, at: number, low: number, high: number): number {
  let rest = low >>> 0;
  let top = high >>> 0;
  while (top !== 0) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (top << 25)) >>> 0;
    top >>>= 7;
  }
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at] = rest;
  return at + 1;
}

/**
 * Reads an unsigned 64-bit integer into `halves[0]` (low) and `halves[1]` (high), both as unsigned numbers.
 * Returns the offset behind it, or `VARINT_TRUNCATED` or `VARINT_TOO_LONG`.
 */
export function readUvarint64(bytes: Uint8Array, at: number, end: number, halves: Uint32Array): number {
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) return VARINT_TRUNCATED;
    const byte = bytes[at++]!;
    const part = byte & 0x7f;
    if (shift < 28) low |= part << shift;
    else if (shift === 28) {
      low |= part << 28;
      high = part >>> 4;
    } else if (shift < 63) high |= part << (shift - 32);
    else {
      if (byte > 1) return VARINT_TOO_LONG;
      high |= part << 31;
    }
    if (byte < 0x80) {
      halves[0] = low;
      halves[1] = high;
      return at;
    }
  }
  return VARINT_TOO_LONG;
}

/** Reads a zigzag integer into `halves` as 64-bit two's complement; returns as `readUvarint64`. */
export function readVarint64(bytes: Uint8Array, at: number, end: number, halves: Uint32Array): number {
  const next = readUvarint64(bytes, at, end, halves);
  if (next < 0) return next;
  const low = halves[0]!;
  const high = halves[1]!;
  const sign = -(low & 1);
  halves[0] = ((low >>> 1) | (high << 31)) ^ sign;
  halves[1] = (high >>> 1) ^ sign;
  return next;
}

/** How many bytes `writeUvarint` makes of `value`. */
export function uvarintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** An unsigned 64-bit integer as a double: exact up to 2^53, nearest above. */
export function unsignedFromHalves(low: number, high: number): number {
  return (high >>> 0) * 0x100000000 + (low >>> 0);
}

/** A 64-bit two's complement integer as a double: exact within +-2^53, nearest beyond. */
export function signedFromHalves(low: number, high: number): number {
  return (high | 0) * 0x100000000 + (low >>> 0);
}
