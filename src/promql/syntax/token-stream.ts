import type { PositionRange } from './ast.ts';
import { PromqlSyntaxError } from './error.ts';
import { Lexer } from './lexer.ts';
import type { ParserOptions } from './options.ts';
import { BYTES_PER_LOOK, describeToken, isMetricName, type Token, type TokenKind } from './tokens.ts';

/**
 * How deep parentheses, calls, signs and right-hand operands may nest. Everything that walks a tree by recursion relies
 * on it: a few frames a level fit the stack of every thread. Generated queries stay below 100.
 */
export const NESTING_MAX = 500;

/**
 * Binary operators in one query. Left-deep chains (`a or b or c ...`) do not count as nesting, so walkers follow them in
 * a loop; this bounds the memory that such a query takes.
 */
export const BINARY_OPERATORS_MAX = 16_384;

/** Tokens between two looks: less than a millisecond, unless they are patterns. */
const TOKENS_PER_LOOK = 64;

/** Where an unexpected token was found, and what was expected there; either may be empty. */
export interface ErrorContext {
  readonly inside: string;
  readonly expected: string;
}

/** The tokens of one query with one of look-ahead, and what the parsing functions share. */
export class TokenStream {
  readonly source: string;
  readonly options: ParserOptions;
  /**
   * The innermost construct with an error text of its own. A function that sets it puts back the former value when its
   * construct is complete; after an error nobody looks at it any more.
   */
  context: ErrorContext = { inside: '', expected: '' };
  /** Where the last token taken ends. */
  lastEnd = 0;
  readonly #lexer: Lexer;
  #next: Token | null = null;
  #nesting = 0;
  #binaryOperators = 0;
  #taken = 0;
  /** What is not complete yet, outermost first: lists of arguments and of operators that wait. */
  readonly #open: object[] = [];
  readonly #look: () => void;

  /** `source` is one character a byte, see `byteText`; `look` is called now and then, and may throw. */
  constructor(source: string, options: ParserOptions, look: () => void) {
    this.source = source;
    this.options = options;
    this.#lexer = new Lexer(source, look);
    this.#look = look;
  }

  /** The next token, which stays. Reading it may throw: call it only where the grammar needs to look ahead. */
  peek(): Token {
    this.#next ??= this.#lexer.next();
    return this.#next;
  }

  take(): Token {
    const token = this.peek();
    this.#next = null;
    this.lastEnd = token.end;
    const isLong = token.end - token.start > BYTES_PER_LOOK;
    if (++this.#taken % TOKENS_PER_LOOK === 0 || isLong) this.#look();
    return token;
  }

  /** Takes the next token if it is of this kind, otherwise returns null. */
  takeIf(kind: TokenKind): Token | null {
    return this.peek().kind === kind ? this.take() : null;
  }

  expect(kind: TokenKind): Token {
    return this.takeIf(kind) ?? this.unexpected();
  }

  /** Keeps a list where V8 finds it without the call stack; `close` must follow, but after an error. */
  open<List extends object>(list: List): List {
    this.#open.push(list);
    return list;
  }

  close(): void {
    this.#open.pop();
  }

  /** To be called after work that took milliseconds. */
  look(): void {
    this.#look();
  }

  /** Throws that the next token does not belong here. */
  unexpected(context = this.context): never {
    const token = this.peek();
    const inside = context.inside === '' ? '' : ` in ${context.inside}`;
    const expected = context.expected === '' ? '' : `, expected ${context.expected}`;
    return this.fail(`unexpected ${describeToken(token)}${inside}${expected}`, token);
  }

  fail(detail: string, position: PositionRange): never {
    throw new PromqlSyntaxError(detail, { start: position.start, end: position.end }, this.source);
  }

  /** True where the next token can begin an operand. */
  atOperand(): boolean {
    switch (this.peek().kind) {
      case 'number':
      case 'duration':
      case 'string':
      case '(':
      case '{':
      case '+':
      case '-':
        return true;
      default:
        return isMetricName(this.peek().kind);
    }
  }

  /** Goes `levels` deeper; `leave` must follow. */
  enter(levels: number): void {
    this.#nesting += levels;
    this.checkNesting(0);
  }

  leave(levels: number): void {
    this.#nesting -= levels;
  }

  /** Fails where `more` levels inside the present one are too many. */
  checkNesting(more: number): void {
    if (this.#nesting + more > NESTING_MAX) {
      this.fail(`expression is nested more than ${NESTING_MAX} levels deep`, this.peek());
    }
  }

  countBinaryOperator(token: Token): void {
    if (++this.#binaryOperators > BINARY_OPERATORS_MAX) {
      this.fail(`expression has more than ${BINARY_OPERATORS_MAX} binary operators`, token);
    }
  }
}
