/**
 * Decoder of the snappy block format (github.com/google/snappy, format_description.txt): the decompressed size as a
 * varint, then elements. An element's tag byte says in its low two bits what follows:
 *
 *     00  literal      upper six bits: size - 1, or 60..63: the size - 1 follows in 1..4 bytes
 *     01  copy         3 bits size - 4, 11 bits offset (high three in the tag, then one byte)
 *     10  copy         6 bits size - 1, 16 bits offset, little-endian
 *     11  copy         6 bits size - 1, 32 bits offset, little-endian
 */

/** The input ends inside the size or an element. */
export const SNAPPY_TRUNCATED = -1;
/** The size is not a varint of at most 32 bits. */
export const SNAPPY_BAD_SIZE = -2;
/** A copy reaches before the start of the output, or has offset zero. */
export const SNAPPY_BAD_OFFSET = -3;
/** The elements make more or fewer bytes than the size says. */
export const SNAPPY_WRONG_SIZE = -4;
/** The output does not fit into the space given. */
export const SNAPPY_NO_ROOM = -5;
/** More of the block is to be decompressed. */
export const SNAPPY_PAUSED = -6;

/** Three bytes make at most 64, so an honest block is never larger than this many times its compressed size. */
export const SNAPPY_EXPANSION_MAX = 22;

/** From here on the engine's move beats a loop; label texts decode a fifth faster for it. */
const MOVE_MIN = 32;
/**
 * Shorter runs are copied whole, without a loop whose end nobody can foresee: what is too much lies inside the output, and
 * is written over by what follows.
 */
const SHORT_RUN = 16;

/** The decompressed size that a block claims, or a negative code. It is the caller's to limit. */
export function snappyDecodedSize(source: Uint8Array, start: number, end: number): number {
  let size = 0;
  let shift = 0;
  for (let at = start; at < end && shift < 35; at++, shift += 7) {
    const byte = source[at]!;
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return size > 0xffffffff ? SNAPPY_BAD_SIZE : size;
  }
  return shift < 35 ? SNAPPY_TRUNCATED : SNAPPY_BAD_SIZE;
}

/** The first byte that a block makes, or -1 where it does not begin with a literal. The rest is not looked at. */
export function snappyFirstByte(source: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && source[at]! >= 0x80) at++;
  const tag = source[at + 1];
  if (tag === undefined || (tag & 3) !== 0) return -1;
  const first = at + 2 + Math.max(0, (tag >>> 2) - 59);
  return first < end ? source[first]! : -1;
}

/**
 * Decompresses `source[start..end-1]` into `target` from `at` on, never writing at or beyond `limit`. Returns the number
 * of bytes made, which is the size that the block claims, or a negative code; the output is then undefined.
 */
export function snappyDecode(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  limit: number,
): number {
  const size = snappyDecodedSize(source, start, end);
  if (size < 0) return size;
  if (size > limit - at) return SNAPPY_NO_ROOM;
  const code = decodeElements(source, snappyElementsStart(source, start), end, target, at, at, at + size, end, null);
  return code < 0 ? code : size;
}

/** How far a block is that is decompressed in steps. */
export interface SnappyProgress {
  /** Where the next element begins: `snappyElementsStart` at first. */
  from: number;
  /** Bytes that were made. */
  made: number;
}

/** Where the elements of a block begin whose size is a valid one. */
export function snappyElementsStart(source: Uint8Array, start: number): number {
  let from = start + 1;
  while (source[from - 1]! >= 0x80) from++;
  return from;
}

/**
 * Decompresses the elements that begin in the next `inputMax` bytes of a block that fills `source`, into a `target` of just the size that
 * it claims. Returns that size when it is done, `SNAPPY_PAUSED`, or another negative code.
 */
export function snappyDecodeSome(
  source: Uint8Array,
  target: Uint8Array,
  progress: SnappyProgress,
  inputMax: number,
): number {
  const { length } = source;
  const pause = Math.min(length, progress.from + inputMax);
  return decodeElements(source, progress.from, length, target, 0, progress.made, target.length, pause, progress);
}

/**
 * The elements from `from` to before `pause`, and to `end` at most; `target` has the output from `at` on, so far to before `to`, and ends at
 * `stop`. Returns the number of bytes of the whole output, or a negative code.
 */
function decodeElements(
  source: Uint8Array,
  from: number,
  end: number,
  target: Uint8Array,
  at: number,
  to: number,
  stop: number,
  pause: number,
  progress: SnappyProgress | null,
): number {
  // Four bytes in one load and one store; the only objects that are made, once a call.
  const input = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const output = new DataView(target.buffer, target.byteOffset, target.byteLength);
  while (from < pause) {
    const tag = source[from++]!;
    let length = (tag >>> 2) + 1;
    if ((tag & 3) === 0) {
      if (length > 60) {
        const extra = length - 60;
        if (from + extra > end) return SNAPPY_TRUNCATED;
        length = source[from]!;
        if (extra > 1) length |= source[from + 1]! << 8;
        if (extra > 2) length |= source[from + 2]! << 16;
        if (extra > 3) length += source[from + 3]! * 0x1000000;
        length++;
        from += extra;
      }
      if (length > end - from) return SNAPPY_TRUNCATED;
      if (length > stop - to) return SNAPPY_WRONG_SIZE;
      if (length <= SHORT_RUN && end - from >= SHORT_RUN && stop - to >= SHORT_RUN) {
        output.setInt32(to, input.getInt32(from, true), true);
        output.setInt32(to + 4, input.getInt32(from + 4, true), true);
        output.setInt32(to + 8, input.getInt32(from + 8, true), true);
        output.setInt32(to + 12, input.getInt32(from + 12, true), true);
        from += length;
        to += length;
        continue;
      }
      const literalEnd = from + length;
      for (const quad = literalEnd - 3; from < quad; from += 4, to += 4) {
        output.setInt32(to, input.getInt32(from, true), true);
      }
      while (from < literalEnd) target[to++] = source[from++]!;
      continue;
    }
    let offset: number;
    if ((tag & 3) === 1) {
      if (from >= end) return SNAPPY_TRUNCATED;
      length = ((tag >>> 2) & 7) + 4;
      offset = ((tag & 0xe0) << 3) | source[from++]!;
    } else if ((tag & 3) === 2) {
      if (from + 2 > end) return SNAPPY_TRUNCATED;
      offset = source[from]! | (source[from + 1]! << 8);
      from += 2;
    } else {
      if (from + 4 > end) return SNAPPY_TRUNCATED;
      offset = (source[from]! | (source[from + 1]! << 8) | (source[from + 2]! << 16)) + source[from + 3]! * 0x1000000;
      from += 4;
    }
    if (offset === 0 || offset > to - at) return SNAPPY_BAD_OFFSET;
    if (length > stop - to) return SNAPPY_WRONG_SIZE;
    const copy = to - offset;
    if (length <= SHORT_RUN && offset >= 4 && stop - to >= SHORT_RUN) {
      output.setInt32(to, output.getInt32(copy, true), true);
      output.setInt32(to + 4, output.getInt32(copy + 4, true), true);
      output.setInt32(to + 8, output.getInt32(copy + 8, true), true);
      output.setInt32(to + 12, output.getInt32(copy + 12, true), true);
      to += length;
      continue;
    }
    if (length >= MOVE_MIN && offset >= length) {
      target.copyWithin(to, copy, copy + length);
      to += length;
      continue;
    }
    const copyEnd = to + length;
    if (offset < 4 && length > SHORT_RUN) {
      // What repeats every one, two or three bytes does so every four or six.
      const widened = offset === 3 ? 6 : 4;
      for (const wide = copy + widened; to < wide; to++) target[to] = target[to - offset]!;
      offset = widened;
    }
    if (offset >= 4) {
      for (const quad = copyEnd - 3; to < quad; to += 4) output.setInt32(to, output.getInt32(to - offset, true), true);
    }
    for (; to < copyEnd; to++) target[to] = target[to - offset]!;
  }
  if (from < end && progress !== null) {
    progress.from = from;
    progress.made = to;
    return SNAPPY_PAUSED;
  }
  return to === stop ? stop - at : SNAPPY_WRONG_SIZE;
}
