import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, HASH, NEWLINE, QUOTE, SPACE } from '../kernels/ascii.ts';
import { isDigit, isNameStart } from './name-bytes.ts';

/** The tokens of the OpenMetrics text format, by the names that appear in the reference's error messages. */
export type OpenMetricsToken =
  | 'EOF'
  | 'LINEBREAK'
  | 'HELP'
  | 'TYPE'
  | 'UNIT'
  | 'EOFWORD'
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

type State =
  | 'line'
  | 'comment'
  | 'metadataName'
  | 'metadataText'
  | 'labels'
  | 'labelValue'
  | 'value'
  | 'timestamp'
  | 'exemplar'
  | 'exemplarValue'
  | 'exemplarTimestamp';

/**
 * Splits a body into tokens, exactly as the reference does, down to where it stops inside a malformed token: error
 * messages show that place. Slow and careful; bodies as targets usually send them are read by the scan kernel.
 *
 * A token's blank in front belongs to it. NUL is skipped in label values, metadata texts and comments, and is no valid
 * character anywhere else.
 */
export class OpenMetricsLexer {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #state: State = 'line';
  /** Where the current token begins and, exclusive, ends. */
  start: number;
  at: number;

  /** Reads `bytes` up to `end` from `offset`, which must be the begin of a line. */
  constructor(bytes: Uint8Array, end: number, offset: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.start = offset;
    this.at = offset;
  }

  next(): OpenMetricsToken {
    if (this.at >= this.#end) return 'EOF';
    this.start = this.at;
    const c = this.#bytes[this.at]!;
    switch (this.#state) {
      case 'line':
        return this.#line(c);
      case 'comment':
        return this.#comment(c);
      case 'metadataName':
        if (c === QUOTE) return this.#quoted() ? this.#enter('metadataText', 'MNAME') : 'INVALID';
        return isNameStart(c) ? this.#name('metadataText') : 'INVALID';
      case 'metadataText':
        return this.#metadataText(c);
      case 'labels':
        if (c === QUOTE) return this.#quoted() ? 'QSTRING' : 'INVALID';
        return this.#label(c, 'labelValue', 'value');
      case 'labelValue':
        return c === QUOTE && this.#quotedLine() ? this.#enter('labels', 'LVALUE') : 'INVALID';
      case 'value':
        if (c === BRACE_OPEN) return this.#take('labels', 'BOPEN');
        return this.#word(c) ? this.#enter('timestamp', 'VALUE') : 'INVALID';
      case 'timestamp':
        if (c === NEWLINE) return this.#take('line', 'LINEBREAK');
        return this.#timestampOrExemplar(c);
      case 'exemplar':
        if (c === QUOTE) return this.#quotedLine() ? 'QSTRING' : 'INVALID';
        return this.#label(c, 'exemplarValue', 'exemplarValue');
      case 'exemplarValue':
        if (c === QUOTE) return this.#quotedLine() ? this.#enter('exemplar', 'LVALUE') : 'INVALID';
        return this.#word(c) ? this.#enter('exemplarTimestamp', 'VALUE') : 'INVALID';
      case 'exemplarTimestamp':
        if (c === NEWLINE) return this.#take('line', 'LINEBREAK');
        return this.#word(c) ? 'TIMESTAMP' : 'INVALID';
    }
  }

  #line(c: number): OpenMetricsToken {
    if (isNameStart(c)) return this.#name('value');
    if (c === BRACE_OPEN) return this.#take('labels', 'BOPEN');
    if (c !== HASH || this.#advance() !== SPACE) return 'INVALID';
    const first = this.#advance();
    this.#state = 'comment';
    return this.at < this.#end ? this.#comment(first) : 'INVALID';
  }

  #comment(first: number): OpenMetricsToken {
    if (first === 0x45) {
      if (this.#advance() !== 0x4f || this.#advance() !== 0x46) return 'INVALID';
      if (this.#advance() === NEWLINE) this.#advance();
      return this.#enter('line', 'EOFWORD');
    }
    const word = first === 0x48 ? 'HELP' : first === 0x54 ? 'TYPE' : first === 0x55 ? 'UNIT' : null;
    if (word === null) return 'INVALID';
    for (let i = 1; i < word.length; i++) if (this.#advance() !== word.charCodeAt(i)) return 'INVALID';
    if (this.#advance() !== SPACE) return 'INVALID';
    return this.#take('metadataName', word);
  }

  #metadataText(first: number): OpenMetricsToken {
    if (first !== SPACE) return 'INVALID';
    let c = first;
    while (c !== NEWLINE) {
      c = this.#advance();
      if (c === 0) return 'INVALID';
    }
    return this.#take('line', 'TEXT');
  }

  #label(c: number, afterEqual: State, afterBrace: State): OpenMetricsToken {
    if (isNameStart(c) && c !== 0x3a) {
      let at = c;
      while ((isNameStart(at) || isDigit(at)) && at !== 0x3a) at = this.#advance();
      return 'LNAME';
    }
    if (c === 0x2c) return this.#take(this.#state, 'COMMA');
    if (c === 0x3d) return this.#take(afterEqual, 'EQUAL');
    if (c === BRACE_CLOSE) return this.#take(afterBrace, 'BCLOSE');
    return 'INVALID';
  }

  /** A blank and what follows up to the next blank or newline. */
  #word(first: number): boolean {
    if (first !== SPACE) return false;
    const start = this.at + 1;
    this.#restOfWord(this.#advance());
    return this.at > start;
  }

  #timestampOrExemplar(first: number): OpenMetricsToken {
    if (first !== SPACE) return 'INVALID';
    let c = this.#advance();
    if (c === HASH) {
      c = this.#advance();
      if (c === SPACE) return this.#advance() === BRACE_OPEN ? this.#take('exemplar', 'COMMENT') : 'INVALID';
    } else if (c === SPACE || c === NEWLINE || c === 0) {
      return 'INVALID';
    }
    this.#restOfWord(c);
    return 'TIMESTAMP';
  }

  #restOfWord(first: number): void {
    let c = first;
    while (c !== SPACE && c !== NEWLINE && c !== 0) c = this.#advance();
  }

  /** Moves behind the closing quote; false, stopped where it breaks, when there is none. Newlines are plain text. */
  #quoted(): boolean {
    for (let c = this.#advance(); c !== QUOTE; c = this.#advance()) {
      if (c === BACKSLASH && (c = this.#advance()) === NEWLINE) return false;
      if (c === 0) return false;
    }
    this.#advance();
    return true;
  }

  /** As `quoted`, all on one line. */
  #quotedLine(): boolean {
    for (let c = this.#advance(); c !== QUOTE; c = this.#advance()) {
      if (c === BACKSLASH) c = this.#advance();
      if (c === NEWLINE || c === 0) return false;
    }
    this.#advance();
    return true;
  }

  #name(then: State): OpenMetricsToken {
    let c = this.#bytes[this.at]!;
    while (isNameStart(c) || isDigit(c)) c = this.#advance();
    return this.#enter(then, 'MNAME');
  }

  /** Moves behind the current byte, still in the state that has read it. */
  #take(then: State, token: OpenMetricsToken): OpenMetricsToken {
    this.#advance();
    return this.#enter(then, token);
  }

  #enter(then: State, token: OpenMetricsToken): OpenMetricsToken {
    this.#state = then;
    return token;
  }

  /** Moves on by one byte and gives the byte there; 0 at the end. */
  #advance(): number {
    this.at++;
    if (this.#state === 'labelValue' || this.#state === 'metadataText' || this.#state === 'comment') {
      while (this.at < this.#end && this.#bytes[this.at] === 0) this.at++;
    }
    return this.at < this.#end ? this.#bytes[this.at]! : 0;
  }
}
