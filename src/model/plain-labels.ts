import type { Labels } from './labels.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes of a label set as a JSON object where nothing of it needs an escape or is not ASCII. */
export function plainLabelsSize({ pairs }: Labels): number {
  // Two quotes and what stands before each text, and a brace; without labels both braces.
  let size = 1 + Math.max(1, 3 * pairs.length);
  for (let i = 0; i < pairs.length; i++) size += pairs[i]!.length;
  return size;
}

/**
 * Writes a label set as a JSON object in label order to `into` from `at` on, where `plainLabelsSize` bytes have room; returns where it
 * ends, or -1 where a text has anything but printable ASCII without quotes and backslashes.
 */
export function writePlainLabels({ pairs }: Labels, into: Uint8Array, at: number): number {
  let end = at;
  into[end++] = OPEN_BRACE;
  for (let i = 0; i < pairs.length; i++) {
    const text = pairs[i]!;
    if (i > 0) into[end++] = i % 2 === 0 ? COMMA : COLON;
    into[end++] = QUOTE;
    for (let k = 0; k < text.length; k++) {
      const unit = text.charCodeAt(k);
      if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) return -1;
      into[end++] = unit;
    }
    into[end++] = QUOTE;
  }
  into[end++] = CLOSE_BRACE;
  return end;
}
