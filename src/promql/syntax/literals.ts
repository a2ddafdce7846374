import { BACKSLASH } from '../../kernels/ascii.ts';
import { DurationSyntaxError, parseDuration } from '../../model/duration.ts';
import { goQuote } from '../../model/labels.ts';
import { textOfBytes } from './byte-text.ts';
import { isDigit } from './number-scan.ts';
import type { TokenStream } from './token-stream.ts';
import { BYTES_PER_LOOK, type Token } from './tokens.ts';

/** The value of a `number` or `duration` token; durations count in seconds. */
export function numberValue(stream: TokenStream, token: Token): number {
  if (token.kind === 'duration') return durationSeconds(stream, token);
  const value = parseNumber(token.text, () => stream.look());
  if (value !== null) return value;
  stream.look();
  const digits = withoutUnderscores(token.text);
  const problem = digits !== null && FLOAT.test(digits) ? 'value out of range' : 'invalid syntax';
  stream.look();
  return stream.fail(`error parsing number: strconv.ParseFloat: parsing ${goQuote(token.text)}: ${problem}`, token);
}

/** The value of a string token, whose quotes and escapes the lexer has checked. `look` is called now and then within a long one. */
export function stringValue(token: Token, look: () => void = () => {}): string {
  return textOfBytes(unquote(token, look));
}

/** UTF-8 bytes, one character each. */
function unquote(token: Token, look: () => void): string {
  const { text } = token;
  const end = text.length - 1;
  if (text[0] === '`' || !text.includes('\\')) return text.slice(1, end);
  // No escape is shorter than its bytes.
  const bytes = Buffer.allocUnsafe(end);
  let length = 0;
  for (let at = 1, looked = 0; at < end; at++) {
    if (at - looked >= BYTES_PER_LOOK) {
      looked = at;
      look();
    }
    const code = text.charCodeAt(at);
    if (code !== BACKSLASH) {
      bytes[length++] = code;
      continue;
    }
    const kind = text[++at]!;
    const digits = HEX_DIGITS[kind];
    if (digits !== undefined) {
      const value = Number.parseInt(text.slice(at + 1, at + 1 + digits), 16);
      at += digits;
      if (kind === 'x') bytes[length++] = value;
      else length += bytes.write(String.fromCodePoint(value), length, 'utf8');
    } else if (kind >= '0' && kind <= '7') {
      bytes[length++] = Number.parseInt(text.slice(at, at + 3), 8);
      at += 2;
    } else bytes[length++] = SIMPLE_ESCAPES[kind] ?? kind.charCodeAt(0);
  }
  return bytes.toString('latin1', 0, length);
}

/** How many of them follow each letter. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
};

function durationSeconds(stream: TokenStream, token: Token): number {
  try {
    const ms = parseDuration(token.text);
    // Whole seconds and the rest are added up separately, as the reference does: the sum then rounds alike.
    return Math.trunc(ms / 1000) + ((ms % 1000) * 1e6) / 1e9;
  } catch (error) {
    if (error instanceof DurationSyntaxError) return stream.fail(error.message, token);
    throw error;
  }
}

const INTEGER = /^(?:0[xX](?:_?[0-9a-fA-F])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
/** Without underscores. */
const FLOAT = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
/** Longer texts are read as floats: no integer of 64 bits is so long, unless with thousands of zeros before it. */
const INTEGER_LENGTH_MAX = 1000;
const INT64_MAX = 9_223_372_036_854_775_807n;

/**
 * Reads integers as Go does with base 0 (`0x1F`, `017` is octal, underscores between digits), everything else and what
 * does not fit 64 bits as a decimal float. Null where the text is no number or lies beyond float64. `look` is called between
 * steps that take milliseconds with a long text.
 */
export function parseNumber(text: string, look: () => void = () => {}): number | null {
  if (/^inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (text.length <= INTEGER_LENGTH_MAX && INTEGER.test(text)) {
    const digits = text.replaceAll('_', '');
    const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    if (value <= INT64_MAX) return Number(value);
  }
  look();
  const digits = withoutUnderscores(text);
  look();
  if (digits === null || !FLOAT.test(digits)) return null;
  look();
  const value = Number(digits);
  return Number.isFinite(value) ? value : null;
}

/** Null where one does not stand between two digits. Texts of a megabyte may consist of them. */
function withoutUnderscores(text: string): string | null {
  if (!text.includes('_')) return text;
  const bytes = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return null;
    if (code !== UNDERSCORE) bytes[length++] = code;
    else if (!isDigit(text, at - 1) || !isDigit(text, at + 1)) return null;
  }
  return bytes.toString('latin1', 0, length);
}

const UNDERSCORE = 0x5f;
