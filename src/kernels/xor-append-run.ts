import {
  EXACT_DELTA,
  XOR_APPEND_BYTES_MAX,
  XOR_CURSOR,
  XOR_STATE_COUNT,
  XOR_VALUE_HIGH,
  XOR_VALUE_LOW,
} from './xor-encode.ts';

/** Where a run of samples has to end. */
export interface XorRunLimits {
  /** Before a sample at or behind this time. */
  nextCut: number;
  /** When the chunk has so many samples. */
  countMax: number;
  /** When the chunk takes more bytes than this. */
  bytesMax: number;
}

/**
 * As `xorAppend` for one sample after the other: those at `order[from..to-1]` in `times` and `bits` (two words each, low
 * first), all integers within +-(2^53 - 1). The state stays in variables and bits gather in a word, which is some five
 * times quicker than a call for each sample.
 *
 * Ends before the first sample that the limits, `capacity` (the bytes that the chunk may take), or the chunk's state do not
 * allow: one that is not newer than the last, one whose time lies far from where it was expected, the first two of a chunk.
 * Returns its index in `order`, or `to`.
 */
export function xorAppendRun(
  bytes: Uint8Array,
  start: number,
  capacity: number,
  doubles: Float64Array,
  words: Uint32Array,
  at: number,
  times: Float64Array,
  bits: Uint32Array,
  order: Uint32Array,
  from: number,
  to: number,
  limits: XorRunLimits,
): number {
  const w = 2 * at;
  let count = words[w + XOR_STATE_COUNT]!;
  const { countMax, nextCut } = limits;
  if (count < 2 || count >= countMax) return from;
  const cursor = words[w + XOR_CURSOR]!;
  let leading = (cursor >>> 16) & 0xff;
  let trailing = cursor >>> 24;
  let last = doubles[at]!;
  let before = last - doubles[at + 1]!;
  if (!(before < EXACT_DELTA)) return from;
  let lastLow = words[w + XOR_VALUE_LOW]!;
  let lastHigh = words[w + XOR_VALUE_HIGH]!;
  /** Where the next whole byte goes; the lowest `pending` bits of `gathered` come before it. */
  let byte = start + ((cursor & 0xffff) >>> 3);
  let pending = cursor & 7;
  let gathered = pending === 0 ? 0 : bytes[byte]! >>> (8 - pending);
  // With bits pending, one byte more is taken than `byte` tells.
  const byteMax = start + Math.min(limits.bytesMax, capacity - XOR_APPEND_BYTES_MAX);
  let i = from;
  for (; i < to && count < countMax; i++) {
    const place = order[i]!;
    const time = times[place]!;
    if (!(time > last) || time >= nextCut || byte + (pending === 0 ? 0 : 1) > byteMax) break;
    const delta = time - last;
    if (delta >= EXACT_DELTA) break;
    const dod = delta - before;
    if (dod === 0) {
      gathered <<= 1;
      pending += 1;
    } else if (dod >= -8191 && dod <= 8192) {
      gathered = (gathered << 16) | 0x8000 | (dod & 0x3fff);
      pending += 16;
    } else if (dod >= -65535 && dod <= 65536) {
      gathered = (gathered << 20) | 0xc0000 | (dod & 0x1ffff);
      pending += 20;
    } else if (dod >= -524287 && dod <= 524288) {
      gathered = (gathered << 24) | 0xe00000 | (dod & 0xfffff);
      pending += 24;
    } else {
      break;
    }
    while (pending >= 8) {
      pending -= 8;
      bytes[byte++] = gathered >>> pending;
    }
    const low = bits[2 * place]!;
    const high = bits[2 * place + 1]!;
    const xorLow = low ^ lastLow;
    const xorHigh = high ^ lastHigh;
    if ((xorLow | xorHigh) === 0) {
      gathered <<= 1;
      pending += 1;
    } else {
      const zerosBefore = xorHigh === 0 ? 31 : Math.clz32(xorHigh);
      const zerosAfter = xorLow === 0 ? 63 - Math.clz32(xorHigh & -xorHigh) : 31 - Math.clz32(xorLow & -xorLow);
      // Without a window `leading` is above everything that there can be.
      if (zerosBefore >= leading && zerosAfter >= trailing) {
        gathered = (gathered << 2) | 2;
        pending += 2;
      } else {
        leading = zerosBefore;
        trailing = zerosAfter;
        gathered = (gathered << 13) | (3 << 11) | (leading << 6) | ((64 - leading - trailing) & 63);
        pending += 13;
      }
      while (pending >= 8) {
        pending -= 8;
        bytes[byte++] = gathered >>> pending;
      }
      let length = 64 - leading - trailing;
      let bitsLow = xorLow;
      let bitsHigh = 0;
      if (trailing >= 32) {
        bitsLow = xorHigh >>> (trailing - 32);
      } else if (trailing > 0) {
        bitsLow = (xorLow >>> trailing) | (xorHigh << (32 - trailing));
        bitsHigh = xorHigh >>> trailing;
      } else {
        bitsHigh = xorHigh;
      }
      // Less than 8 bits are pending, so up to 24 more fit into the word.
      if (length > 48) {
        gathered = (gathered << (length - 48)) | (bitsHigh >>> 16);
        pending += length - 48;
        length = 48;
        while (pending >= 8) {
          pending -= 8;
          bytes[byte++] = gathered >>> pending;
        }
      }
      if (length > 32) {
        gathered = (gathered << (length - 32)) | (bitsHigh & 0xffff);
        pending += length - 32;
        length = 32;
        while (pending >= 8) {
          pending -= 8;
          bytes[byte++] = gathered >>> pending;
        }
      }
      if (length > 16) {
        gathered = (gathered << (length - 16)) | (bitsLow >>> 16);
        pending += length - 16;
        length = 16;
        while (pending >= 8) {
          pending -= 8;
          bytes[byte++] = gathered >>> pending;
        }
      }
      gathered = (gathered << length) | (bitsLow & 0xffff);
      pending += length;
    }
    while (pending >= 8) {
      pending -= 8;
      bytes[byte++] = gathered >>> pending;
    }
    lastLow = low;
    lastHigh = high;
    before = delta;
    last = time;
    count++;
  }
  if (i === from) return from;
  if (pending > 0) bytes[byte] = gathered << (8 - pending);
  doubles[at + 1] = last - before;
  doubles[at] = last;
  words[w + XOR_VALUE_LOW] = lastLow;
  words[w + XOR_VALUE_HIGH] = lastHigh;
  words[w + XOR_CURSOR] = ((byte - start) * 8 + pending) | (leading << 16) | (trailing << 24);
  words[w + XOR_STATE_COUNT] = count;
  return i;
}
