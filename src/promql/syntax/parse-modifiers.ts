import { goFloatFixed } from '../../model/go-float.ts';
import type { AtModifier, DurationValue, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import { numberValue } from './literals.ts';
import { durationValue, isZeroDuration, parseOffsetDuration, parsePositiveDuration } from './parse-duration.ts';
import { type ErrorContext, NESTING_MAX, type TokenStream } from './token-stream.ts';
import type { Token } from './tokens.ts';

const AN_OPERAND = 'number, duration, step(), or range()';
const IN_OFFSET: ErrorContext = { inside: 'offset', expected: AN_OPERAND };
const IN_AT: ErrorContext = { inside: '@', expected: 'timestamp' };
const IN_BRACKETS: ErrorContext = { inside: 'subquery or range selector', expected: AN_OPERAND };
const BEHIND_RANGE: ErrorContext = { inside: 'subquery or range', expected: '":" or "]"' };
const BEHIND_COLON: ErrorContext = {
  inside: 'subquery selector',
  expected: 'number, duration, step(), range(), or "]"',
};
const BEHIND_STEP: ErrorContext = { inside: 'subquery selector', expected: '"]"' };

/** Everything that may follow an operand and binds to it: `[5m]`, `[5m:1m]`, `offset`, `@`, `anchored`, `smoothed`. */
export function parseModifiers(stream: TokenStream, operand: Expr): Expr {
  let expr = operand;
  const outer = stream.context;
  for (let count = 1; ; count++) {
    const token = stream.peek();
    switch (token.kind) {
      case '[':
        if (count > NESTING_MAX) stream.checkNesting(count);
        expr = parseBrackets(stream, expr);
        break;
      case 'offset':
        expr = parseOffset(stream, expr);
        break;
      case '@':
        expr = parseAt(stream, expr);
        break;
      case 'anchored':
      case 'smoothed':
        stream.take();
        expr = extended(stream, expr, token.kind);
        break;
      default:
        return expr;
    }
    stream.context = outer;
  }
}

function parseBrackets(stream: TokenStream, expr: Expr): MatrixSelector | Subquery {
  const opening = stream.take();
  stream.context = IN_BRACKETS;
  const range = durationValue(parsePositiveDuration(stream));
  stream.context = BEHIND_RANGE;
  const closing = stream.takeIf(']');
  if (closing !== null) return matrixSelector(stream, expr, range, opening, closing);
  stream.expect(':');
  stream.context = BEHIND_COLON;
  let end = stream.takeIf(']');
  let step: DurationValue | null = null;
  if (end === null) {
    step = durationValue(parsePositiveDuration(stream));
    stream.context = BEHIND_STEP;
    end = stream.expect(']');
  }
  const position = { start: expr.position.start, end: end.end };
  return { kind: 'subquery', expr, range, step, offset: null, at: null, position };
}

function matrixSelector(
  stream: TokenStream,
  expr: Expr,
  range: DurationValue,
  opening: Token,
  closing: Token,
): MatrixSelector {
  const brackets = { start: opening.start, end: closing.end };
  if (expr.kind !== 'vectorSelector') return stream.fail('ranges only allowed for vector selectors', brackets);
  if (expr.offset !== null) stream.fail('no offset modifiers allowed before range', brackets);
  if (expr.at !== null) stream.fail('no @ modifiers allowed before range', brackets);
  const position = { start: expr.position.start, end: closing.end };
  return { kind: 'matrixSelector', selector: expr, range, position };
}

function parseOffset(stream: TokenStream, expr: Expr): Expr {
  stream.take();
  stream.context = IN_OFFSET;
  const duration = parseOffsetDuration(stream);
  const target = shiftable(expr);
  if (target === null) return stream.fail(`offset modifier ${MUST_FOLLOW}`, expr.position);
  if (target.offset !== null) stream.fail('offset may not be set multiple times', expr.position);
  // An offset of zero counts as none, so that another may follow.
  const offset = isZeroDuration(duration) ? null : durationValue(duration);
  return withShift(expr, { offset }, stream.lastEnd);
}

function parseAt(stream: TokenStream, expr: Expr): Expr {
  stream.take();
  stream.context = IN_AT;
  const word = stream.peek().kind;
  let at: AtModifier;
  if (word === 'start' || word === 'end') {
    stream.take();
    stream.expect('(');
    stream.expect(')');
    at = { kind: word };
  } else {
    at = { kind: 'time', timestamp: parseTimestamp(stream, expr) };
  }
  const target = shiftable(expr);
  if (target === null) return stream.fail(`@ modifier ${MUST_FOLLOW}`, expr.position);
  if (target.at !== null) stream.fail('@ <timestamp> may not be set multiple times', expr.position);
  return withShift(expr, { at }, stream.lastEnd);
}

/** Seconds as written, milliseconds as returned. */
function parseTimestamp(stream: TokenStream, expr: Expr): number {
  const sign = stream.takeIf('-') ?? stream.takeIf('+');
  const kind = stream.peek().kind;
  if (kind !== 'number' && kind !== 'duration') return stream.unexpected();
  const magnitude = numberValue(stream, stream.take());
  const seconds = sign?.kind === '-' ? -magnitude : magnitude;
  if (!(Math.abs(seconds) < 2 ** 63)) {
    stream.fail(`timestamp out of bounds for @ modifier: ${goFloatFixed(seconds, 6)}`, expr.position);
  }
  const ms = seconds * 1000;
  // What does not fit 64 bits becomes the smallest time there is, as the reference's conversion has it.
  if (Math.abs(ms) >= 2 ** 63) return -(2 ** 63);
  return ms < 0 ? -Math.round(-ms) : Math.round(ms);
}

const MUST_FOLLOW = 'must be preceded by an instant vector selector or range vector selector or a subquery';

/** The node that holds offset and `@`: a range selector leaves them to the selector inside. */
function shiftable(expr: Expr): VectorSelector | Subquery | null {
  if (expr.kind === 'matrixSelector') return expr.selector;
  return expr.kind === 'vectorSelector' || expr.kind === 'subquery' ? expr : null;
}

interface Shift {
  readonly offset?: DurationValue | null;
  readonly at?: AtModifier;
}

function withShift(expr: Expr, shift: Shift, end: number): Expr {
  const position = { start: expr.position.start, end };
  if (expr.kind === 'matrixSelector') return { ...expr, selector: { ...expr.selector, ...shift }, position };
  return { ...(expr as VectorSelector | Subquery), ...shift, position };
}

function extended(stream: TokenStream, expr: Expr, word: 'anchored' | 'smoothed'): Expr {
  if (!stream.options.extendedRangeSelectors) {
    stream.fail(`${word} modifier is experimental and not enabled`, expr.position);
  }
  if (expr.kind === 'subquery') stream.fail(`${word} modifier is not supported for subqueries`, expr.position);
  if (expr.kind === 'matrixSelector') return { ...expr, selector: extendedSelector(stream, expr.selector, word) };
  if (expr.kind === 'vectorSelector') return extendedSelector(stream, expr, word);
  return stream.fail(`${word} modifier not implemented`, expr.position);
}

function extendedSelector(
  stream: TokenStream,
  selector: VectorSelector,
  word: 'anchored' | 'smoothed',
): VectorSelector {
  if (word === 'anchored' ? selector.smoothed : selector.anchored) {
    stream.fail('anchored and smoothed modifiers cannot be used together', selector.position);
  }
  return { ...selector, [word]: true };
}
