import {
  EXACT_DELTA,
  XOR_CURSOR,
  XOR_NO_WINDOW,
  XOR_STATE_COUNT,
  XOR_VALUE_HIGH,
  XOR_VALUE_LOW,
} from './xor-encode.ts';

/** The largest difference of a difference, either way, that takes 24 bits or fewer. */
const SHORT_MIN = -524287;
const SHORT_MAX = 524288;

/**
 * `xorAppend` (which draws the format) for what nearly every sample is: the third of its chunk or a later one, at a pace
 * that changes by less than nine minutes. Returns false, with nothing written, where it is not. Bits go out in one to four
 * stores of 32 bits, where `xorAppend` stores byte by byte; the same bytes come out in half the time.
 *
 * `view` is over the chunk's buffer. Up to three bytes behind the last one are overwritten: all in all no more than
 * `XOR_APPEND_BYTES_MAX` from the end of the chunk.
 */
export function xorAppendUsual(
  view: DataView,
  start: number,
  doubles: Float64Array,
  words: Uint32Array,
  at: number,
  time: number,
  low: number,
  high: number,
): boolean {
  const w = 2 * at;
  const count = words[w + XOR_STATE_COUNT]!;
  const last = doubles[at]!;
  const delta = time - last;
  const dod = delta - (last - doubles[at + 1]!);
  if (count < 2 || delta >= EXACT_DELTA || dod < SHORT_MIN || dod > SHORT_MAX) return false;
  const cursor = words[w + XOR_CURSOR]!;
  let bit = start * 8 + (cursor & 0xffff);
  let leading = (cursor >>> 16) & 0xff;
  let trailing = cursor >>> 24;
  // What is to be put before the bits of the value, and how many bits that is.
  let prefix = 0;
  let size = 1;
  if (dod !== 0) {
    if (dod >= -8191 && dod <= 8192) {
      prefix = 0x8000 | (dod & 0x3fff);
      size = 16;
    } else {
      const isMiddle = dod >= -65535 && dod <= 65536;
      bit = put(view, bit, isMiddle ? 0xc0000 | (dod & 0x1ffff) : 0xe00000 | (dod & 0xfffff), isMiddle ? 20 : 24);
      size = 0;
    }
  }
  const xorLow = low ^ words[w + XOR_VALUE_LOW]!;
  const xorHigh = high ^ words[w + XOR_VALUE_HIGH]!;
  if (xorLow === 0 && xorHigh === 0) {
    bit = put(view, bit, prefix << 1, size + 1);
  } else {
    const zerosBefore = xorHigh === 0 ? 31 : Math.clz32(xorHigh);
    const zerosAfter = xorLow === 0 ? 63 - Math.clz32(xorHigh & -xorHigh) : 31 - Math.clz32(xorLow & -xorLow);
    if (leading !== XOR_NO_WINDOW && zerosBefore >= leading && zerosAfter >= trailing) {
      prefix = (prefix << 2) | 2;
      size += 2;
    } else {
      leading = zerosBefore;
      trailing = zerosAfter;
      prefix = (prefix << 13) | (3 << 11) | (leading << 6) | ((64 - leading - trailing) & 63);
      size += 13;
    }
    const length = 64 - leading - trailing;
    if (length <= 32) {
      // The bits of the value lie in one half or across both.
      const bits = trailing >= 32 ? xorHigh >>> (trailing - 32) : shifted(xorLow, xorHigh, trailing);
      if (size + length <= 32) {
        bit = put(view, bit, length === 32 ? bits : (prefix << length) | bits, size + length);
      } else {
        bit = put(view, put(view, bit, prefix, size), bits, length);
      }
    } else {
      const bitsHigh = xorHigh >>> trailing;
      if (size + length <= 64) {
        bit = put(view, bit, length === 64 ? bitsHigh : (prefix << (length - 32)) | bitsHigh, size + length - 32);
      } else {
        bit = put(view, put(view, bit, prefix, size), bitsHigh, length - 32);
      }
      bit = put(view, bit, shifted(xorLow, xorHigh, trailing), 32);
    }
  }
  doubles[at + 1] = last;
  doubles[at] = time;
  words[w + XOR_VALUE_LOW] = low;
  words[w + XOR_VALUE_HIGH] = high;
  words[w + XOR_CURSOR] = (bit - start * 8) | (leading << 16) | (trailing << 24);
  words[w + XOR_STATE_COUNT] = count + 1;
  return true;
}

/** The low half of a number of two halves, shifted right by less than 32 bits. */
function shifted(low: number, high: number, by: number): number {
  return by === 0 ? low : (low >>> by) | (high << (32 - by));
}

/**
 * Writes the lowest `count` (1 to 32) bits of `value`, of which the others are zero. Four bytes at once: what lies behind
 * the bits is cleared.
 */
function put(view: DataView, bit: number, value: number, count: number): number {
  const at = bit >>> 3;
  const used = bit & 7;
  const kept = (view.getUint8(at) << 24) & ~(-1 >>> used);
  view.setInt32(at, kept | ((value << (32 - count)) >>> used));
  if (used + count > 32) view.setUint8(at + 4, value << (40 - used - count));
  return bit + count;
}
