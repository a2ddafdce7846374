import { BACKSLASH, BRACE_CLOSE, COMMA, EQUAL, NEWLINE, QUOTE, SPACE, TAB } from './ascii.ts';
import { CLASSES, LABEL, LABEL_START, QUOTED_STOP } from './exposition-bytes.ts';
import { isUtf8 } from './utf8-check.ts';

/**
 * Reads labels from behind the opening brace to behind the closing one; -1 where the careful parser has to look.
 * A quoted name without a value is the metric's name.
 */
export function scanLabels(bytes: Uint8Array, from: number, named: boolean): number {
  let at = from;
  let hasName = named;
  let c = bytes[at]!;
  while (c === SPACE || c === TAB) c = bytes[++at]!;
  while (c !== BRACE_CLOSE) {
    if ((CLASSES[c]! & LABEL_START) !== 0) {
      do c = bytes[++at]!;
      while ((CLASSES[c]! & LABEL) !== 0);
    } else if (c === QUOTE) {
      at = scanQuoted(bytes, at);
      if (at < 0) return -1;
      c = bytes[at]!;
      while (c === SPACE || c === TAB) c = bytes[++at]!;
      if (c === COMMA || c === BRACE_CLOSE) {
        if (hasName) return -1;
        hasName = true;
        if (c === COMMA) {
          c = bytes[++at]!;
          while (c === SPACE || c === TAB) c = bytes[++at]!;
          continue;
        }
        break;
      }
    } else {
      return -1;
    }
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    if (c !== EQUAL) return -1;
    c = bytes[++at]!;
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    if (c !== QUOTE) return -1;
    at = scanQuoted(bytes, at);
    if (at < 0) return -1;
    c = bytes[at]!;
    while (c === SPACE || c === TAB) c = bytes[++at]!;
    // The comma between two labels may be missing; the reference takes that.
    if (c === COMMA) {
      c = bytes[++at]!;
      while (c === SPACE || c === TAB) c = bytes[++at]!;
    }
  }
  return hasName ? at + 1 : -1;
}

/** From a quote to behind the one that closes it; -1 at NUL, a backslash before a newline, or bytes beyond UTF-8. */
function scanQuoted(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  let beyondAscii = 0;
  for (;;) {
    let c = bytes[at]!;
    while ((CLASSES[c]! & QUOTED_STOP) === 0) c = bytes[++at]!;
    if (c === QUOTE) break;
    if (c === 0) return -1;
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
