import { BITS_MALFORMED, BITS_TRUNCATED, bitsAt } from './bit-read.ts';
import { START_TIME_STATE, takeStartTime } from './start-time-decode.ts';
import { readUvarint64, readVarint64, signedFromHalves } from './varint.ts';

/**
 * XOR2 chunks, reading. Source of the format: Prometheus' docs/format/chunks.md.
 *
 * ```text
 * count u16 | start times u8 | time varint | value f64 | start? | delta uvarint | value | start? | sample, start? ...
 * sample  0 | 10 changed value | 110 dod13 value | 1110 dod20 value | 11110 dod64 value | 11111 stale marker
 * value   0 same | 10 in the last window | 110 in a new window | 111 stale marker
 * changed value   0 in the last window | 1 in a new window
 * new window      leading zeros (5 bits) | length (6 bits, 0 = 64) | bits
 * ```
 * Values change against the last one that was no stale marker.
 */

/** The chunk ends before `count` samples. */
export const XOR2_TRUNCATED = BITS_TRUNCATED;
/** A window of more than 64 bits, or an integer of more. */
export const XOR2_MALFORMED = BITS_MALFORMED;
/** A time, or a step between two, beyond +-(2^53 - 1) ms. */
export const XOR2_TIME_OUT_OF_RANGE = -3;
/** Bytes of the count and of the header of start times. */
export const XOR2_HEADER_BYTES = 3;

/** False where no sample of the chunk at `bytes[offset]` has a start time. */
export function xor2HasStartTimes(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset + 2] !== 0;
}

const TIME_MAX = 9007199254740991;
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff00000;
/** Bits of the delta-of-delta by the number of ones before it. */
const DOD_BITS = Uint8Array.of(0, 0, 13, 20, 64);

/** Where `takeValue` keeps the value (low, high) and the window (leading, trailing). */
const value = new Uint32Array(4);
const shown = new Uint32Array(2);
const halves = new Uint32Array(2);
const start = new Float64Array(START_TIME_STATE);

/**
 * Decodes `count` samples of the chunk in `bytes[offset .. end)` to `times[at ...]`, `bits[2 * at ...]` (low half, high
 * half) and, where it is not null, `startTimes[at ...]`. Returns the offset behind the last byte, or a negative code;
 * then the output is undefined.
 */
export function xor2Decode(
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
  times: Float64Array,
  bits: Uint32Array,
  startTimes: Float64Array | null,
  at: number,
): number {
  if (offset + XOR2_HEADER_BYTES > end) return XOR2_TRUNCATED;
  const header = bytes[offset + 2]!;
  const bitEnd = end * 8;
  let bit = (offset + XOR2_HEADER_BYTES) * 8;
  let time = 0;
  let delta = 0;
  value.fill(0);
  start.fill(0);
  for (let i = 0; i < count; i++) {
    const previous = time;
    if (i === 0) {
      const next = readVarint64(bytes, bit >>> 3, end, halves);
      if (next < 0) return next;
      if (next + 8 > end) return XOR2_TRUNCATED;
      time = signedFromHalves(halves[0]!, halves[1]!);
      shown[1] = bitsAt(bytes, next * 8, 32);
      shown[0] = bitsAt(bytes, next * 8 + 32, 32);
      if (shown[0] !== STALE_LOW || shown[1] !== STALE_HIGH) value.set(shown);
      bit = next * 8 + 64;
    } else if (i === 1) {
      bit = takeDelta(bytes, bit, bitEnd);
      if (bit < 0) return bit;
      // A difference may be negative as a 64-bit integer.
      delta = signedFromHalves(halves[0]!, halves[1]!);
      time += delta;
      bit = takeValue(bytes, bit, bitEnd);
    } else {
      const ones = leadingOnes(bytes, bit, bitEnd);
      if (ones < 0) return ones;
      bit += ones === 5 ? 5 : ones + 1;
      if (ones >= 2 && ones <= 4) {
        const size = DOD_BITS[ones]!;
        if (bit + size > bitEnd) return XOR2_TRUNCATED;
        const dod = signedBits(bytes, bit, size);
        if (dod > TIME_MAX || dod < -TIME_MAX) return XOR2_TIME_OUT_OF_RANGE;
        delta += dod;
        bit = takeValue(bytes, bit + size, bitEnd);
      } else if (ones === 1) {
        if (bit >= bitEnd) return XOR2_TRUNCATED;
        bit = takeWindowed(bytes, bit + 1, bitEnd, bitsAt(bytes, bit, 1));
      } else {
        shown[0] = ones === 5 ? STALE_LOW : value[0]!;
        shown[1] = ones === 5 ? STALE_HIGH : value[1]!;
      }
      time += delta;
    }
    if (bit < 0) return bit;
    if (time > TIME_MAX || time < -TIME_MAX || delta > TIME_MAX || delta < -TIME_MAX) return XOR2_TIME_OUT_OF_RANGE;
    bit = takeStartTime(bytes, bit, bitEnd, header, i, time, previous, start);
    if (bit < 0) return bit;
    times[at + i] = time;
    bits[2 * (at + i)] = shown[0]!;
    bits[2 * (at + i) + 1] = shown[1]!;
    if (startTimes !== null) startTimes[at + i] = start[0]!;
  }
  return (bit + 7) >>> 3;
}

/** The second time's varint begins on a whole byte. */
function takeDelta(bytes: Uint8Array, bit: number, end: number): number {
  const next = readUvarint64(bytes, bit >>> 3, end >>> 3, halves);
  return next < 0 ? next : next * 8;
}

/** The ones, at most 5, that a sample begins with. */
function leadingOnes(bytes: Uint8Array, bit: number, end: number): number {
  for (let ones = 0; ones < 5; ones++) {
    if (bit + ones >= end) return XOR2_TRUNCATED;
    if (bitsAt(bytes, bit + ones, 1) === 0) return ones;
  }
  return 5;
}

/** A two's complement integer of 13, 20 or 64 bits. */
function signedBits(bytes: Uint8Array, bit: number, size: number): number {
  if (size === 64) return signedFromHalves(bitsAt(bytes, bit + 32, 32), bitsAt(bytes, bit, 32));
  const unsigned = bitsAt(bytes, bit, size);
  return unsigned >= 1 << (size - 1) ? unsigned - (1 << size) : unsigned;
}

/** Reads a value to `shown`. */
function takeValue(bytes: Uint8Array, bit: number, end: number): number {
  if (bit >= end) return XOR2_TRUNCATED;
  if (bitsAt(bytes, bit, 1) === 0) {
    shown[0] = value[0]!;
    shown[1] = value[1]!;
    return bit + 1;
  }
  if (bit + 2 > end) return XOR2_TRUNCATED;
  if (bitsAt(bytes, bit + 1, 1) === 0) return takeWindowed(bytes, bit + 2, end, 0);
  if (bit + 3 > end) return XOR2_TRUNCATED;
  if (bitsAt(bytes, bit + 2, 1) === 0) return takeWindowed(bytes, bit + 3, end, 1);
  shown[0] = STALE_LOW;
  shown[1] = STALE_HIGH;
  return bit + 3;
}

/** Applies changed bits, in a new window or in the last, and reads the result to `shown`. */
function takeWindowed(bytes: Uint8Array, bit: number, end: number, isNew: number): number {
  let at = bit;
  if (isNew === 1) {
    if (at + 11 > end) return XOR2_TRUNCATED;
    const head = bitsAt(bytes, at, 11);
    at += 11;
    const length = (head & 63) === 0 ? 64 : head & 63;
    if ((head >>> 6) + length > 64) return XOR2_MALFORMED;
    value[2] = head >>> 6;
    value[3] = 64 - (head >>> 6) - length;
  }
  const trailing = value[3]!;
  const length = 64 - value[2]! - trailing;
  if (at + length > end) return XOR2_TRUNCATED;
  const high = length > 32 ? bitsAt(bytes, at, length - 32) : 0;
  const low = bitsAt(bytes, at + (length > 32 ? length - 32 : 0), length > 32 ? 32 : length);
  if (trailing >= 32) {
    value[1]! ^= low << (trailing - 32);
  } else {
    value[0]! ^= low << trailing;
    value[1]! ^= (high << trailing) | (trailing > 0 ? low >>> (32 - trailing) : 0);
  }
  shown[0] = value[0]!;
  shown[1] = value[1]!;
  return at + length;
}
