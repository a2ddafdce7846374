import { METADATA } from '../kernels/exposition-metadata.ts';
import { isUnitOf, metricType } from '../kernels/open-metrics-comment.ts';
import { isUtf8 } from '../kernels/utf8-check.ts';
import { ExpositionError } from './exposition-error.ts';
import { OpenMetricsLexer, type OpenMetricsToken } from './open-metrics-lexer.ts';
import { parseExpositionFloat } from './parse-float.ts';
import { quoteBytes } from './quote-bytes.ts';
import type { EntryExemplar, TextEntry } from './text-entry.ts';

/**
 * Reads the entry that begins at `offset`, the careful way: everything that the format allows, and the reference's
 * error message for everything else. The body's end is an entry only behind `# EOF`.
 *
 * @throws ExpositionError
 */
export function parseOpenMetricsEntry(bytes: Uint8Array, end: number, offset: number): TextEntry {
  return new EntryParser(bytes, end, offset).parse();
}

const NO_EOF = 'data does not end with # EOF';

class EntryParser {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  readonly #lexer: OpenMetricsLexer;
  #start: number;
  #hasName = false;

  constructor(bytes: Uint8Array, end: number, offset: number) {
    this.#bytes = bytes;
    this.#length = end;
    this.#start = offset;
    this.#lexer = new OpenMetricsLexer(bytes, end, offset);
  }

  parse(): TextEntry {
    const lexer = this.#lexer;
    const token = lexer.next();
    switch (token) {
      case 'EOFWORD':
        if (lexer.next() !== 'EOF') throw this.#fault('unexpected data after # EOF');
        return { kind: 'end' };
      case 'EOF':
        throw this.#fault(NO_EOF);
      case 'HELP':
      case 'TYPE':
      case 'UNIT':
        return this.#metadata(token);
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

  #metadata(word: 'HELP' | 'TYPE' | 'UNIT'): TextEntry {
    const lexer = this.#lexer;
    const bytes = this.#bytes;
    this.#expect('MNAME', `expected metric name after ${word}`);
    const quoted = bytes[lexer.start] === 0x22;
    const nameStart = lexer.start + (quoted ? 1 : 0);
    const nameEnd = lexer.at - (quoted ? 1 : 0);
    if (lexer.next() !== 'TEXT') throw this.#fault(`expected text in ${word}`);
    const textStart = lexer.start + 1;
    const textEnd = lexer.at - 1;
    const text = () => quoteBytes(bytes, textStart, textEnd);
    let line: number = METADATA.quotedHelp;
    if (word === 'TYPE') {
      const type = metricType(bytes, textStart, textEnd);
      if (type < 0) throw this.#fault(`invalid metric type ${text()}`);
      line = METADATA.type + type;
    } else if (word === 'UNIT') {
      if (!isUnitOf(bytes, nameStart, nameEnd, textStart, textEnd)) {
        throw this.#fault(`unit ${text()} not a suffix of metric ${quoteBytes(bytes, nameStart, nameEnd)}`);
      }
      line = METADATA.unit;
    } else if (!isUtf8(bytes, textStart, textEnd)) {
      throw this.#fault(`help text ${text()} is not a valid utf8 string`);
    }
    return { kind: 'metadata', line, nameStart, nameEnd, textStart, textEnd, next: lexer.at };
  }

  /** Reads a series' labels from behind the opening brace to behind the closing one. */
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
      this.#labelValue(token);
      token = this.#afterLabel();
    }
  }

  /** The same for an exemplar's, which name no metric; gives the offset behind them. */
  #exemplarLabels(): number {
    const lexer = this.#lexer;
    let token = lexer.next();
    while (token !== 'BCLOSE') {
      if (token !== 'LNAME' && token !== 'QSTRING') throw this.#unexpected('expected label name', token);
      const quoted = token === 'QSTRING';
      token = lexer.next();
      if (quoted && (token === 'COMMA' || token === 'BCLOSE')) throw this.#unexpected('expected label name', token);
      this.#labelValue(token);
      token = this.#afterLabel();
    }
    return lexer.at;
  }

  #labelValue(token: OpenMetricsToken): void {
    const lexer = this.#lexer;
    if (token !== 'EQUAL') throw this.#unexpected('expected equal', token);
    this.#expect('LVALUE', 'expected label value');
    if (!isUtf8(this.#bytes, lexer.start, lexer.at)) {
      throw this.#fault(`invalid UTF-8 label value: ${quoteBytes(this.#bytes, lexer.start, lexer.at)}`);
    }
  }

  #afterLabel(): OpenMetricsToken {
    const token = this.#lexer.next();
    if (token === 'COMMA') return this.#lexer.next();
    if (token !== 'BCLOSE') throw this.#unexpected('expected comma or brace close', token);
    return token;
  }

  /** Reads value, timestamp and exemplar; `token` is the first behind the series. */
  #suffix(seriesEnd: number, token: OpenMetricsToken): TextEntry {
    const lexer = this.#lexer;
    if (!this.#hasName) throw this.#fault(`metric name not set while parsing: ${this.#soFar()}`);
    const seriesStart = this.#start;
    const value = this.#value(token, 'metric');
    let time: number | null = null;
    let exemplar: EntryExemplar | null = null;
    let next = lexer.next();
    if (next === 'TIMESTAMP') {
      time = this.#time('timestamp');
      next = lexer.next();
      if (next !== 'LINEBREAK' && next !== 'COMMENT')
        throw this.#unexpected('expected next entry after timestamp', next);
    }
    if (next === 'EOF') throw this.#fault(NO_EOF);
    if (next === 'COMMENT') exemplar = this.#exemplar();
    // The reference takes the sample and stumbles over what stands behind it as the beginning of the next entry.
    const fault = next === 'INVALID' ? this.#faultOfNextEntry() : null;
    return { kind: 'series', seriesStart, seriesEnd, value, time, exemplar, fault, next: lexer.at };
  }

  #exemplar(): EntryExemplar {
    const lexer = this.#lexer;
    const labelsStart = lexer.at - 1;
    const labelsEnd = this.#exemplarLabels();
    const value = this.#value(lexer.next(), 'exemplar labels');
    let time: number | null = null;
    const next = lexer.next();
    if (next === 'EOF') throw this.#fault(NO_EOF);
    if (next === 'TIMESTAMP') {
      time = this.#time('exemplar timestamp');
      this.#expect('LINEBREAK', 'expected next entry after exemplar timestamp');
    } else if (next !== 'LINEBREAK') {
      throw this.#unexpected('expected timestamp or comment', next);
    }
    return { labelsStart, labelsEnd, value, time };
  }

  #faultOfNextEntry(): ExpositionError {
    this.#start = this.#lexer.at;
    const token = this.#lexer.next();
    return token === 'EOF' ? this.#fault(NO_EOF) : this.#unexpected('expected a valid start token', token);
  }

  #value(token: OpenMetricsToken, after: string): number {
    if (token !== 'VALUE') throw this.#unexpected(`expected value after ${after}`, token);
    return this.#float();
  }

  /** Seconds -> milliseconds, cut to the integer, as int64 holds them. */
  #time(subject: string): number {
    const seconds = this.#float();
    if (!Number.isFinite(seconds)) {
      const text = Number.isNaN(seconds) ? 'NaN' : seconds > 0 ? '+Inf' : '-Inf';
      throw this.#fault(`invalid ${subject} ${text}`);
    }
    const milliseconds = Math.trunc(seconds * 1000) + 0;
    // What int64 does not hold becomes its least number.
    return milliseconds >= -INT64_BOUND && milliseconds < INT64_BOUND ? milliseconds : -INT64_BOUND;
  }

  /** The number behind the current token's blank. */
  #float(): number {
    const start = this.#lexer.start + 1;
    const { at } = this.#lexer;
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

  #expect(token: OpenMetricsToken, message: string): void {
    const got = this.#lexer.next();
    if (got !== token) throw this.#unexpected(message, got);
  }

  #unexpected(expectation: string, got: OpenMetricsToken): ExpositionError {
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

const INT64_BOUND = 2 ** 63;

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
