import { METADATA } from '../kernels/exposition-metadata.ts';
import { isUnitOf, metricType } from '../kernels/open-metrics-comment.ts';
import { isUtf8 } from '../kernels/utf8-check.ts';
import type { EntryExemplar, TextEntry } from './entry.ts';
import { EntryReader } from './entry-reader.ts';
import type { ExpositionError } from './exposition-error.ts';
import { OpenMetricsLexer, type OpenMetricsToken } from './open-metrics-lexer.ts';
import { quoteBytes } from './quote-bytes.ts';

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

class EntryParser extends EntryReader<OpenMetricsToken> {
  constructor(bytes: Uint8Array, end: number, offset: number) {
    super(bytes, end, offset, new OpenMetricsLexer(bytes, end, offset));
  }

  parse(): TextEntry {
    const { lexer } = this;
    const token = lexer.next();
    switch (token) {
      case 'EOFWORD':
        if (lexer.next() !== 'EOF') throw this.fault('unexpected data after # EOF');
        return { kind: 'end' };
      case 'EOF':
        throw this.fault(NO_EOF);
      case 'HELP':
      case 'TYPE':
      case 'UNIT':
        return this.#metadata(token);
      case 'BOPEN':
      case 'MNAME':
        return this.#sample(token);
      default:
        throw this.unexpected('expected a valid start token', token);
    }
  }

  #metadata(word: 'HELP' | 'TYPE' | 'UNIT'): TextEntry {
    const { bytes, lexer } = this;
    this.expect('MNAME', `expected metric name after ${word}`);
    const quoted = bytes[lexer.start] === 0x22;
    const nameStart = lexer.start + (quoted ? 1 : 0);
    const nameEnd = lexer.at - (quoted ? 1 : 0);
    if (lexer.next() !== 'TEXT') throw this.fault(`expected text in ${word}`);
    const textStart = lexer.start + 1;
    const textEnd = lexer.at - 1;
    const text = () => quoteBytes(bytes, textStart, textEnd);
    let line: number = METADATA.quotedHelp;
    if (word === 'TYPE') {
      const type = metricType(bytes, textStart, textEnd);
      if (type < 0) throw this.fault(`invalid metric type ${text()}`);
      line = METADATA.type + type;
    } else if (word === 'UNIT') {
      if (!isUnitOf(bytes, nameStart, nameEnd, textStart, textEnd)) {
        throw this.fault(`unit ${text()} not a suffix of metric ${quoteBytes(bytes, nameStart, nameEnd)}`);
      }
      line = METADATA.unit;
    } else if (!isUtf8(bytes, textStart, textEnd)) {
      throw this.fault(`help text ${text()} is not a valid utf8 string`);
    }
    return { kind: 'metadata', line, nameStart, nameEnd, textStart, textEnd, next: lexer.at };
  }

  protected override afterLabel(): OpenMetricsToken {
    const token = this.lexer.next();
    if (token === 'COMMA') return this.lexer.next();
    if (token !== 'BCLOSE') throw this.unexpected('expected comma or brace close', token);
    return token;
  }

  /** Reads a series, of which `first` is read already, its value, timestamp and exemplar. */
  #sample(first: 'MNAME' | 'BOPEN'): TextEntry {
    const { lexer } = this;
    const seriesStart = this.start;
    const { seriesEnd, behind } = this.series(first);
    const value = this.#value(behind, 'metric');
    let time: number | null = null;
    let exemplar: EntryExemplar | null = null;
    let next = lexer.next();
    if (next === 'TIMESTAMP') {
      time = this.#time('timestamp');
      next = lexer.next();
      if (next !== 'LINEBREAK' && next !== 'COMMENT')
        throw this.unexpected('expected next entry after timestamp', next);
    }
    if (next === 'EOF') throw this.fault(NO_EOF);
    if (next === 'COMMENT') exemplar = this.#exemplar();
    // The reference takes the sample and stumbles over what stands behind it as the beginning of the next entry.
    const fault = next === 'INVALID' ? this.#faultOfNextEntry() : null;
    return { kind: 'series', seriesStart, seriesEnd, value, time, exemplar, fault, next: lexer.at };
  }

  #exemplar(): EntryExemplar {
    const { lexer } = this;
    const labelsStart = lexer.at - 1;
    this.labels('exemplar');
    const labelsEnd = lexer.at;
    const value = this.#value(lexer.next(), 'exemplar labels');
    let time: number | null = null;
    const next = lexer.next();
    if (next === 'EOF') throw this.fault(NO_EOF);
    if (next === 'TIMESTAMP') {
      time = this.#time('exemplar timestamp');
      this.expect('LINEBREAK', 'expected next entry after exemplar timestamp');
    } else if (next !== 'LINEBREAK') {
      throw this.unexpected('expected timestamp or comment', next);
    }
    return { labelsStart, labelsEnd, value, time };
  }

  #faultOfNextEntry(): ExpositionError {
    this.start = this.lexer.at;
    const token = this.lexer.next();
    return token === 'EOF' ? this.fault(NO_EOF) : this.unexpected('expected a valid start token', token);
  }

  #value(token: OpenMetricsToken, after: string): number {
    if (token !== 'VALUE') throw this.unexpected(`expected value after ${after}`, token);
    return this.float(this.lexer.start + 1);
  }

  /** Seconds -> milliseconds, cut to the integer, as int64 holds them. */
  #time(subject: string): number {
    const seconds = this.float(this.lexer.start + 1);
    if (!Number.isFinite(seconds)) {
      const text = Number.isNaN(seconds) ? 'NaN' : seconds > 0 ? '+Inf' : '-Inf';
      throw this.fault(`invalid ${subject} ${text}`);
    }
    const milliseconds = Math.trunc(seconds * 1000) + 0;
    // What int64 does not hold becomes its least number.
    return milliseconds >= -INT64_BOUND && milliseconds < INT64_BOUND ? milliseconds : -INT64_BOUND;
  }
}

const INT64_BOUND = 2 ** 63;
