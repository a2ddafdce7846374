import { isUtf8 } from '../kernels/utf8-check.ts';
import { Labels } from './labels.ts';
import { stringFromUtf8 } from './utf8.ts';

/**
 * Label sets as bytes, the way the log has them: the hot path takes a series from the socket to the head and the log
 * without making strings.
 *
 *     labels   number of pairs uvarint | (name text | value text)*      names rise strictly by their bytes
 *     text     size uvarint | that many bytes of valid UTF-8            values are not empty
 */

/** The most bytes that a size or a number of pairs takes. */
export const LABEL_SIZE_BYTES_MAX = 5;

/** Writes a size or a number of pairs, below 2^32; returns the offset behind it. */
export function writeLabelSize(target: Uint8Array, at: number, size: number): number {
  while (size >= 0x80) {
    target[at++] = (size & 0x7f) | 0x80;
    size >>>= 7;
  }
  target[at] = size;
  return at + 1;
}

/** Writes `source[start..end-1]` as a text; returns the offset behind it. The caller has made sure of the room. */
export function writeLabelText(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): number {
  at = writeLabelSize(target, at, end - start);
  for (let from = start; from < end; from++) target[at++] = source[from]!;
  return at;
}

/** Reads a size at `at`: its value; it takes `labelSizeBytes` bytes. */
export function labelSize(bytes: Uint8Array, at: number): number {
  let size = bytes[at]!;
  if (size < 0x80) return size;
  size &= 0x7f;
  for (let shift = 7; ; shift += 7) {
    const byte = bytes[++at]!;
    size |= (byte & 0x7f) << shift;
    if (byte < 0x80) return size >>> 0;
  }
}

/** How many bytes `writeLabelSize` makes of a size. */
export function labelSizeBytes(size: number): number {
  let count = 1;
  for (let rest = size >>> 7; rest > 0; rest >>>= 7) count++;
  return count;
}

/**
 * The offset behind the label set at `start`, or -1 where `bytes[start..end-1]` does not begin with one: sizes that do not
 * fit, names that do not rise, empty values, bytes that are not UTF-8.
 */
export function labelBytesEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = sizeEnd(bytes, start, end);
  if (at < 0) return -1;
  const pairs = labelSize(bytes, start);
  let nameStart = 0;
  let nameEnd = 0;
  for (let i = 0; i < 2 * pairs; i++) {
    const from = sizeEnd(bytes, at, end);
    if (from < 0) return -1;
    const to = from + labelSize(bytes, at);
    if (to > end || !isUtf8(bytes, from, to)) return -1;
    if ((i & 1) === 1) {
      if (to === from) return -1;
    } else {
      if (i > 0 && compareBytes(bytes, nameStart, nameEnd, bytes, from, to) >= 0) return -1;
      nameStart = from;
      nameEnd = to;
    }
    at = to;
  }
  return at;
}

/** Where a size or a number of pairs ends that is below 2^32 and in its shortest form, or -1. */
function sizeEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end && at < start + LABEL_SIZE_BYTES_MAX; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80) continue;
    if (byte === 0 && at > start) return -1;
    return at === start + LABEL_SIZE_BYTES_MAX - 1 && byte > 0xf ? -1 : at + 1;
  }
  return -1;
}

/** Orders two texts by their bytes. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** The label set at `start`. */
export function labelsFromBytes(bytes: Uint8Array, start: number): Labels {
  const count = labelSize(bytes, start);
  let at = start + labelSizeBytes(count);
  const pairs: string[] = [];
  for (let i = 0; i < 2 * count; i++) {
    const size = labelSize(bytes, at);
    at += labelSizeBytes(size);
    pairs.push(stringFromUtf8(bytes.subarray(at, at + size)));
    at += size;
  }
  return new Labels(pairs);
}

/** The bytes of a label set. */
export function bytesFromLabels(labels: Labels): Uint8Array {
  const texts = labels.pairs.map((text) => encoder.encode(text));
  const size = texts.reduce((sum, text) => sum + text.length + LABEL_SIZE_BYTES_MAX, LABEL_SIZE_BYTES_MAX);
  const bytes = new Uint8Array(size);
  let at = writeLabelSize(bytes, 0, labels.size);
  for (const text of texts) at = writeLabelText(bytes, at, text, 0, text.length);
  return bytes.subarray(0, at);
}

const encoder = new TextEncoder();
