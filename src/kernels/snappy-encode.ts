/**
 * Encoder of the snappy block format (drawn in snappy-decode.ts). Greedy: a table of hashes of four bytes remembers
 * where they last stood; what stands there again becomes a copy, everything else literals. Input is cut into blocks of
 * 64 KiB, so that offsets fit into two bytes.
 */

/** Length of the hash table that the caller lends, for any input. */
export const SNAPPY_TABLE_LENGTH = 1 << 14;

const BLOCK_SIZE = 1 << 16;
const TABLE_BITS = 14;
/** Closer to the end than this, four-byte reads and runs of literals are not worth the checks. */
const MARGIN = 15;
/** Literals up to this size are copied as words. */
const SHORT_RUN = 16;

/** Enough output space for `size` bytes of any content. */
export function snappyEncodedSizeMax(size: number): number {
  return 32 + size + Math.ceil(size / 6);
}

/**
 * Compresses `source[start..end-1]` into `target` from `at` on, which must have room for `snappyEncodedSizeMax`.
 * `table` has `SNAPPY_TABLE_LENGTH` entries of any content. Returns the offset behind the last byte.
 */
export function snappyEncode(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  table: Uint16Array,
): number {
  return snappyEncodeBlocks(source, start, end, target, snappyBegin(end - start, target, at), table);
}

/** Begins what `size` bytes come to; `snappyEncodeBlocks` goes on at the offset that is returned. */
export function snappyBegin(size: number, target: Uint8Array, at: number): number {
  let rest = size;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[at++] = rest;
  return at;
}

/** Bytes as they are, at most 64 KiB, as an element of a block. */
export function snappyLiteral(source: Uint8Array, start: number, end: number): Uint8Array {
  const target = new Uint8Array(end - start + LITERAL_TAG_BYTES_MAX);
  return target.subarray(0, emitLiteral(source, start, end, target, 0));
}

const LITERAL_TAG_BYTES_MAX = 3;

/** A part of what `snappyEncode` does: parts follow each other, all but the last a multiple of 64 KiB long. */
export function snappyEncodeBlocks(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  table: Uint16Array,
): number {
  // Four bytes in one load and one store; the only objects that are made, once a call.
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const targetView = new DataView(target.buffer, target.byteOffset, target.byteLength);
  for (let block = start; block < end; block += BLOCK_SIZE) {
    at = encodeBlock(source, view, block, Math.min(block + BLOCK_SIZE, end), target, targetView, at, table);
  }
  return at;
}

function encodeBlock(
  source: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  target: Uint8Array,
  targetView: DataView,
  at: number,
  table: Uint16Array,
): number {
  let literal = start;
  if (end - start > MARGIN) {
    table.fill(0);
    const limit = end - MARGIN;
    let from = start + 1;
    let misses = 32;
    while (from < limit) {
      const word = view.getInt32(from, true);
      const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - TABLE_BITS);
      const candidate = start + table[slot]!;
      table[slot] = from - start;
      if (word !== view.getInt32(candidate, true)) {
        // The longer nothing matches, the larger the strides: incompressible input costs little.
        from += misses++ >>> 5;
        continue;
      }
      misses = 32;
      const run = from - literal;
      if (run > SHORT_RUN) at = emitLiteral(source, literal, from, target, at);
      else if (run > 0) {
        // A few bytes too many: the input goes on for so long, and what is written next lies over them.
        target[at] = (run - 1) << 2;
        targetView.setInt32(at + 1, view.getInt32(literal, true), true);
        targetView.setInt32(at + 5, view.getInt32(literal + 4, true), true);
        if (run > 8) {
          targetView.setInt32(at + 9, view.getInt32(literal + 8, true), true);
          targetView.setInt32(at + 13, view.getInt32(literal + 12, true), true);
        }
        at += run + 1;
      }
      const next = endOfMatch(view, candidate + 4, from + 4, end);
      at = emitCopy(target, at, from - candidate, next - from);
      literal = next;
      from = next;
      if (from >= limit) break;
      table[Math.imul(view.getInt32(from - 1, true), 0x1e35a7bd) >>> (32 - TABLE_BITS)] = from - 1 - start;
    }
  }
  return literal < end ? emitLiteral(source, literal, end, target, at) : at;
}

/** How far the bytes from `next` on are those from `match` on; `end` at most. */
function endOfMatch(view: DataView, match: number, next: number, end: number): number {
  for (const last = end - 4; next <= last; next += 4, match += 4) {
    const difference = view.getInt32(next, true) ^ view.getInt32(match, true);
    if (difference !== 0) return next + ((31 - Math.clz32(difference & -difference)) >>> 3);
  }
  while (next < end && view.getUint8(next) === view.getUint8(match)) {
    next++;
    match++;
  }
  return next;
}

function emitLiteral(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): number {
  const last = end - start - 1;
  if (last < 60) {
    target[at++] = last << 2;
  } else if (last < 0x100) {
    target[at++] = 60 << 2;
    target[at++] = last;
  } else {
    target[at++] = 61 << 2;
    target[at++] = last;
    target[at++] = last >>> 8;
  }
  for (let from = start; from < end; from++) target[at++] = source[from]!;
  return at;
}

/** Writes a copy of at least four bytes from `offset` (below 64 Ki) before; returns the offset behind it. Tags hold up to 64 bytes; what would remain below four is avoided by a split of 60. */
export function emitCopy(target: Uint8Array, at: number, offset: number, size: number): number {
  while (size >= 68) {
    target[at] = (63 << 2) | 2;
    target[at + 1] = offset;
    target[at + 2] = offset >>> 8;
    at += 3;
    size -= 64;
  }
  if (size > 64) {
    target[at] = (59 << 2) | 2;
    target[at + 1] = offset;
    target[at + 2] = offset >>> 8;
    at += 3;
    size -= 60;
  }
  if (size >= 12 || offset >= 2048) {
    target[at] = ((size - 1) << 2) | 2;
    target[at + 1] = offset;
    target[at + 2] = offset >>> 8;
    return at + 3;
  }
  target[at] = ((offset >>> 8) << 5) | ((size - 4) << 2) | 1;
  target[at + 1] = offset;
  return at + 2;
}
