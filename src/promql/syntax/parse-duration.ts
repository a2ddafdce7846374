import type { DurationExpr, DurationValue, PositionRange } from './ast.ts';
import { numberValue } from './literals.ts';
import type { TokenStream } from './token-stream.ts';
import type { Token, TokenKind } from './tokens.ts';

type DurationBinaryOp = '+' | '-' | '*' | '/' | '%' | '^';

const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map<DurationBinaryOp, number>([
  ['+', 1],
  ['-', 1],
  ['*', 2],
  ['/', 2],
  ['%', 2],
  ['^', 3],
]);
const LOOSEST = 1;
const POWER = 3;

/** Seconds in 2^63 nanoseconds: longer durations do not fit the reference's counter. */
const SECONDS_MAX = 2 ** 63 / 1e9;

/** A duration between brackets, arithmetic included. A plain number must be above zero. */
export function parsePositiveDuration(stream: TokenStream): DurationExpr {
  const duration = parseDurationExpr(stream, LOOSEST);
  if (duration.kind === 'number' && duration.seconds <= 0) {
    stream.fail('duration must be greater than 0', duration.position);
  }
  return duration;
}

/**
 * The duration behind `offset`. A plain one ends at once, so that `x offset 5m + 1` adds 1 to `x offset 5m`; arithmetic
 * needs parentheses around it.
 */
export function parseOffsetDuration(stream: TokenStream): DurationExpr {
  const token = stream.peek();
  if (isPlain(token.kind)) return parseOperand(stream);
  if (token.kind !== '+' && token.kind !== '-') return parseOperators(stream, parseOperand(stream), LOOSEST);
  stream.take();
  const next = stream.peek().kind;
  if (next === 'number' || next === 'duration') return signed(stream, token, parseOperand(stream, token));
  if (isPlain(next)) return unary(token, parseOperand(stream));
  if (next === '(') return signed(stream, token, parseOperand(stream));
  return parseOperators(stream, signed(stream, token, parseDurationExpr(stream, POWER)), LOOSEST);
}

/** What a tree node holds: a plain duration in whole ms, cut toward zero, or the expression to be evaluated later. */
export function durationValue(duration: DurationExpr): DurationValue {
  if (duration.kind !== 'number') return { ms: 0, expression: duration };
  // Go makes the smallest number of 64 bits of NaN.
  const nanoseconds = Number.isNaN(duration.seconds) ? -(2 ** 63) : roundHalfAway(duration.seconds * 1e9);
  return { ms: Math.round((nanoseconds - (nanoseconds % 1e6)) / 1e6), expression: null };
}

/** True where a plain duration is no duration at all, to the nanosecond. */
export function isZeroDuration(duration: DurationExpr): boolean {
  return duration.kind === 'number' && roundHalfAway(duration.seconds * 1e9) === 0;
}

function roundHalfAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value);
}

function isPlain(kind: TokenKind): boolean {
  return (
    kind === 'number' ||
    kind === 'duration' ||
    kind === 'step' ||
    kind === 'range' ||
    kind === 'min_of' ||
    kind === 'max_of'
  );
}

function parseDurationExpr(stream: TokenStream, precedenceMin: number): DurationExpr {
  stream.enter(1);
  const duration = parseOperators(stream, parseOperand(stream), precedenceMin);
  stream.leave(1);
  return duration;
}

function parseOperators(stream: TokenStream, first: DurationExpr, precedenceMin: number): DurationExpr {
  let left = first;
  for (let count = 1; ; count++) {
    const precedence = PRECEDENCE.get(stream.peek().kind);
    if (precedence === undefined || precedence < precedenceMin) return left;
    stream.checkNesting(count);
    const token = stream.take();
    const op = token.kind as DurationBinaryOp;
    const right = parseDurationExpr(stream, op === '^' ? precedence : precedence + 1);
    needArithmetic(stream, left.position);
    if (right.kind === 'number' && right.seconds === 0) {
      if (op === '/') stream.fail('division by zero', token);
      if (op === '%') stream.fail('modulo by zero', token);
    }
    const position = { start: left.position.start, end: right.position.end };
    left = { kind: 'binary', op, left, right, wrapped: false, position };
  }
}

/** `sign` is the token before a number that becomes part of it; then errors point there. */
function parseOperand(stream: TokenStream, sign: Token | null = null): DurationExpr {
  const token = stream.peek();
  switch (token.kind) {
    case 'number':
    case 'duration': {
      stream.take();
      const seconds = numberValue(stream, token);
      if (Math.abs(seconds) > SECONDS_MAX) stream.fail('duration out of range', sign ?? token);
      return { kind: 'number', seconds, isDuration: token.kind === 'duration', position: rangeOf(token, token) };
    }
    case '+':
    case '-':
      stream.take();
      return signed(stream, token, parseDurationExpr(stream, POWER));
    case 'step':
    case 'range': {
      stream.take();
      stream.expect('(');
      const position = rangeOf(token, stream.expect(')'));
      needArithmetic(stream, position);
      return { kind: 'call', name: token.kind, wrapped: false, position };
    }
    case 'min_of':
    case 'max_of': {
      stream.take();
      stream.expect('(');
      const left = parseDurationExpr(stream, LOOSEST);
      stream.expect(',');
      const right = parseDurationExpr(stream, LOOSEST);
      needArithmetic(stream, rangeOf(token, stream.expect(')')));
      // Where the reference says that such a call is: its arguments.
      const position = { start: left.position.start, end: right.position.end };
      return { kind: 'minmax', name: token.kind, left, right, wrapped: false, position };
    }
    case '(': {
      stream.take();
      const inner = parseDurationExpr(stream, LOOSEST);
      stream.expect(')');
      needArithmetic(stream, inner.position);
      return wrapped(inner, token);
    }
    default:
      return stream.unexpected();
  }
}

/** Numbers take their sign; a plus before anything else says nothing. */
function signed(stream: TokenStream, sign: Token, operand: DurationExpr): DurationExpr {
  if (operand.kind !== 'number') return sign.kind === '-' ? unary(sign, operand) : operand;
  const seconds = sign.kind === '-' ? -operand.seconds : operand.seconds;
  if (Math.abs(seconds) > SECONDS_MAX) stream.fail('duration out of range', sign);
  return { ...operand, seconds, position: { start: sign.start, end: operand.position.end } };
}

function unary(sign: Token, operand: DurationExpr): DurationExpr {
  const op = sign.kind === '-' ? '-' : '+';
  return { kind: 'unary', op, operand, wrapped: false, position: { start: sign.start, end: operand.position.end } };
}

/** Remembers parentheses; a number gets a plus around it to carry them, which ends where the number does. */
function wrapped(inner: DurationExpr, opening: Token): DurationExpr {
  if (inner.kind !== 'number') return { ...inner, wrapped: true };
  const position = { start: opening.start, end: inner.position.end };
  return { kind: 'unary', op: '+', operand: inner, wrapped: true, position };
}

function needArithmetic(stream: TokenStream, position: PositionRange): void {
  if (!stream.options.durationExpressions) stream.fail('experimental duration expression is not enabled', position);
}

function rangeOf(first: Token, last: Token): PositionRange {
  return { start: first.start, end: last.end };
}
