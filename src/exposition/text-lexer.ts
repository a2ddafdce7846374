import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, HASH, NEWLINE, QUOTE, SPACE, TAB } from '../kernels/ascii.ts';
import { isDigit, isNameStart } from './name-bytes.ts';

/** The tokens of the text format 0.0.4, by the names that appear in the reference's error messages. */
export type Token =
  | 'EOF'
  | 'LINEBREAK'
  | 'WHITESPACE'
  | 'HELP'
  | 'TYPE'
  | 'TEXT'
  | 'COMMENT'
  | 'MNAME'
  | 'QSTRING'
  | 'BOPEN'
  | 'BCLOSE'
  | 'LNAME'
  | 'LVALUE'
  | 'EQUAL'
  | 'COMMA'
  | 'TIMESTAMP'
  | 'VALUE'
  | 'INVALID';

type State = 'line' | 'comment' | 'metadataName' | 'metadataText' | 'labels' | 'labelValue' | 'value' | 'timestamp';

/**
 * Splits a body into tokens, exactly as the reference does, down to where it stops inside a malformed token: error
 * messages show that place. Slow and careful; bodies as targets usually send them are read by the scan kernel.
 *
 * NUL ends the input where a line begins, is skipped in label values, HELP texts and comments, and is no valid
 * character anywhere else.
 */
export class TextLexer {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #state: State = 'line';
  /** Where the current token begins and, exclusive, ends. */
  start: number;
  at: number;

  /** Reads from `offset`, which must be the begin of a line; `bytes[end]` must be a newline and belongs to the input. */
  constructor(bytes: Uint8Array, end: number, offset: number) {
    this.#bytes = bytes;
    this.#end = end + 1;
    this.start = offset;
    this.at = offset;
  }

  /** The next token that is not white space. */
  next(): Token {
    let token = this.#lex();
    while (token === 'WHITESPACE') token = this.#lex();
    return token;
  }

  #lex(): Token {
    if (this.at >= this.#end) return 'EOF';
    this.start = this.at;
    const c = this.#bytes[this.at]!;
    switch (this.#state) {
      case 'line':
        return this.#line(c);
      case 'comment':
        return isBlank(c) ? this.#blanks() : this.#comment();
      case 'metadataName':
        return this.#metadataName(c);
      case 'metadataText':
        return this.#metadataText(c);
      case 'labels':
        return this.#labels(c);
      case 'labelValue':
        if (isBlank(c)) return this.#blanks();
        if (c !== QUOTE || !this.#quoted()) return 'INVALID';
        return this.#enter('labels', 'LVALUE');
      case 'value':
        return this.#value(c);
      case 'timestamp':
        return this.#timestamp(c);
    }
  }

  #line(c: number): Token {
    if (c === 0) {
      this.#advance();
      return 'EOF';
    }
    if (c === NEWLINE) {
      this.#advance();
      return 'LINEBREAK';
    }
    if (isBlank(c)) return this.#blanks();
    if (c === HASH) {
      if (!isBlank(this.#advance())) return this.#restOfComment();
      this.#blanks();
      this.#state = 'comment';
      return this.#comment();
    }
    if (isNameStart(c)) {
      this.#name();
      return this.#enter('value', 'MNAME');
    }
    if (c === BRACE_OPEN) {
      this.#advance();
      return this.#enter('labels', 'BOPEN');
    }
    return 'INVALID';
  }

  #comment(): Token {
    const first = this.#bytes[this.at];
    const word = first === 0x48 ? 'HELP' : first === 0x54 ? 'TYPE' : null;
    if (word === null) return this.#restOfComment();
    for (let i = 1; i < word.length; i++) {
      if (this.#advance() !== word.charCodeAt(i)) return this.#restOfComment();
    }
    if (!isBlank(this.#advance())) return this.#restOfComment();
    this.#blanks();
    return this.#enter('metadataName', word);
  }

  #restOfComment(): Token {
    for (let c = this.#bytes[this.at]!; ; c = this.#advance()) {
      if (c === 0) return 'EOF';
      if (c === NEWLINE) return this.#enter('line', 'COMMENT');
    }
  }

  #metadataName(c: number): Token {
    if (isBlank(c)) return this.#blanks();
    if (c === QUOTE) return this.#quoted() ? this.#enter('metadataText', 'MNAME') : 'INVALID';
    if (!isNameStart(c)) return 'INVALID';
    this.#name();
    return this.#enter('metadataText', 'MNAME');
  }

  #metadataText(first: number): Token {
    let c = first;
    while (isBlank(c)) c = this.#advance();
    const onlyBlanks = this.at > this.start && (c === NEWLINE || c === 0);
    if (onlyBlanks) return 'WHITESPACE';
    while (c !== NEWLINE && c !== 0) c = this.#advance();
    return this.#enter('line', 'TEXT');
  }

  #labels(c: number): Token {
    if (isBlank(c)) return this.#blanks();
    if (c === QUOTE) return this.#quoted() ? 'QSTRING' : 'INVALID';
    if (isNameStart(c) && c !== 0x3a) {
      let at = c;
      while ((isNameStart(at) || isDigit(at)) && at !== 0x3a) at = this.#advance();
      return 'LNAME';
    }
    if (c === 0x2c) {
      this.#advance();
      return 'COMMA';
    }
    if (c === 0x3d) {
      this.#advance();
      return this.#enter('labelValue', 'EQUAL');
    }
    if (c === BRACE_CLOSE) {
      this.#advance();
      return this.#enter('value', 'BCLOSE');
    }
    return 'INVALID';
  }

  #value(first: number): Token {
    if (isBlank(first)) return this.#blanks();
    if (first === BRACE_OPEN) {
      this.#advance();
      return this.#enter('labels', 'BOPEN');
    }
    if (first === NEWLINE || first === 0) return 'INVALID';
    let c = first;
    while (!isBlank(c) && c !== NEWLINE && c !== 0 && c !== BRACE_OPEN) c = this.#advance();
    return this.#enter('timestamp', 'VALUE');
  }

  #timestamp(first: number): Token {
    if (isBlank(first)) return this.#blanks();
    if (first === NEWLINE) {
      this.#advance();
      return this.#enter('line', 'LINEBREAK');
    }
    if (!isDigit(first)) return 'INVALID';
    let c = first;
    while (isDigit(c)) c = this.#advance();
    return 'TIMESTAMP';
  }

  /** Moves behind the closing quote; false, stopped where it breaks, when there is none. */
  #quoted(): boolean {
    let c = this.#advance();
    while (c !== QUOTE) {
      if (c === BACKSLASH) {
        c = this.#advance();
        if (c === NEWLINE) return false;
      }
      if (c === 0) return false;
      c = this.#advance();
    }
    this.#advance();
    return true;
  }

  #name(): void {
    let c = this.#bytes[this.at]!;
    while (isNameStart(c) || isDigit(c)) c = this.#advance();
  }

  #blanks(): 'WHITESPACE' {
    let c = this.#bytes[this.at]!;
    while (isBlank(c)) c = this.#advance();
    return 'WHITESPACE';
  }

  #enter(state: State, token: Token): Token {
    this.#state = state;
    return token;
  }

  /** Moves on by one byte and gives the byte there; 0 at the end. */
  #advance(): number {
    this.at++;
    if (this.at >= this.#end) return 0;
    if (this.#state === 'labelValue' || this.#state === 'metadataText' || this.#state === 'comment') {
      while (this.#bytes[this.at] === 0) this.at++;
    }
    return this.#bytes[this.at]!;
  }
}

function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}
