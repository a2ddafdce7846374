/**
 * XOR (Gorilla) chunks, reading what is not older than some time; `xor-encode.ts` draws the format.
 *
 * A chunk can only be read from its start, or from a cursor that an earlier reading has left: who asks for the last minutes
 * again and again need not decode the hours before them each time.
 */

/** Something unusual: nothing is said of the output, and `xorDecode` has to read the chunk. */
export const XOR_UNUSUAL = -1;

/** Doubles of a cursor. Those of a place with none are 0. */
export const CURSOR_DOUBLES = 5;
/** Samples before the place; 0: there is no cursor, reading begins with the chunk. */
const CURSOR_INDEX = 0;
/** bit * WINDOW_SPACE + leading * 64 + trailing */
const CURSOR_PACKED = 1;
/** Of the sample before the place. */
const CURSOR_TIME = 2;
const CURSOR_DELTA = 3;
/** The value's bits, low and high: words `CURSOR_VALUE * 2` and the next one. */
const CURSOR_VALUE = 4;

const WINDOW_SPACE = 4096;
/** One sample takes at most 101 bits without a 64-bit delta, begun inside a byte; a look reads 5 bytes. */
const LOOK_AHEAD_BYTES = 24;
/** Of varints and times: doubles add them exactly, and a delta is far from where it could not. */
const VARINT_BYTES_MAX = 7;
const DELTA_MAX = 1099511627776;

/**
 * Decodes those of the first `count` samples of the chunk in `bytes[offset .. end)` that are not older than `minTime`, to
 * `times[at ...]` and `bits[2 * at ...]` (low half, high half), each with room for one more. `view` covers the same bytes.
 *
 * The cursor at `cursors[cursor ...]` (`words` is the same buffer) must be of this chunk; reading begins there where it is old
 * enough, and leaves one before the first sample that it gives.
 *
 * Returns how many samples it gives, or `XOR_UNUSUAL` (steps of the 64-bit kind, a chunk at the end of its buffer, one that
 * ends too early); then the cursor is none.
 */
export function xorDecodeLate(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  end: number,
  count: number,
  minTime: number,
  cursors: Float64Array,
  words: Uint32Array,
  cursor: number,
  times: Float64Array,
  bits: Uint32Array,
  at: number,
): number {
  const start = offset + 2;
  const bitEnd = (end - start) * 8;
  const quickEnd = bytes.length - LOOK_AHEAD_BYTES;
  const value = 2 * (cursor + CURSOR_VALUE);
  let index = cursors[cursor + CURSOR_INDEX]!;
  let out = at;
  let bit = 0;
  let leading = 0;
  let trailing = 0;
  let time = 0;
  let delta = 0;
  let low = 0;
  let high = 0;
  if (index > 0 && index <= count && cursors[cursor + CURSOR_TIME]! < minTime) {
    const packed = cursors[cursor + CURSOR_PACKED]!;
    bit = Math.floor(packed / WINDOW_SPACE);
    leading = (packed >>> 6) & 63;
    trailing = packed & 63;
    time = cursors[cursor + CURSOR_TIME]!;
    delta = cursors[cursor + CURSOR_DELTA]!;
    low = words[value]! | 0;
    high = words[value + 1]! | 0;
  } else {
    cursors[cursor + CURSOR_INDEX] = 0;
    if (count === 0) return 0;
    if (start > quickEnd) return XOR_UNUSUAL;
    // A varint in zigzag form, and the value as it is.
    let size = 0;
    let scale = 1;
    let step = 0;
    let byte = 0x80;
    for (; byte >= 0x80; scale *= 128) {
      if (size === VARINT_BYTES_MAX) return XOR_UNUSUAL;
      byte = bytes[start + size++]!;
      step += (byte & 0x7f) * scale;
    }
    time = (byte = bytes[start]!) % 2 === 0 ? step / 2 : -(step + 1) / 2;
    high = view.getInt32(start + size);
    low = view.getInt32(start + size + 4);
    bit = 8 * (size + 8);
    index = 1;
    times[out] = time;
    bits[2 * out] = low;
    bits[2 * out + 1] = high;
    if (time >= minTime) out++;
    if (count > 1) {
      let p = start + size + 8;
      if (p > quickEnd) return XOR_UNUSUAL;
      size = 0;
      scale = 1;
      byte = 0x80;
      for (; byte >= 0x80; scale *= 128) {
        if (size === VARINT_BYTES_MAX) return XOR_UNUSUAL;
        byte = bytes[p++]!;
        size++;
        delta += (byte & 0x7f) * scale;
      }
      bit += 8 * size;
    }
  }
  if (delta > DELTA_MAX) return XOR_UNUSUAL;

  let length = 64 - leading - trailing;
  /** The second sample's delta was read already: it is no change of another one. */
  let knowsDelta = index === 1;
  let mark = index - 1;
  while (index < count) {
    let p = start + (bit >>> 3);
    if (p > quickEnd) {
      cursors[cursor + CURSOR_INDEX] = 0;
      return XOR_UNUSUAL;
    }
    let s = bit & 7;
    // At least 25 bits are valid; below them are zeros. A fifth byte would cost more than it saves.
    let look = view.getUint32(p) << s;
    if (knowsDelta) knowsDelta = false;
    else {
      if (time < minTime && time + delta >= minTime && mark !== index) {
        mark = index;
        cursors[cursor + CURSOR_INDEX] = index;
        cursors[cursor + CURSOR_PACKED] = bit * WINDOW_SPACE + leading * 64 + trailing;
        cursors[cursor + CURSOR_TIME] = time;
        cursors[cursor + CURSOR_DELTA] = delta;
        words[value] = low;
        words[value + 1] = high;
      }
      if (look >= 0) {
        if (look < 0x40000000) {
          // Same delta and same value.
          bit += 2;
          time += delta;
          times[out] = time;
          bits[2 * out] = low;
          bits[2 * out + 1] = high;
          if (time >= minTime) out++;
          index++;
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
          cursors[cursor + CURSOR_INDEX] = 0;
          return XOR_UNUSUAL;
        }
        delta += dod;
        p = start + (bit >>> 3);
        s = bit & 7;
        look = view.getUint32(p) << s;
      }
    }
    time += delta;
    index++;
    if (look >= 0) {
      bit += 1;
      times[out] = time;
      bits[2 * out] = low;
      bits[2 * out + 1] = high;
      if (time >= minTime) out++;
      continue;
    }
    // The value changed: `look` begins with a one, and at least 24 of its bits are valid.
    let spent = 2;
    if ((look & 0x40000000) !== 0) {
      leading = (look >>> 25) & 31;
      length = (look >>> 19) & 63;
      if (length === 0) length = 64;
      trailing = 64 - leading - length;
      if (trailing < 0) {
        cursors[cursor + CURSOR_INDEX] = 0;
        return XOR_UNUSUAL;
      }
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
    times[out] = time;
    bits[2 * out] = low;
    bits[2 * out + 1] = high;
    if (time >= minTime) out++;
  }
  if (bit > bitEnd) {
    cursors[cursor + CURSOR_INDEX] = 0;
    return XOR_UNUSUAL;
  }
  return out - at;
}
