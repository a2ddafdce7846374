import { BYTES_PER_LOOK } from './tokens.ts';

/**
 * Where a number or a duration ends. These scanners only tell tokens apart; whether what they found is a number at all
 * (`1e`, `0x`, `1_ `) is decided when its value is read.
 */

/** A scan that ended at `end`; `ok` is false where the text up to there can not be the token. */
export interface Scan {
  readonly ok: boolean;
  readonly end: number;
}

/**
 * Scans a decimal, octal, hexadecimal or exponent number that begins at `from` with a digit or a dot. `look` is called now and then
 * within a long one.
 */
export function scanNumber(text: string, from: number, look: () => void): Scan {
  let at = from;
  let isOneMore = isDigit;
  if (text[at] === '0') {
    at++;
    if (isOneOf(text, at, 'xX')) {
      at++;
      if (text[at] === '_') at++;
      isOneMore = isHexDigit;
    }
  }
  if (text[at] === '.') at++;
  if (isOneMore(text, at)) at++;
  let dotSeen = false;
  let exponentSeen = false;
  for (let looked = from; at < text.length; ) {
    if (at - looked >= BYTES_PER_LOOK) {
      looked = at;
      look();
    }
    if (isDigit(text, at)) {
      at++;
    } else if (text[at] === '.') {
      at++;
      if (dotSeen) return { ok: false, end: at };
      dotSeen = true;
      if (isOneOf(text, at, '_.')) return { ok: false, end: at + 1 };
      if (isOneMore === isHexDigit) return { ok: false, end: at };
    } else if (isOneOf(text, at, 'eE')) {
      at++;
      // In a hexadecimal number this `e` is a digit, but the reference reads it like an exponent, and so do we.
      if (exponentSeen) return { ok: false, end: at };
      exponentSeen = true;
      if (isOneOf(text, at, '+-')) at++;
      if (isOneOf(text, at, '._eE')) return { ok: false, end: at + 1 };
      if (at >= text.length) return { ok: false, end: at };
    } else if (text[at] === '_') {
      at++;
      if (isOneOf(text, at, '._eE')) return { ok: false, end: at + 1 };
      if (at >= text.length) return { ok: false, end: at };
    } else if (isOneMore(text, at)) {
      at++;
    } else {
      break;
    }
  }
  return { ok: !isAlphaNumeric(text, at), end: at };
}

/** Scans the rest of a duration such as `5m` or `1h30m` from its first unit on. */
export function scanDurationUnits(text: string, from: number): Scan {
  let at = from;
  if (!isOneOf(text, at, 'smhdwy')) return { ok: false, end: at };
  at++;
  if (text[at] === 's') at++;
  while (isDigit(text, at)) {
    while (isDigit(text, at)) at++;
    if (!isOneOf(text, at, 'smhdw')) return { ok: false, end: at };
    at++;
    if (text[at] === 's') at++;
  }
  return isAlphaNumeric(text, at) ? { ok: false, end: at + 1 } : { ok: true, end: at };
}

export function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** The value of a digit of a base up to 16; 16 for what is none. */
export function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 16;
}

function isHexDigit(text: string, at: number): boolean {
  return digitAt(text, at) < 16;
}

/** ASCII letters and the underscore. */
export function isAlpha(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

export function isAlphaNumeric(text: string, at: number): boolean {
  return isAlpha(text, at) || isDigit(text, at);
}

function isOneOf(text: string, at: number, set: string): boolean {
  return at < text.length && set.includes(text[at]!);
}
