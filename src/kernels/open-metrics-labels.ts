import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, COMMA, EQUAL, NEWLINE, QUOTE } from './ascii.ts';
import { CLASSES, LABEL, LABEL_START, QUOTED_STOP } from './exposition-bytes.ts';
import { isUtf8 } from './utf8-check.ts';

/**
 * Reads labels from the opening brace to behind the closing one; -1 where the careful parser has to look.
 *
 * @param named the metric's name stands before the labels, or there is none (exemplars); else the labels must hold one,
 *   a quoted name without a value
 */
export function scanOpenMetricsLabels(bytes: Uint8Array, from: number, named: boolean): number {
  if (bytes[from] !== BRACE_OPEN) return -1;
  let at = from + 1;
  let hasName = named;
  let c = bytes[at]!;
  while (c !== BRACE_CLOSE) {
    if ((CLASSES[c]! & LABEL_START) !== 0) {
      do c = bytes[++at]!;
      while ((CLASSES[c]! & LABEL) !== 0);
    } else if (c === QUOTE) {
      at = scanQuoted(bytes, at);
      if (at < 0) return -1;
      c = bytes[at]!;
      if (c === COMMA || c === BRACE_CLOSE) {
        if (hasName) return -1;
        hasName = true;
        if (c === COMMA) c = bytes[++at]!;
        continue;
      }
    } else {
      return -1;
    }
    if (c !== EQUAL) return -1;
    at = scanQuoted(bytes, at + 1);
    if (at < 0) return -1;
    c = bytes[at]!;
    if (c === COMMA) c = bytes[++at]!;
    else if (c !== BRACE_CLOSE) return -1;
  }
  return hasName ? at + 1 : -1;
}

/** From a quote to behind the one that closes it; -1 at anything but UTF-8 on one line. */
function scanQuoted(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return -1;
  let at = from + 1;
  let beyondAscii = 0;
  for (;;) {
    let c = bytes[at]!;
    while ((CLASSES[c]! & QUOTED_STOP) === 0 && c !== NEWLINE) c = bytes[++at]!;
    if (c === QUOTE) break;
    if (c === NEWLINE || c === 0) return -1;
    if (c === BACKSLASH) {
      c = bytes[++at]!;
      if (c === NEWLINE || c === 0) return -1;
    }
    beyondAscii |= c;
    at++;
  }
  if (beyondAscii >= 0x80 && !isUtf8(bytes, from + 1, at)) return -1;
  return at + 1;
}
