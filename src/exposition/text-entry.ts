import { METADATA } from '../kernels/exposition-metadata.ts';
import { isUtf8 } from '../kernels/utf8-check.ts';
import { stringFromUtf8 } from '../model/utf8.ts';
import { ExpositionError } from './exposition-error.ts';
import { parseExpositionFloat } from './parse-float.ts';
import { quoteBytes } from './quote-bytes.ts';
import { TextLexer, type Token } from './text-lexer.ts';

/** An exemplar behind a sample: its labels as offsets, braces included, and its numbers. */
export interface EntryExemplar {
  readonly labelsStart: number;
  readonly labelsEnd: number;
  readonly value: number;
  /** Milliseconds; `null` where there is none. */
  readonly time: number | null;
}

/** One entry of a body in a text format, as offsets into the body. */
export type TextEntry =
  | { readonly kind: 'end' }
  | { readonly kind: 'nothing'; readonly next: number }
  | {
      readonly kind: 'series';
      readonly seriesStart: number;
      readonly seriesEnd: number;
      readonly value: number;
      /** Milliseconds, rounded where they are beyond 2^53; `null` where there is none. */
      readonly time: number | null;
      readonly exemplar: EntryExemplar | null;
      /** What is wrong with the entry behind this one, where only this one's end tells. */
      readonly fault: ExpositionError | null;
      readonly next: number;
    }
  | {
      readonly kind: 'metadata';
      /** A number of `METADATA`, the type added. */
      readonly line: number;
      readonly nameStart: number;
      readonly nameEnd: number;
      readonly textStart: number;
      readonly textEnd: number;
      readonly next: number;
    };

/**
 * Reads the entry that begins at `offset`, the careful way: everything that the format allows, and the reference's
 * error message for everything else.
 *
 * @param bytes the body; `bytes[end]` must be a newline
 * @throws ExpositionError
 */
export function parseTextEntry(bytes: Uint8Array, end: number, offset: number): TextEntry {
  return new EntryParser(bytes, end, offset).parse();
}

const TEXT_TYPES: Readonly<Record<string, number>> = { untyped: 0, counter: 1, gauge: 2, histogram: 3, summary: 4 };

class EntryParser {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  readonly #start: number;
  readonly #lexer: TextLexer;
  #hasName = false;

  constructor(bytes: Uint8Array, end: number, offset: number) {
    this.#bytes = bytes;
    this.#length = end + 1;
    this.#start = offset;
    this.#lexer = new TextLexer(bytes, end, offset);
  }

  parse(): TextEntry {
    const lexer = this.#lexer;
    const token = lexer.next();
    switch (token) {
      case 'EOF':
        return { kind: 'end' };
      case 'LINEBREAK':
        return { kind: 'nothing', next: lexer.at };
      case 'HELP':
      case 'TYPE':
        return this.#metadata(token);
      case 'COMMENT':
        this.#expect('LINEBREAK', 'linebreak expected after comment');
        return { kind: 'nothing', next: lexer.at };
      case 'BOPEN':
        this.#labels();
        return this.#suffix(lexer.at, lexer.next());
      case 'MNAME': {
        this.#hasName = true;
        let seriesEnd = lexer.at;
        let next = lexer.next();
        if (next === 'BOPEN') {
          this.#labels();
          seriesEnd = lexer.at;
          next = lexer.next();
        }
        return this.#suffix(seriesEnd, next);
      }
      default:
        throw this.#unexpected('expected a valid start token', token);
    }
  }

  #metadata(word: 'HELP' | 'TYPE'): TextEntry {
    const lexer = this.#lexer;
    const bytes = this.#bytes;
    this.#expect('MNAME', `expected metric name after ${word}`);
    const quoted = bytes[lexer.start] === 0x22;
    const nameStart = lexer.start + (quoted ? 1 : 0);
    const nameEnd = lexer.at - (quoted ? 1 : 0);
    const text = lexer.next();
    if (text !== 'TEXT') throw this.#fault(`expected text in ${word}, got ${text}`);
    const textEnd = lexer.at;
    const textStart = Math.min(lexer.start + 1, textEnd);
    let line: number = METADATA.help;
    if (word === 'TYPE') {
      const type = isUtf8(bytes, textStart, textEnd)
        ? TEXT_TYPES[stringFromUtf8(bytes.subarray(textStart, textEnd))]
        : undefined;
      if (type === undefined) throw this.#fault(`invalid metric type ${quoteBytes(bytes, textStart, textEnd)}`);
      line = METADATA.type + type;
    } else if (!isUtf8(bytes, textStart, textEnd)) {
      throw this.#fault(`help text ${quoteBytes(bytes, textStart, textEnd)} is not a valid utf8 string`);
    }
    this.#expect('LINEBREAK', 'linebreak expected after metadata');
    return { kind: 'metadata', line, nameStart, nameEnd, textStart, textEnd, next: lexer.at };
  }

  /** Reads from behind the opening brace to behind the closing one. */
  #labels(): void {
    const lexer = this.#lexer;
    let token = lexer.next();
    while (token !== 'BCLOSE') {
      if (token !== 'LNAME' && token !== 'QSTRING') throw this.#unexpected('expected label name', token);
      const quoted = token === 'QSTRING';
      token = lexer.next();
      if (quoted && (token === 'COMMA' || token === 'BCLOSE')) {
        if (this.#hasName) throw this.#fault(`metric name already set while parsing: ${this.#soFar()}`);
        this.#hasName = true;
        if (token === 'COMMA') token = lexer.next();
        continue;
      }
      if (token !== 'EQUAL') throw this.#unexpected('expected equal', token);
      this.#expect('LVALUE', 'expected label value');
      if (!isUtf8(this.#bytes, lexer.start, lexer.at)) {
        throw this.#fault(`invalid UTF-8 label value: ${quoteBytes(this.#bytes, lexer.start, lexer.at)}`);
      }
      token = lexer.next();
      if (token === 'COMMA') token = lexer.next();
    }
  }

  /** Reads the value and the timestamp; `token` is the first behind the series. */
  #suffix(seriesEnd: number, token: Token): TextEntry {
    const lexer = this.#lexer;
    if (!this.#hasName) throw this.#fault(`metric name not set while parsing: ${this.#soFar()}`);
    if (token !== 'VALUE') throw this.#unexpected('expected value after metric', token);
    const value = this.#value();
    let time: number | null = null;
    const next = lexer.next();
    if (next === 'TIMESTAMP') {
      time = this.#time();
      this.#expect('LINEBREAK', 'expected next entry after timestamp');
    } else if (next !== 'LINEBREAK') {
      throw this.#unexpected('expected timestamp or new record', next);
    }
    return {
      kind: 'series',
      seriesStart: this.#start,
      seriesEnd,
      value,
      time,
      exemplar: null,
      fault: null,
      next: lexer.at,
    };
  }

  #value(): number {
    const { start, at } = this.#lexer;
    try {
      return parseExpositionFloat(latin1(this.#bytes, start, at));
    } catch (error) {
      const reason =
        error instanceof SyntaxError && error.message.startsWith('strconv')
          ? `strconv.ParseFloat: parsing ${quoteBytes(this.#bytes, start, at)}: invalid syntax`
          : (error as Error).message;
      throw this.#fault(`${reason} while parsing: ${this.#soFar()}`);
    }
  }

  #time(): number {
    const { start, at } = this.#lexer;
    const digits = latin1(this.#bytes, start, at).replace(/^0+(?=\d)/, '');
    if (digits.length > 19 || (digits.length === 19 && digits > '9223372036854775807')) {
      const text = quoteBytes(this.#bytes, start, at);
      throw this.#fault(`strconv.ParseInt: parsing ${text}: value out of range while parsing: ${this.#soFar()}`);
    }
    return Number(digits);
  }

  #expect(token: Token, message: string): void {
    const got = this.#lexer.next();
    if (got !== token) throw this.#unexpected(message, got);
  }

  #unexpected(expectation: string, got: Token): ExpositionError {
    const { start, at } = this.#lexer;
    const end = Math.min(this.#length, at + 1);
    return this.#fault(
      `${expectation}, got ${quoteBytes(this.#bytes, start, end)} ("${got}") while parsing: ${quoteBytes(this.#bytes, this.#start, end)}`,
    );
  }

  #soFar(): string {
    return quoteBytes(this.#bytes, this.#start, this.#lexer.at);
  }

  #fault(message: string): ExpositionError {
    return new ExpositionError(message, this.#bytes, this.#start);
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
