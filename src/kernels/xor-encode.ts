import { putBits } from './bit-write.ts';

/**
 * XOR (Gorilla) chunks, writing.
 *
 * ```text
 * | count: u16 big-endian | first time: zig-zag varint | first value: 64 bits |
 * | delta: uvarint | value |  (delta-of-delta | value)*
 *
 * delta-of-delta   0                  0
 *                  10   + 14 bits     -8191 .. 8192
 *                  110  + 17 bits     -65535 .. 65536
 *                  1110 + 20 bits     -524287 .. 524288
 *                  1111 + 64 bits     any other
 * value, as XOR with the one before
 *                  0                                                   the same
 *                  10 + bits                                           inside the last window of significant bits
 *                  11 + leading zeros: 5 bits + length: 6 bits + bits  a new window (length 0 means 64)
 * ```
 *
 * Source of the format: Prometheus' documentation of chunks (`tsdb/docs/format/chunks.md`, `tsdb/docs/bstream.md`).
 *
 * The encoder's state is a piece of a record of typed columns, so that many series share few buffers:
 * `doubles[at]` last time, `doubles[at + 1]` the time before it, and from `words[2 * at + 4]` on four words: the last
 * value's low and high half, the write position with the window, and the count. Two times are kept, not a delta, because
 * the difference of two exact times may need 55 bits; where it does, the arithmetic is done on halves.
 */

/** Doubles that the state takes: two times and four words. */
export const XOR_STATE_DOUBLES = 4;
/** The count of samples in the open chunk: `words[2 * at + XOR_STATE_COUNT]`. */
export const XOR_STATE_COUNT = 7;
/** Bytes of the header, the count. */
export const XOR_HEADER_BYTES = 2;
/** The most bytes that one append can add: 145 bits, begun inside a byte. */
export const XOR_APPEND_BYTES_MAX = 19;

export const XOR_VALUE_LOW = 4;
export const XOR_VALUE_HIGH = 5;
/** Write position in bits (16 bits), leading zeros (8 bits, 0xff = no window yet), trailing zeros (8 bits). */
export const XOR_CURSOR = 6;
export const XOR_NO_WINDOW = 0xff;

const TWO_32 = 4294967296;
/** Differences below this are exact in a double, and so are differences of such differences. */
export const EXACT_DELTA = 2251799813685248;

/** Begins a chunk at `bytes[start]`: an empty header, and a state that knows no sample. `doubles[at]` stays. */
export function xorBegin(bytes: Uint8Array, start: number, words: Uint32Array, at: number): void {
  bytes[start] = 0;
  bytes[start + 1] = 0;
  words[2 * at + XOR_CURSOR] = (XOR_HEADER_BYTES * 8) | (XOR_NO_WINDOW << 16);
  words[2 * at + XOR_STATE_COUNT] = 0;
}

/** Bytes that the chunk takes so far, its header included. */
export function xorByteLength(words: Uint32Array, at: number): number {
  return ((words[2 * at + XOR_CURSOR]! & 0xffff) + 7) >>> 3;
}

/**
 * Appends one sample to the chunk at `bytes[start]` and moves the state on. The caller has made sure of
 * `XOR_APPEND_BYTES_MAX` bytes of room, of a time that is an integer within +-(2^53 - 1), and of a count below 65,535.
 * The header's count is written by the caller, at the latest when the chunk is to be read without it.
 * Returns the new count.
 */
export function xorAppend(
  bytes: Uint8Array,
  start: number,
  doubles: Float64Array,
  words: Uint32Array,
  at: number,
  time: number,
  low: number,
  high: number,
): number {
  const w = 2 * at;
  const count = words[w + XOR_STATE_COUNT]!;
  const cursor = words[w + XOR_CURSOR]!;
  let bit = start * 8 + (cursor & 0xffff);
  let leading = (cursor >>> 16) & 0xff;
  let trailing = cursor >>> 24;
  const last = doubles[at]!;
  if (count > 1) {
    const delta = time - last;
    const before = last - doubles[at + 1]!;
    const dod = delta - before;
    if (dod === 0 && delta < EXACT_DELTA) {
      bit = putBits(bytes, bit, 0, 1);
    } else if (dod >= -524287 && dod <= 524288 && delta < EXACT_DELTA) {
      if (dod >= -8191 && dod <= 8192) bit = putBits(bytes, bit, 0x8000 | (dod & 0x3fff), 16);
      else if (dod >= -65535 && dod <= 65536) bit = putBits(bytes, bit, 0xc0000 | (dod & 0x1ffff), 20);
      else bit = putBits(bytes, bit, 0xe00000 | (dod & 0xfffff), 24);
    } else {
      bit = putWideDelta(bytes, bit, time, last, doubles[at + 1]!);
    }
  } else if (count === 1) {
    bit = putUvarint(bytes, bit, differenceLow(time, last), differenceHigh(time, last));
  } else {
    bit = putZigZag(bytes, bit, time);
    bit = putBits(bytes, bit, high, 32);
    bit = putBits(bytes, bit, low, 32);
  }
  if (count > 0) {
    const xorLow = low ^ words[w + XOR_VALUE_LOW]!;
    const xorHigh = high ^ words[w + XOR_VALUE_HIGH]!;
    if (xorLow === 0 && xorHigh === 0) {
      bit = putBits(bytes, bit, 0, 1);
    } else {
      const zerosBefore = xorHigh === 0 ? 31 : Math.clz32(xorHigh);
      const zerosAfter = xorLow === 0 ? 63 - Math.clz32(xorHigh & -xorHigh) : 31 - Math.clz32(xorLow & -xorLow);
      if (leading !== XOR_NO_WINDOW && zerosBefore >= leading && zerosAfter >= trailing) {
        bit = putBits(bytes, bit, 2, 2);
      } else {
        leading = zerosBefore;
        trailing = zerosAfter;
        bit = putBits(bytes, bit, (3 << 11) | (leading << 6) | ((64 - leading - trailing) & 63), 13);
      }
      const length = 64 - leading - trailing;
      let bitsLow = xorLow;
      let bitsHigh = xorHigh;
      if (trailing >= 32) {
        bitsLow = xorHigh >>> (trailing - 32);
        bitsHigh = 0;
      } else if (trailing > 0) {
        bitsLow = (xorLow >>> trailing) | (xorHigh << (32 - trailing));
        bitsHigh = xorHigh >>> trailing;
      }
      if (length > 32) {
        bit = putBits(bytes, bit, bitsHigh, length - 32);
        bit = putBits(bytes, bit, bitsLow, 32);
      } else {
        bit = putBits(bytes, bit, bitsLow, length);
      }
    }
  }
  doubles[at + 1] = last;
  doubles[at] = time;
  words[w + XOR_VALUE_LOW] = low;
  words[w + XOR_VALUE_HIGH] = high;
  words[w + XOR_CURSOR] = (bit - start * 8) | (leading << 16) | (trailing << 24);
  words[w + XOR_STATE_COUNT] = count + 1;
  return count + 1;
}

/** The header's two bytes as a little-endian host stores a `Uint16` whose bytes are big-endian. */
export function xorCountBytes(count: number): number {
  return ((count & 0xff) << 8) | (count >>> 8);
}

function putUvarint(bytes: Uint8Array, bit: number, low: number, high: number): number {
  let lowHalf = low;
  let highHalf = high;
  let at = bit;
  while (highHalf !== 0 || lowHalf >>> 7 !== 0) {
    at = putBits(bytes, at, (lowHalf & 0x7f) | 0x80, 8);
    lowHalf = (lowHalf >>> 7) | (highHalf << 25);
    highHalf >>>= 7;
  }
  return putBits(bytes, at, lowHalf, 8);
}

function putZigZag(bytes: Uint8Array, bit: number, time: number): number {
  const high = Math.floor(time / TWO_32) | 0;
  const low = (time - Math.floor(time / TWO_32) * TWO_32) | 0;
  const sign = high >> 31;
  return putUvarint(bytes, bit, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
}

function putWideDelta(bytes: Uint8Array, bit: number, time: number, last: number, beforeLast: number): number {
  const low = differenceLow(time, last) >>> 0;
  const beforeLow = differenceLow(last, beforeLast) >>> 0;
  const dodLow = (low - beforeLow) | 0;
  const dodHigh = (differenceHigh(time, last) - differenceHigh(last, beforeLast) - (low < beforeLow ? 1 : 0)) | 0;
  if (dodLow === 0 && dodHigh === 0) return putBits(bytes, bit, 0, 1);
  if (dodHigh === dodLow >> 31 && dodLow >= -524287 && dodLow <= 524288) {
    if (dodLow >= -8191 && dodLow <= 8192) return putBits(bytes, bit, 0x8000 | (dodLow & 0x3fff), 16);
    if (dodLow >= -65535 && dodLow <= 65536) return putBits(bytes, bit, 0xc0000 | (dodLow & 0x1ffff), 20);
    return putBits(bytes, bit, 0xe00000 | (dodLow & 0xfffff), 24);
  }
  let at = putBits(bytes, bit, 15, 4);
  at = putBits(bytes, at, dodHigh, 32);
  return putBits(bytes, at, dodLow, 32);
}

/** Low half of the 64-bit difference of two exact integers. */
function differenceLow(a: number, b: number): number {
  return (a - Math.floor(a / TWO_32) * TWO_32 - (b - Math.floor(b / TWO_32) * TWO_32)) | 0;
}

/** High half of the 64-bit difference of two exact integers. */
function differenceHigh(a: number, b: number): number {
  const aHigh = Math.floor(a / TWO_32);
  const bHigh = Math.floor(b / TWO_32);
  const borrow = a - aHigh * TWO_32 < b - bHigh * TWO_32 ? 1 : 0;
  return (aHigh - bHigh - borrow) | 0;
}
