import { xxhash64Fraction } from '../../../kernels/xxhash64.ts';
import type { Labels } from '../../../model/labels.ts';

const encoder = new TextEncoder();
let bytes = new Uint8Array(1024);

/** Characters that are hashed in the time of a sample. */
export const HASHED_PER_SAMPLE = 4;

/**
 * A number in [0, 1] that a label set always has: xxhash64 of its names and values, each with its length before it,
 * over 2^64 - 1. A length below 255 is one byte, others are 0xFF and three bytes, little-endian.
 */
export function labelsFraction(labels: Labels): number {
  const { pairs } = labels;
  let length = 0;
  for (const text of pairs) length += 4 + 3 * text.length;
  if (bytes.length < length) bytes = new Uint8Array(2 * length);
  let at = 0;
  for (const text of pairs) at = writeText(text, at);
  return xxhash64Fraction(bytes, at);
}

function writeText(text: string, at: number): number {
  const { written } = encoder.encodeInto(text, bytes.subarray(at + 4));
  if (written < 255) {
    bytes[at] = written;
    bytes.copyWithin(at + 1, at + 4, at + 4 + written);
    return at + 1 + written;
  }
  bytes[at] = 0xff;
  bytes[at + 1] = written & 0xff;
  bytes[at + 2] = (written >>> 8) & 0xff;
  bytes[at + 3] = (written >>> 16) & 0xff;
  return at + 4 + written;
}
