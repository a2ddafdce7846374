import { goQuote } from '../../model/labels.ts';
import type { Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, NumberLiteral, PositionRange } from './ast.ts';
import { numberValue, stringValue } from './literals.ts';
import { type BinaryModifiers, parseBinaryModifiers } from './parse-binary-modifiers.ts';
import { parseModifiers } from './parse-modifiers.ts';
import { parseGroupingLabels, parseSelector } from './parse-selector.ts';
import { functionSignature } from './signatures.ts';
import type { ErrorContext, TokenStream } from './token-stream.ts';
import { isAggregateOp, isContextWord, isMetricName, type Token, type TokenKind } from './tokens.ts';

/** How strongly operators bind; all bind to the left except `^`. */
const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map<BinaryOp, number>([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ['==', 3],
  ['!=', 3],
  ['<', 3],
  ['<=', 3],
  ['>', 3],
  ['>=', 3],
  ['</', 3],
  ['>/', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['atan2', 5],
  ['^', 6],
]);
/** A sign binds like `*`: `-x ^ 2` is `-(x ^ 2)`. */
const SIGN_PRECEDENCE = 5;

/** An operator whose right-hand operand is not complete yet. */
type Pending =
  | { readonly sign: Token; readonly precedence: number }
  | {
      readonly sign: null;
      readonly op: BinaryOp;
      readonly left: Expr;
      readonly modifiers: BinaryModifiers;
      readonly precedence: number;
    };

const IN_AGGREGATION: ErrorContext = { inside: 'aggregation', expected: '' };

/** Aggregations with a parameter before the vector. */
const WITH_PARAMETER: ReadonlySet<AggregateOp> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]);

/** One expression, up to the first token that does not continue it. Operators wait on a stack, not in recursion. */
export function parseExpression(stream: TokenStream): Expr {
  const pending: Pending[] = stream.open([]);
  for (;;) {
    let sign = stream.peek();
    for (; sign.kind === '+' || sign.kind === '-'; sign = stream.peek()) {
      stream.checkNesting(pending.length + 1);
      pending.push({ sign: stream.take(), precedence: SIGN_PRECEDENCE });
    }
    stream.enter(pending.length + 1);
    const operand = parseModifiers(stream, parseOperand(stream));
    stream.leave(pending.length + 1);
    const token = stream.peek();
    const precedence = PRECEDENCE.get(token.kind) ?? 0;
    const left = reduce(stream, pending, operand, precedence);
    if (precedence === 0) {
      stream.close();
      return left;
    }
    stream.countBinaryOperator(token);
    const op = stream.take().kind as BinaryOp;
    pending.push({ sign: null, op, left, modifiers: parseBinaryModifiers(stream), precedence });
  }
}

/** Completes the waiting operators that bind at least as strongly as the next one. */
function reduce(stream: TokenStream, pending: Pending[], operand: Expr, precedence: number): Expr {
  let right = operand;
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    const rightAssociative = precedence === 6;
    if (top.precedence < precedence || (top.precedence === precedence && rightAssociative)) break;
    pending.pop();
    right = top.sign === null ? newBinary(stream, top.op, top.left, right, top.modifiers) : newUnary(top.sign, right);
  }
  return right;
}

function newBinary(stream: TokenStream, op: BinaryOp, left: Expr, right: Expr, modifiers: BinaryModifiers): Binary {
  const position = { start: left.position.start, end: right.position.end };
  const { fillLeft, fillRight } = modifiers.matching;
  if ((fillLeft !== null || fillRight !== null) && !stream.options.binopFillModifiers) {
    stream.fail('binop fill modifiers are experimental and not enabled', position);
  }
  return { kind: 'binary', op, left, right, matching: modifiers.matching, returnBool: modifiers.returnBool, position };
}

/** A number takes its sign into itself. */
function newUnary(sign: Token, expr: Expr): Expr {
  const position = { start: sign.start, end: expr.position.end };
  if (expr.kind === 'number') return { ...expr, value: sign.kind === '-' ? -expr.value : expr.value, position };
  return { kind: 'unary', op: sign.kind === '-' ? '-' : '+', expr, position };
}

function parseOperand(stream: TokenStream): Expr {
  const token = stream.peek();
  switch (token.kind) {
    case 'number':
    case 'duration':
      return parseNumber(stream);
    case 'string':
      stream.take();
      return { kind: 'string', value: stringValue(token, () => stream.look()), position: rangeOf(token, token) };
    case '(': {
      stream.take();
      const expr = parseExpression(stream);
      return { kind: 'paren', expr, position: rangeOf(token, stream.expect(')')) };
    }
    case '{':
      return parseSelector(stream, null);
    default:
      return isMetricName(token.kind) ? parseNamed(stream) : stream.unexpected();
  }
}

/** What begins with a word: an aggregation, a call or a selector; the next token tells which. */
function parseNamed(stream: TokenStream): Expr {
  const name = stream.take();
  const next = stream.peek().kind;
  if (isAggregateOp(name.kind)) {
    const isAggregation = next === '(' || next === 'by' || next === 'without';
    return isAggregation ? parseAggregate(stream, name.kind, name) : parseSelector(stream, name);
  }
  const mayBeCalled = name.kind === 'identifier' || isContextWord(name.kind);
  return mayBeCalled && next === '(' ? parseCall(stream, name) : parseSelector(stream, name);
}

function parseNumber(stream: TokenStream): NumberLiteral {
  const token = stream.take();
  const value = numberValue(stream, token);
  return { kind: 'number', value, isDuration: token.kind === 'duration', position: rangeOf(token, token) };
}

function parseCall(stream: TokenStream, name: Token): Call {
  const { args, end } = parseArguments(stream);
  const signature = functionSignature(name.text);
  if (signature === undefined) return stream.fail(`unknown function with name ${goQuote(name.text)}`, name);
  if (signature.experimental && !stream.options.experimentalFunctions) {
    stream.fail(`function ${goQuote(name.text)} is not enabled`, name);
  }
  return { kind: 'call', func: name.text, args, position: { start: name.start, end } };
}

function parseAggregate(stream: TokenStream, op: AggregateOp, name: Token): Aggregate {
  const outer = stream.context;
  stream.context = IN_AGGREGATION;
  let clause = parseClause(stream);
  const { args, end: endOfArguments } = parseArguments(stream);
  let end = endOfArguments;
  if (clause === null) {
    clause = parseClause(stream);
    end = clause?.end ?? end;
  }
  stream.context = outer;
  const position = { start: name.start, end };
  const withParameter = WITH_PARAMETER.has(op);
  checkArguments(stream, op, args, position);
  return {
    kind: 'aggregate',
    op,
    expr: args[withParameter ? 1 : 0]!,
    param: withParameter ? args[0]! : null,
    grouping: clause?.labels ?? [],
    without: clause?.without ?? false,
    position,
  };
}

function checkArguments(stream: TokenStream, op: AggregateOp, args: readonly Expr[], position: PositionRange): void {
  if (args.length === 0) stream.fail('no arguments for aggregate expression provided', position);
  if ((op === 'limitk' || op === 'limit_ratio') && !stream.options.experimentalFunctions) {
    const flag = '--enable-feature=promql-experimental-functions';
    stream.fail(`${op}() is experimental and must be enabled with ${flag}`, position);
  }
  const wanted = WITH_PARAMETER.has(op) ? 2 : 1;
  if (args.length !== wanted) {
    const problem = 'wrong number of arguments for aggregate expression provided';
    stream.fail(`${problem}, expected ${wanted}, got ${args.length}`, position);
  }
}

interface Clause {
  readonly labels: readonly string[];
  readonly without: boolean;
  readonly end: number;
}

/** `by (...)` or `without (...)`, or null. */
function parseClause(stream: TokenStream): Clause | null {
  const kind = stream.peek().kind;
  if (kind !== 'by' && kind !== 'without') return null;
  stream.take();
  const labels = parseGroupingLabels(stream);
  return { labels, without: kind === 'without', end: stream.lastEnd };
}

function parseArguments(stream: TokenStream): { readonly args: Expr[]; readonly end: number } {
  stream.expect('(');
  const args: Expr[] = stream.open([]);
  let closing = stream.takeIf(')');
  while (closing === null) {
    args.push(parseExpression(stream));
    closing = stream.takeIf(')');
    if (closing !== null) break;
    const comma = stream.expect(',');
    if (!stream.atOperand()) {
      stream.fail('trailing commas not allowed in function call args', comma);
    }
  }
  stream.close();
  return { args, end: closing.end };
}

function rangeOf(first: Token, last: Token): PositionRange {
  return { start: first.start, end: last.end };
}
