/**
 * XOR (Gorilla) chunks, reading; `xor-encode.ts` draws the format.
 *
 * The quick loop looks at 32 bits at a time. It needs `LOOK_AHEAD_BYTES` readable bytes and deltas that doubles add
 * exactly; whatever is outside of that (the first two samples, 64-bit deltas, the end of the buffer) goes through
 * `decodeExact`, on 32-bit halves and never past the buffer.
 */

/** The chunk ends before `count` samples. */
export const XOR_TRUNCATED = -1;
/** A window of significant bits that is wider than 64 bits, or a varint that is. */
export const XOR_MALFORMED = -2;
/** A time beyond +-(2^53 - 1) ms. */
export const XOR_TIME_OUT_OF_RANGE = -3;

const TWO_32 = 4294967296;
const TIME_MAX = 9007199254740991;
/** Where the quick loop may start: 65,535 small steps later the delta is still below 2^52. */
const QUICK_DELTA = 2251799813685248;
/** One sample takes at most 101 bits without a 64-bit delta, begun inside a byte; a look reads 5 bytes. */
const LOOK_AHEAD_BYTES = 24;
/** Of the first time and the first delta: doubles add them exactly. */
const VARINT_BYTES_MAX = 7;
/** `decodeExact` returns its position and its window in one number: bit * WINDOW_SPACE + leading * 64 + trailing. */
const WINDOW_SPACE = 4096;

/**
 * Decodes `count` samples of the chunk in `bytes[offset .. end)` to `times[at ...]` and `bits[2 * at ...]` (low half,
 * high half). `view` covers the same bytes as `bytes`. The header's count is not looked at: a reader of an open chunk
 * knows how many were published.
 *
 * Returns the offset after the last sample's last byte, or a negative code; then the output is undefined.
 */
export function xorDecode(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  end: number,
  count: number,
  times: Float64Array,
  bits: Uint32Array,
  at: number,
): number {
  const start = offset + 2;
  const bitEnd = (end - start) * 8;
  if (bitEnd < 0) return XOR_TRUNCATED;
  const stop = at + count;
  const quickEnd = bytes.length - LOOK_AHEAD_BYTES;
  let index = count < 2 ? stop : at + 2;
  let packed = decodeExact(bytes, view, start, bitEnd, 0, at, at, index, times, bits);
  if (packed < 0) return packed;
  let bit = Math.floor(packed / WINDOW_SPACE);
  if (index === stop) return start + ((bit + 7) >>> 3);

  let leading = (packed >>> 6) & 63;
  let trailing = packed & 63;
  let length = 64 - leading - trailing;
  let time = times[index - 1]!;
  let delta = time - times[index - 2]!;
  let low = bits[2 * index - 2]! | 0;
  let high = bits[2 * index - 1]! | 0;
  let quick = delta < QUICK_DELTA && delta > -QUICK_DELTA;

  while (index < stop) {
    let p = start + (bit >>> 3);
    if (p > quickEnd || !quick) {
      packed = bit * WINDOW_SPACE + leading * 64 + trailing;
      packed = decodeExact(bytes, view, start, bitEnd, packed, at, index, stop, times, bits);
      return packed < 0 ? packed : start + ((Math.floor(packed / WINDOW_SPACE) + 7) >>> 3);
    }
    let s = bit & 7;
    // At least 25 bits are valid; below them are zeros. A fifth byte would cost more than it saves.
    let look = view.getUint32(p) << s;
    if (look >= 0) {
      if (look < 0x40000000) {
        // Each pair of zero bits is a sample with the same delta and the same value.
        let run = Math.clz32(look | 0x7f) >>> 1;
        if (run > stop - index) run = stop - index;
        bit += 2 * run;
        for (; run > 0; run--) {
          time += delta;
          times[index] = time;
          bits[2 * index] = low;
          bits[2 * index + 1] = high;
          index++;
        }
        continue;
      }
      bit += 1;
      look <<= 1;
    } else {
      let dod = 0;
      if ((look & 0x40000000) === 0) {
        dod = (look << 2) >>> 18;
        if (dod > 8192) dod -= 16384;
        bit += 16;
      } else if ((look & 0x20000000) === 0) {
        dod = (look << 3) >>> 15;
        if (dod > 65536) dod -= 131072;
        bit += 20;
      } else if ((look & 0x10000000) === 0) {
        dod = (look << 4) >>> 12;
        if (dod > 524288) dod -= 1048576;
        bit += 24;
      } else {
        packed = bit * WINDOW_SPACE + leading * 64 + trailing;
        packed = decodeExact(bytes, view, start, bitEnd, packed, at, index, index + 1, times, bits);
        if (packed < 0) return packed;
        bit = Math.floor(packed / WINDOW_SPACE);
        leading = (packed >>> 6) & 63;
        trailing = packed & 63;
        length = 64 - leading - trailing;
        time = times[index]!;
        delta = time - times[index - 1]!;
        quick = delta < QUICK_DELTA && delta > -QUICK_DELTA;
        low = bits[2 * index]! | 0;
        high = bits[2 * index + 1]! | 0;
        index++;
        continue;
      }
      delta += dod;
      p = start + (bit >>> 3);
      s = bit & 7;
      look = view.getUint32(p) << s;
      if (look >= 0) {
        bit += 1;
        time += delta;
        times[index] = time;
        bits[2 * index] = low;
        bits[2 * index + 1] = high;
        index++;
        continue;
      }
    }

    // The value changed: `look` begins with a one, and at least 24 of its bits are valid.
    let spent = 2;
    if ((look & 0x40000000) !== 0) {
      leading = (look >>> 25) & 31;
      length = (look >>> 19) & 63;
      if (length === 0) length = 64;
      trailing = 64 - leading - length;
      if (trailing < 0) return XOR_MALFORMED;
      spent = 13;
    }
    bit += spent;
    if (spent + length <= 24) {
      look = (look << spent) >>> (32 - length);
    } else {
      p = start + (bit >>> 3);
      s = bit & 7;
      look = (view.getUint32(p) << s) | (bytes[p + 4]! >>> (8 - s));
      look >>>= length < 32 ? 32 - length : 0;
    }
    bit += length;
    if (length <= 32) {
      if (trailing >= 32) {
        high ^= look << (trailing - 32);
      } else {
        low ^= look << trailing;
        if (trailing > 0) high ^= look >>> (32 - trailing);
      }
    } else {
      // `look` has the first 32 of the bits; the last 32 end where the sample ends.
      p = start + ((bit - 32) >>> 3);
      s = bit & 7;
      const lastBits = (view.getUint32(p) << s) | (bytes[p + 4]! >>> (8 - s));
      low ^= lastBits << trailing;
      high ^= (look >>> (64 - length)) << trailing;
      if (trailing > 0) high ^= lastBits >>> (32 - trailing);
    }
    time += delta;
    times[index] = time;
    bits[2 * index] = low;
    bits[2 * index + 1] = high;
    index++;
  }
  if (bit > bitEnd) return XOR_TRUNCATED;
  if (time > TIME_MAX || time < -TIME_MAX) return XOR_TIME_OUT_OF_RANGE;
  return start + ((bit + 7) >>> 3);
}

/**
 * Decodes the first two samples of a chunk, which are not as the others are, by whole words. Returns what `decodeExact` does, or 0
 * where they are not as they mostly are, or there is a fault.
 */
function decodeBeginning(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  bitEnd: number,
  at: number,
  times: Float64Array,
  bits: Uint32Array,
): number {
  const quickEnd = bytes.length - LOOK_AHEAD_BYTES;
  if (start > quickEnd) return 0;
  let p = start;
  let step = 0;
  let byte = 0x80;
  for (let scale = 1; byte >= 0x80; scale *= 128) {
    if (p === start + VARINT_BYTES_MAX) return 0;
    byte = bytes[p++]!;
    step += (byte & 0x7f) * scale;
  }
  const time = bytes[start]! % 2 === 0 ? step / 2 : -(step + 1) / 2;
  let high = view.getInt32(p);
  let low = view.getInt32(p + 4);
  p += 8;
  times[at] = time;
  bits[2 * at] = low;
  bits[2 * at + 1] = high;
  if (p > quickEnd) return 0;
  const second = p;
  let delta = 0;
  byte = 0x80;
  for (let scale = 1; byte >= 0x80; scale *= 128) {
    if (p === second + VARINT_BYTES_MAX) return 0;
    byte = bytes[p++]!;
    delta += (byte & 0x7f) * scale;
  }
  let bit = 8 * (p - start);
  let leading = 0;
  let trailing = 0;
  const look = view.getInt32(p);
  if (look >= 0) bit += 1;
  else {
    if ((look & 0x40000000) === 0 || p + 8 > quickEnd) return 0;
    leading = (look >>> 25) & 31;
    const length = (look >>> 19) & 63 || 64;
    trailing = 64 - leading - length;
    if (trailing < 0) return 0;
    bit += 13 + length;
    // The 64 bits behind the window, of which the first `length` count: 19 of the first word.
    const next = view.getInt32(p + 4);
    const upper = (look << 13) | (next >>> 19);
    const lower = (next << 13) | (view.getInt32(p + 8) >>> 19);
    // Then moved to the right by what does not count, and to the left by `trailing`: in all by `leading`.
    high ^= (upper >>> leading) & maskAbove(trailing - 32);
    low ^= (leading === 0 ? lower : (lower >>> leading) | (upper << (32 - leading))) & maskAbove(trailing);
  }
  if (bit > bitEnd) return 0;
  times[at + 1] = time + delta;
  bits[2 * at + 2] = low;
  bits[2 * at + 3] = high;
  return bit * WINDOW_SPACE + leading * 64 + trailing;
}

/** All bits of a word from the lowest `count` up; `count` may be beyond its ends. */
function maskAbove(count: number): number {
  if (count <= 0) return -1;
  return count >= 32 ? 0 : -1 << count;
}

/**
 * Decodes the samples `index .. stop` of a chunk whose first sample goes to `at`, bit by bit, with 64-bit times on
 * halves. `packed` is where and with which window to begin; the same comes back for whoever goes on, or a negative code.
 */
function decodeExact(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  bitEnd: number,
  packed: number,
  at: number,
  index: number,
  stop: number,
  times: Float64Array,
  bits: Uint32Array,
): number {
  // From here, as the loop over the other samples is quicker where nothing of this becomes part of it.
  if (index === at && stop === at + 2) {
    const begun = decodeBeginning(bytes, view, start, bitEnd, at, times, bits);
    if (begun > 0) return begun;
  }
  let bit = Math.floor(packed / WINDOW_SPACE);
  let leading = (packed >>> 6) & 63;
  let trailing = packed & 63;
  for (let i = index; i < stop; i++) {
    let stepLow = 0;
    let stepHigh = 0;
    if (i < at + 2) {
      // A varint; the first two begin on whole bytes.
      let shift = 0;
      let byte = 0x80;
      while (byte >= 0x80) {
        if (bit + 8 > bitEnd) return XOR_TRUNCATED;
        byte = bytes[start + (bit >>> 3)]!;
        bit += 8;
        if (shift === 63 && byte > 1) return XOR_MALFORMED;
        if (shift < 32) stepLow |= (byte & 0x7f) << shift;
        if (shift === 28) stepHigh = (byte & 0x7f) >>> 4;
        else if (shift > 28) stepHigh |= (byte & 0x7f) << (shift - 32);
        shift += 7;
      }
    } else {
      let size = 0;
      let ones = 0;
      while (ones < 4) {
        if (bit >= bitEnd) return XOR_TRUNCATED;
        const one = (bytes[start + (bit >>> 3)]! >>> (7 - (bit & 7))) & 1;
        bit++;
        if (one === 0) break;
        ones++;
      }
      if (ones === 4) {
        if (bit + 64 > bitEnd) return XOR_TRUNCATED;
        stepHigh = readBits(bytes, start, bit, 32);
        stepLow = readBits(bytes, start, bit + 32, 32);
        bit += 64;
      } else if (ones > 0) {
        size = 11 + 3 * ones;
        if (bit + size > bitEnd) return XOR_TRUNCATED;
        stepLow = readBits(bytes, start, bit, size);
        bit += size;
        if (stepLow > 1 << (size - 1)) stepLow -= 1 << size;
        stepHigh = stepLow >> 31;
      }
    }

    let timeLow = stepLow;
    let timeHigh = stepHigh;
    if (i === at) {
      const sign = -(stepLow & 1);
      timeLow = ((stepLow >>> 1) | (stepHigh << 31)) ^ sign;
      timeHigh = (stepHigh >>> 1) ^ sign;
    } else {
      // The step is the delta, or what the delta changes by.
      const last = times[i - 1]!;
      const lastHigh = Math.floor(last / TWO_32);
      const lastLow = last - lastHigh * TWO_32;
      let low = lastLow + (stepLow >>> 0);
      let high = lastHigh + stepHigh;
      if (i > at + 1) {
        const before = times[i - 2]!;
        const beforeHigh = Math.floor(before / TWO_32);
        low += lastLow - (before - beforeHigh * TWO_32);
        high += lastHigh - beforeHigh;
      }
      const carry = Math.floor(low / TWO_32);
      timeLow = low - carry * TWO_32;
      timeHigh = (high + carry) | 0;
    }
    const time = timeHigh * TWO_32 + (timeLow >>> 0);
    if (time > TIME_MAX || time < -TIME_MAX) return XOR_TIME_OUT_OF_RANGE;

    let valueLow = 0;
    let valueHigh = 0;
    if (i === at) {
      if (bit + 64 > bitEnd) return XOR_TRUNCATED;
      valueHigh = readBits(bytes, start, bit, 32);
      valueLow = readBits(bytes, start, bit + 32, 32);
      bit += 64;
    } else {
      valueLow = bits[2 * i - 2]!;
      valueHigh = bits[2 * i - 1]!;
      if (bit >= bitEnd) return XOR_TRUNCATED;
      const changed = readBits(bytes, start, bit, 1);
      bit++;
      if (changed === 1) {
        if (bit >= bitEnd) return XOR_TRUNCATED;
        const window = readBits(bytes, start, bit, 1);
        bit++;
        if (window === 1) {
          if (bit + 11 > bitEnd) return XOR_TRUNCATED;
          leading = readBits(bytes, start, bit, 5);
          const length = readBits(bytes, start, bit + 5, 6);
          bit += 11;
          trailing = 64 - leading - (length === 0 ? 64 : length);
          if (trailing < 0) return XOR_MALFORMED;
        }
        const length = 64 - leading - trailing;
        if (bit + length > bitEnd) return XOR_TRUNCATED;
        const high = length > 32 ? readBits(bytes, start, bit, length - 32) : 0;
        const low = readBits(bytes, start, bit + (length > 32 ? length - 32 : 0), length > 32 ? 32 : length);
        bit += length;
        if (trailing >= 32) {
          valueHigh ^= low << (trailing - 32);
        } else {
          valueLow ^= low << trailing;
          valueHigh ^= (high << trailing) | (trailing > 0 ? low >>> (32 - trailing) : 0);
        }
      }
    }
    times[i] = time;
    bits[2 * i] = valueLow;
    bits[2 * i + 1] = valueHigh;
  }
  return bit * WINDOW_SPACE + leading * 64 + trailing;
}

/** `bitsAt`, counted from `start`: positions in bits from the begin of a large file of chunks do not fit into 32. */
function readBits(bytes: Uint8Array, start: number, bit: number, count: number): number {
  let at = start + (bit >>> 3);
  let have = 8 - (bit & 7);
  let value = bytes[at]! & ((1 << have) - 1);
  if (count <= have) return value >>> (have - count);
  let left = count - have;
  while (left >= 8) {
    value = (value << 8) | bytes[++at]!;
    left -= 8;
  }
  if (left > 0) {
    have = 8 - left;
    value = (value << left) | (bytes[at + 1]! >>> have);
  }
  return value >>> 0;
}
