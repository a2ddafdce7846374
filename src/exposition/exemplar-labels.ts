import { BACKSLASH, COMMA, EQUAL, QUOTE } from '../kernels/ascii.ts';

/**
 * The labels of an exemplar that the scan has read: name, value, name, value, ... with their escapes, which the
 * reference keeps as they are.
 *
 * @param bytes holds `{labels}` from `start` to `end`
 */
export function exemplarLabelPairs(bytes: Uint8Array, start: number, end: number): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pairs: string[] = [];
  let at = start + 1;
  while (at < end - 1) {
    if (bytes[at] === COMMA) {
      at++;
      continue;
    }
    const quoted = bytes[at] === QUOTE;
    const nameStart = quoted ? at + 1 : at;
    let nameEnd = nameStart;
    if (quoted) nameEnd = closingQuote(bytes, at);
    else while (bytes[nameEnd] !== EQUAL) nameEnd++;
    const valueQuote = nameEnd + (quoted ? 2 : 1);
    const valueEnd = closingQuote(bytes, valueQuote);
    pairs.push(buffer.toString('utf8', nameStart, nameEnd), buffer.toString('utf8', valueQuote + 1, valueEnd));
    at = valueEnd + 1;
  }
  return pairs;
}

function closingQuote(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
