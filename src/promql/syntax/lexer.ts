import { goQuoteRune, goRuneName } from '../../model/go-quote.ts';
import { goQuote } from '../../model/labels.ts';
import type { PositionRange } from './ast.ts';
import { characterAt } from './byte-text.ts';
import { PromqlSyntaxError } from './error.ts';
import { digitAt, isAlpha, isAlphaNumeric, isDigit, scanDurationUnits, scanNumber } from './number-scan.ts';
import { BYTES_PER_LOOK, reservedWord, type Token, type TokenKind } from './tokens.ts';

const DURATION_WORDS: ReadonlySet<string> = new Set(['step', 'range', 'max_of', 'min_of']);
const ONE_CHARACTER = new Set(',*/%+-^@');

/**
 * Cuts a query into tokens, one a call, so that a mistake is only found when the parser gets there: which of several
 * mistakes is the first depends on it.
 *
 * The lexer knows where it stands: inside braces keywords are plain names, and behind `[` only durations are read.
 */
export class Lexer {
  /** One character a byte, see `byteText`. */
  readonly source: string;
  readonly #look: () => void;
  #at = 0;
  #openParens = 0;
  #inBraces = false;
  #inBrackets = false;
  /** Directly behind `[` or inside a duration that has not reached its first number. */
  #beforeDuration = false;
  #colonSeen = false;
  #durationSeen = false;

  /** `look` is called now and then in long spaces, comments and tokens, and may throw. */
  constructor(source: string, look: () => void = () => {}) {
    this.source = source;
    this.#look = look;
  }

  /** The next token, behind spaces and comments. Throws `PromqlSyntaxError`. */
  next(): Token {
    const { source } = this;
    for (let looked = this.#at; ; ) {
      this.#at = behindSpaces(source, this.#at, looked + BYTES_PER_LOOK);
      if (this.#at - looked >= BYTES_PER_LOOK) {
        looked = this.#at;
        this.#look();
        continue;
      }
      if (this.#beforeDuration) return this.#insideDuration();
      if (source[this.#at] !== '#') return this.#inBraces ? this.#insideBraces() : this.#outside();
      this.#at = lineEnd(source, this.#at);
    }
  }

  #outside(): Token {
    const { source } = this;
    const at = this.#at;
    if (at >= source.length) {
      if (this.#openParens !== 0) throw this.#error('unclosed left parenthesis', at);
      if (this.#inBrackets) throw this.#error('unclosed left bracket', at);
      return this.#token('end of input', at);
    }
    const character = source[at]!;
    const next = source[at + 1];
    if (ONE_CHARACTER.has(character)) return this.#token(character as TokenKind, at + 1);
    if (isDigit(source, at) || (character === '.' && isDigit(source, at + 1))) return this.#numberOrDuration();
    if (isAlpha(source, at) || character === ':') {
      return this.#inBrackets ? this.#wordInBrackets() : this.#word();
    }
    switch (character) {
      case '=':
        if (next === '~') throw this.#error("unexpected character after '=': '~'", at);
        return next === '=' ? this.#token('==', at + 2) : this.#token('=', at + 1);
      case '!':
        if (next === '=') return this.#token('!=', at + 2);
        throw this.#error(`unexpected character after '!': ${this.#quotedRune(at + 1)}`, at);
      case '<':
        if (next === '=') return this.#token('<=', at + 2);
        return next === '/' ? this.#token('</', at + 2) : this.#token('<', at + 1);
      case '>':
        if (next === '=') return this.#token('>=', at + 2);
        return next === '/' ? this.#token('>/', at + 2) : this.#token('>', at + 1);
      case '"':
      case "'":
      case '`':
        return this.#string();
      case '(':
      case ')':
        return this.#paren();
      case '{':
        this.#inBraces = true;
        return this.#token('{', at + 1);
      case '[':
        if (this.#inBrackets) throw this.#error("unexpected left bracket '['", at);
        this.#inBrackets = true;
        this.#beforeDuration = true;
        this.#colonSeen = false;
        return this.#token('[', at + 1);
      case ']':
        if (!this.#inBrackets) throw this.#error("unexpected right bracket ']'", at);
        this.#inBrackets = false;
        return this.#token(']', at + 1);
      default:
        throw this.#error(`unexpected character: ${this.#quotedRune(at)}`, at);
    }
  }

  /** Everything from `[` to the first number of the duration. */
  #insideDuration(): Token {
    const { source } = this;
    const at = this.#at;
    if (at >= source.length) throw this.#error('unexpected end of input in duration expression', at);
    const character = source[at]!;
    if (isDigit(source, at) || (character === '.' && isDigit(source, at + 1))) {
      this.#durationSeen = true;
      this.#beforeDuration = false;
      return this.#numberOrDuration();
    }
    if ('+-*/%^,'.includes(character)) return this.#token(character as TokenKind, at + 1);
    switch (character) {
      case ']':
        this.#inBrackets = false;
        this.#beforeDuration = false;
        return this.#token(']', at + 1);
      case ':':
        if (!this.#durationSeen) throw this.#error('unexpected colon before duration in duration expression', at + 1);
        if (this.#colonSeen) throw this.#error('unexpected repeated colon in duration expression', at + 1);
        this.#colonSeen = true;
        return this.#token(':', at + 1);
      case '(':
      case ')':
        return this.#paren();
      default: {
        const word = this.#durationWord();
        if (word !== null) return word;
        throw this.#error(`unexpected character in duration expression: ${this.#quotedRune(at)}`, at);
      }
    }
  }

  #insideBraces(): Token {
    const { source } = this;
    const at = this.#at;
    if (at >= source.length) throw this.#error('unexpected end of input inside braces', at);
    if (isAlpha(source, at)) return this.#token('identifier', endOfName(source, at));
    const next = source[at + 1];
    switch (source[at]) {
      case ',':
        return this.#token(',', at + 1);
      case '"':
      case "'":
      case '`':
        return this.#string();
      case '=':
        return next === '~' ? this.#token('=~', at + 2) : this.#token('=', at + 1);
      case '!':
        if (next === '~') return this.#token('!~', at + 2);
        if (next === '=') return this.#token('!=', at + 2);
        throw this.#error(`unexpected character after '!' inside braces: ${this.#quotedRune(at + 1)}`, at);
      case '{':
        throw this.#error("unexpected left brace '{'", at);
      case '}':
        this.#inBraces = false;
        return this.#token('}', at + 1);
      default:
        throw this.#error(`unexpected character inside braces: ${this.#quotedRune(at)}`, at);
    }
  }

  #paren(): Token {
    const at = this.#at;
    if (this.source[at] === '(') {
      this.#openParens++;
      return this.#token('(', at + 1);
    }
    this.#openParens--;
    if (this.#openParens < 0) throw this.#error("unexpected right parenthesis ')'", at + 1);
    return this.#token(')', at + 1);
  }

  #wordInBrackets(): Token {
    const at = this.#at;
    if (this.source[at] === ':') {
      if (this.#colonSeen) throw this.#error("unexpected colon ':'", at);
      this.#colonSeen = true;
      return this.#token(':', at + 1);
    }
    const word = this.#durationWord();
    if (word !== null) return word;
    throw this.#error(`unexpected character: ${this.#quotedRune(at)}, expected ':'`, at);
  }

  /** `step`, `range`, `min_of` or `max_of`; null where another word or none stands here. */
  #durationWord(): Token | null {
    const at = this.#at;
    let end = at;
    while (isAlpha(this.source, end)) end++;
    const word = this.source.slice(at, end).toLowerCase();
    return DURATION_WORDS.has(word) ? this.#token(word as TokenKind, end) : null;
  }

  #word(): Token {
    const { source } = this;
    const at = this.#at;
    let end = at;
    while (isAlphaNumeric(source, end) || source[end] === ':') end++;
    const word = source.slice(at, end);
    const reserved = reservedWord(word);
    if (reserved === undefined) return this.#token(word.includes(':') ? 'metric identifier' : 'identifier', end);
    // The fill modifiers came late: where no value follows, they are names, so that metrics of that name still work.
    if (reserved.startsWith('fill') && !parenFollows(source, end)) return this.#token('identifier', end);
    return this.#token(reserved, end);
  }

  #numberOrDuration(): Token {
    const number = scanNumber(this.source, this.#at, this.#look);
    if (number.ok) return this.#token('number', number.end);
    const duration = scanDurationUnits(this.source, number.end);
    if (duration.ok) return this.#token('duration', duration.end);
    const text = this.source.slice(this.#at, duration.end);
    throw this.#error(`bad number or duration syntax: ${goQuote(text)}`, this.#at);
  }

  #string(): Token {
    const { source } = this;
    const start = this.#at;
    const quote = source[start]!;
    const raw = quote === '`';
    for (let at = start + 1, looked = start; ; ) {
      if (at - looked >= BYTES_PER_LOOK) {
        looked = at;
        this.#look();
      }
      const character = source[at];
      if (character === quote) return this.#token('string', at + 1);
      if (character === undefined || (character === '\n' && !raw)) {
        throw this.#error(raw ? 'unterminated raw string' : 'unterminated quoted string', start);
      }
      if (isReplacementCharacter(source, at)) throw this.#error('invalid UTF-8 rune', start);
      at = character === '\\' && !raw ? this.#endOfEscape(at + 1, quote, start) : at + 1;
    }
  }

  /** Checks the escape sequence whose backslash stands before `at`, and returns where it ends. */
  #endOfEscape(at: number, quote: string, start: number): number {
    const { source } = this;
    const kind = source[at];
    if (kind === undefined) throw this.#error('escape sequence not terminated', start);
    if (kind === quote || 'abfnrtv\\'.includes(kind)) return at + 1;
    const form = ESCAPES.find((candidate) => candidate.begin.includes(kind));
    if (form === undefined) throw this.#error(`unknown escape sequence ${this.#runeName(at)}`, start);
    const first = form.base === 8 ? at : at + 1;
    let value = 0;
    for (let i = first; i < first + form.digits; i++) {
      if (i >= source.length) throw this.#error('escape sequence not terminated', start);
      const digit = digitAt(source, i);
      if (digit >= form.base) throw this.#error(`illegal character ${this.#runeName(i)} in escape sequence`, start);
      value = value * form.base + digit;
    }
    if (value > form.max || (value >= 0xd800 && value < 0xe000)) {
      throw this.#error('escape sequence is an invalid Unicode code point', start);
    }
    return first + form.digits;
  }

  #token(kind: TokenKind, end: number): Token {
    const start = this.#at;
    this.#at = end;
    return { kind, start, end, text: this.source.slice(start, end) };
  }

  #quotedRune(at: number): string {
    return goQuoteRune(at < this.source.length ? characterAt(this.source, at) : '\ufffd');
  }

  #runeName(at: number): string {
    return goRuneName(characterAt(this.source, at));
  }

  #error(detail: string, start: number): PromqlSyntaxError {
    const position: PositionRange = { start, end: this.source.length };
    return new PromqlSyntaxError(detail, position, this.source);
  }
}

const ESCAPES: readonly {
  readonly begin: string;
  readonly digits: number;
  readonly base: number;
  readonly max: number;
}[] = [
  { begin: '01234567', digits: 3, base: 8, max: 255 },
  { begin: 'x', digits: 2, base: 16, max: 255 },
  { begin: 'u', digits: 4, base: 16, max: 0x10ffff },
  { begin: 'U', digits: 8, base: 16, max: 0x10ffff },
];

function endOfName(source: string, from: number): number {
  let end = from;
  while (isAlphaNumeric(source, end)) end++;
  return end;
}

/** Where the spaces from `from` on end, or `stop` where that comes first. */
function behindSpaces(source: string, from: number, stop: number): number {
  let at = from;
  while (at < stop && isSpace(source.charCodeAt(at))) at++;
  return at;
}

/** The next line end from `from` on, or the end of the source. */
function lineEnd(source: string, from: number): number {
  let at = from;
  while (at < source.length && !isLineEnd(source.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || isLineEnd(code);
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

function parenFollows(source: string, from: number): boolean {
  let at = from;
  while (isSpace(source.charCodeAt(at))) at++;
  return source[at] === '(';
}

/** U+FFFD stands for bytes that were no UTF-8, so the reference refuses it even where it was written. */
function isReplacementCharacter(source: string, at: number): boolean {
  return source.charCodeAt(at) === 0xef && source.charCodeAt(at + 1) === 0xbf && source.charCodeAt(at + 2) === 0xbd;
}
