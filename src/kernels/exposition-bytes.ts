import { BACKSLASH, BRACE_OPEN, NEWLINE, QUOTE, SPACE, TAB } from './ascii.ts';

/** Bits of `CLASSES`: what a byte may be part of. */
export const NAME_START = 1;
export const NAME = 2;
export const LABEL_START = 4;
export const LABEL = 8;
/** A byte that is not plain text within quotes: the quote, the backslash, NUL and everything beyond ASCII. */
export const QUOTED_STOP = 16;
/** A byte that ends a value. */
export const VALUE_STOP = 32;

export const CLASSES = byteClasses();

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let c = 0; c < 256; c++) {
    const letter = (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f;
    const digit = c >= 0x30 && c <= 0x39;
    let bits = 0;
    if (letter) bits |= NAME_START | NAME | LABEL_START | LABEL;
    if (c === 0x3a) bits |= NAME_START | NAME;
    if (digit) bits |= NAME | LABEL;
    if (c === QUOTE || c === BACKSLASH || c === 0 || c >= 0x80) bits |= QUOTED_STOP;
    if (c === TAB || c === NEWLINE || c === SPACE || c === BRACE_OPEN || c === 0) bits |= VALUE_STOP;
    classes[c] = bits;
  }
  return classes;
}
