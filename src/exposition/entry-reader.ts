import { isUtf8 } from '../kernels/utf8-check.ts';
import { ExpositionError } from './exposition-error.ts';
import { parseExpositionFloat } from './parse-float.ts';
import { quoteBytes } from './quote-bytes.ts';

/** The tokens that series have in both text formats. */
export type SeriesToken = 'MNAME' | 'BOPEN' | 'LNAME' | 'QSTRING' | 'EQUAL' | 'LVALUE' | 'COMMA' | 'BCLOSE';

/** A lexer of either format, and where its current token begins and, exclusive, ends. */
interface Lexer<Token> {
  readonly start: number;
  readonly at: number;
  next(): Token;
}

/** A series' end as an offset, and the token behind it. */
interface SeriesEnd<Token> {
  readonly seriesEnd: number;
  readonly behind: Token;
}

/**
 * What the careful parsers of both text formats share: series and their labels, numbers, and the reference's messages, which
 * show the body from the entry's begin to where it went wrong.
 */
export abstract class EntryReader<Token extends string> {
  protected readonly bytes: Uint8Array;
  protected readonly lexer: Lexer<Token | SeriesToken>;
  /** Where the entry begins. */
  protected start: number;
  readonly #length: number;
  #hasName = false;

  /** @param length the offset that messages do not go beyond */
  protected constructor(bytes: Uint8Array, length: number, start: number, lexer: Lexer<Token | SeriesToken>) {
    this.bytes = bytes;
    this.#length = length;
    this.start = start;
    this.lexer = lexer;
  }

  /** Moves on from a label's value: behind its comma, where there is one. Gives the token there. */
  protected abstract afterLabel(): Token | SeriesToken;

  /** Reads a series from behind its first token. */
  protected series(first: 'MNAME' | 'BOPEN'): SeriesEnd<Token | SeriesToken> {
    const { lexer } = this;
    this.#hasName = first === 'MNAME';
    let seriesEnd = lexer.at;
    let behind = this.#hasName ? lexer.next() : first;
    if (behind === 'BOPEN') {
      this.labels('series');
      seriesEnd = lexer.at;
      behind = lexer.next();
    }
    if (!this.#hasName) throw this.faultSoFar('metric name not set');
    return { seriesEnd, behind };
  }

  /** Reads labels from behind the opening brace to behind the closing one. A series' name may stand among them, in quotes. */
  protected labels(of: 'series' | 'exemplar'): void {
    const { lexer } = this;
    let token = lexer.next();
    while (token !== 'BCLOSE') {
      if (token !== 'LNAME' && token !== 'QSTRING') throw this.unexpected('expected label name', token);
      const quoted = token === 'QSTRING';
      token = lexer.next();
      if (quoted && (token === 'COMMA' || token === 'BCLOSE')) {
        if (of === 'exemplar') throw this.unexpected('expected label name', token);
        if (this.#hasName) throw this.faultSoFar('metric name already set');
        this.#hasName = true;
        if (token === 'COMMA') token = lexer.next();
        continue;
      }
      if (token !== 'EQUAL') throw this.unexpected('expected equal', token);
      this.expect('LVALUE', 'expected label value');
      if (!isUtf8(this.bytes, lexer.start, lexer.at)) {
        throw this.fault(`invalid UTF-8 label value: ${quoteBytes(this.bytes, lexer.start, lexer.at)}`);
      }
      token = this.afterLabel();
    }
  }

  /** The number at `start` up to the current token's end. */
  protected float(start: number): number {
    const { at } = this.lexer;
    try {
      return parseExpositionFloat(this.latin1(start, at));
    } catch (error) {
      const reason =
        error instanceof SyntaxError && error.message.startsWith('strconv')
          ? `strconv.ParseFloat: parsing ${quoteBytes(this.bytes, start, at)}: invalid syntax`
          : (error as Error).message;
      throw this.faultSoFar(reason);
    }
  }

  protected latin1(start: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString('latin1');
  }

  protected expect(token: Token | SeriesToken, message: string): void {
    const got = this.lexer.next();
    if (got !== token) throw this.unexpected(message, got);
  }

  protected unexpected(expectation: string, got: Token | SeriesToken): ExpositionError {
    const end = Math.min(this.#length, this.lexer.at + 1);
    const token = quoteBytes(this.bytes, this.lexer.start, end);
    return this.fault(
      `${expectation}, got ${token} ("${got}") while parsing: ${quoteBytes(this.bytes, this.start, end)}`,
    );
  }

  /** A fault whose message ends with the entry, as far as it has been read. */
  protected faultSoFar(message: string): ExpositionError {
    return this.fault(`${message} while parsing: ${quoteBytes(this.bytes, this.start, this.lexer.at)}`);
  }

  protected fault(message: string): ExpositionError {
    return new ExpositionError(message, this.bytes, this.start);
  }
}
