import { readUvarint64, VARINT_TRUNCATED } from './varint.ts';

/**
 * Walking the fields of a Protocol Buffers message (protobuf.dev/programming-guides/encoding):
 *
 *     message = field*        field = tag payload        tag = varint(number << 3 | wire type)
 *     wire type 0  varint     1  8 bytes     2  varint(size) bytes     3, 4  group begin, end     5  4 bytes
 */

/** The message ends inside a field. */
export const PROTOBUF_TRUNCATED = -1;
/** A varint has more than 64 bits. */
export const PROTOBUF_OVERFLOW = -2;
/** A size has its sign bit set. */
export const PROTOBUF_BAD_SIZE = -3;
/** A known field comes with another wire type than its own. */
export const PROTOBUF_WRONG_WIRE_TYPE = -4;
/** A field number is zero or beyond 31 bits. */
export const PROTOBUF_BAD_TAG = -5;
/** A group ends that did not begin. */
export const PROTOBUF_END_GROUP = -6;
/** Wire type 6 or 7. */
export const PROTOBUF_BAD_WIRE_TYPE = -7;

/** A message without texts, or a group, is larger than anybody's: it would be walked through whole. */
export const PROTOBUF_TOO_LARGE = -8;

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_GROUP = 3;
export const WIRE_END_GROUP = 4;
export const WIRE_FIXED32 = 5;

/** Groups open at once; unknown fields nested deeper are taken for garbage. */
const GROUP_DEPTH_MAX = 100;
/** Bytes of a group, and of a message that holds no text; more are walked through in no step of their own. */
export const WALKED_BYTES_MAX = 256 * 1024;

/**
 * Reads a tag. Returns the offset behind it, or a negative code. `halves[0]` then holds the field number and
 * `halves[1]` the wire type.
 */
export function readTag(bytes: Uint8Array, at: number, end: number, halves: Uint32Array): number {
  const next = readUvarint64(bytes, at, end, halves);
  if (next < 0) return next === VARINT_TRUNCATED ? PROTOBUF_TRUNCATED : PROTOBUF_OVERFLOW;
  const low = halves[0]!;
  const number = (low >>> 3) | (halves[1]! << 29) | 0;
  halves[1] = low & 7;
  halves[0] = number;
  if ((low & 7) === WIRE_END_GROUP) return PROTOBUF_END_GROUP;
  return number <= 0 ? PROTOBUF_BAD_TAG : next;
}

/**
 * Reads a size. Returns the offset behind it, or a negative code; `halves[0]` then holds the size, and that many bytes
 * lie before `end`.
 */
export function readSize(bytes: Uint8Array, at: number, end: number, halves: Uint32Array): number {
  const next = readUvarint64(bytes, at, end, halves);
  if (next < 0) return next === VARINT_TRUNCATED ? PROTOBUF_TRUNCATED : PROTOBUF_OVERFLOW;
  if (halves[1]! >= 0x80000000) return PROTOBUF_BAD_SIZE;
  return halves[1] !== 0 || halves[0]! > end - next ? PROTOBUF_TRUNCATED : next;
}

/** Skips the payload of a field of `wireType` at `at`. Returns the offset behind it, or a negative code. */
export function skipField(bytes: Uint8Array, at: number, end: number, wireType: number, halves: Uint32Array): number {
  const start = at;
  let depth = 0;
  let type = wireType;
  for (;;) {
    switch (type) {
      case WIRE_VARINT: {
        at = readUvarint64(bytes, at, end, halves);
        if (at < 0) return at === VARINT_TRUNCATED ? PROTOBUF_TRUNCATED : PROTOBUF_OVERFLOW;
        break;
      }
      case WIRE_FIXED64:
        at += 8;
        break;
      case WIRE_FIXED32:
        at += 4;
        break;
      case WIRE_BYTES:
        at = readSize(bytes, at, end, halves);
        if (at < 0) return at;
        at += halves[0]!;
        break;
      case WIRE_GROUP:
        if (++depth > GROUP_DEPTH_MAX) return PROTOBUF_BAD_WIRE_TYPE;
        break;
      case WIRE_END_GROUP:
        if (--depth < 0) return PROTOBUF_END_GROUP;
        break;
      default:
        return PROTOBUF_BAD_WIRE_TYPE;
    }
    if (at > end) return PROTOBUF_TRUNCATED;
    if (depth === 0) return at;
    if (at - start > WALKED_BYTES_MAX) return PROTOBUF_TOO_LARGE;
    at = readUvarint64(bytes, at, end, halves);
    if (at < 0) return at === VARINT_TRUNCATED ? PROTOBUF_TRUNCATED : PROTOBUF_OVERFLOW;
    type = halves[0]! & 7;
  }
}
