import { BRACE_CLOSE, BRACE_OPEN, COLON, COMMA, isPlain, QUOTE } from '../kernels/ascii.ts';
import type { Labels } from './labels.ts';

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
  into[end++] = BRACE_OPEN;
  for (let i = 0; i < pairs.length; i++) {
    const text = pairs[i]!;
    if (i > 0) into[end++] = i % 2 === 0 ? COMMA : COLON;
    into[end++] = QUOTE;
    for (let k = 0; k < text.length; k++) {
      const unit = text.charCodeAt(k);
      if (!isPlain(unit)) return -1;
      into[end++] = unit;
    }
    into[end++] = QUOTE;
  }
  into[end++] = BRACE_CLOSE;
  return end;
}
