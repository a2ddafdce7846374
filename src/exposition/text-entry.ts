import { METADATA } from '../kernels/exposition-metadata.ts';
import { isUtf8 } from '../kernels/utf8-check.ts';
import { stringFromUtf8 } from '../model/utf8.ts';
import type { TextEntry } from './entry.ts';
import { EntryReader } from './entry-reader.ts';
import { quoteBytes } from './quote-bytes.ts';
import { TextLexer, type Token } from './text-lexer.ts';

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

class EntryParser extends EntryReader<Token> {
  constructor(bytes: Uint8Array, end: number, offset: number) {
    super(bytes, end + 1, offset, new TextLexer(bytes, end, offset));
  }

  parse(): TextEntry {
    const { lexer } = this;
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
        this.expect('LINEBREAK', 'linebreak expected after comment');
        return { kind: 'nothing', next: lexer.at };
      case 'BOPEN':
      case 'MNAME':
        return this.#sample(token);
      default:
        throw this.unexpected('expected a valid start token', token);
    }
  }

  #metadata(word: 'HELP' | 'TYPE'): TextEntry {
    const { bytes, lexer } = this;
    this.expect('MNAME', `expected metric name after ${word}`);
    const quoted = bytes[lexer.start] === 0x22;
    const nameStart = lexer.start + (quoted ? 1 : 0);
    const nameEnd = lexer.at - (quoted ? 1 : 0);
    const text = lexer.next();
    if (text !== 'TEXT') throw this.fault(`expected text in ${word}, got ${text}`);
    const textEnd = lexer.at;
    const textStart = Math.min(lexer.start + 1, textEnd);
    let line: number = METADATA.help;
    if (word === 'TYPE') {
      const type = isUtf8(bytes, textStart, textEnd)
        ? TEXT_TYPES[stringFromUtf8(bytes.subarray(textStart, textEnd))]
        : undefined;
      if (type === undefined) throw this.fault(`invalid metric type ${quoteBytes(bytes, textStart, textEnd)}`);
      line = METADATA.type + type;
    } else if (!isUtf8(bytes, textStart, textEnd)) {
      throw this.fault(`help text ${quoteBytes(bytes, textStart, textEnd)} is not a valid utf8 string`);
    }
    this.expect('LINEBREAK', 'linebreak expected after metadata');
    return { kind: 'metadata', line, nameStart, nameEnd, textStart, textEnd, next: lexer.at };
  }

  protected override afterLabel(): Token {
    const token = this.lexer.next();
    return token === 'COMMA' ? this.lexer.next() : token;
  }

  /** Reads a series, of which `first` is read already, its value and its timestamp. */
  #sample(first: 'MNAME' | 'BOPEN'): TextEntry {
    const { lexer } = this;
    const { seriesEnd, behind } = this.series(first);
    if (behind !== 'VALUE') throw this.unexpected('expected value after metric', behind);
    const value = this.float(lexer.start);
    let time: number | null = null;
    const next = lexer.next();
    if (next === 'TIMESTAMP') {
      time = this.#time();
      this.expect('LINEBREAK', 'expected next entry after timestamp');
    } else if (next !== 'LINEBREAK') {
      throw this.unexpected('expected timestamp or new record', next);
    }
    return {
      kind: 'series',
      seriesStart: this.start,
      seriesEnd,
      value,
      time,
      exemplar: null,
      fault: null,
      next: lexer.at,
    };
  }

  #time(): number {
    const { start, at } = this.lexer;
    const digits = this.latin1(start, at).replace(/^0+(?=\d)/, '');
    if (digits.length > 19 || (digits.length === 19 && digits > '9223372036854775807')) {
      const text = quoteBytes(this.bytes, start, at);
      throw this.faultSoFar(`strconv.ParseInt: parsing ${text}: value out of range`);
    }
    return Number(digits);
  }
}
