import { goFloatPlain } from '../../model/go-float.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { AtModifier, DurationExpr, DurationValue, Expr, VectorMatching } from './ast.ts';
import { functionSignature } from './signatures.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
type JsonObject = { [key: string]: JsonValue };

/**
 * The tree as `/api/v1/parse_query` gives it, keys in alphabetical order as there. Left-deep chains are followed in a
 * loop; whoever serialises the result meets them as deep objects.
 */
export function exprToJson(expr: Expr): JsonValue {
  if (expr.kind !== 'binary') return plainToJson(expr);
  const chain: (typeof expr)[] = [];
  let head: Expr = expr;
  while (head.kind === 'binary') {
    chain.push(head);
    head = head.left;
  }
  let json = exprToJson(head);
  for (const { op, right, matching, returnBool } of chain.reverse()) {
    json = {
      bool: returnBool,
      lhs: json,
      matching: matching === null ? null : matchingToJson(matching),
      op,
      rhs: exprToJson(right),
      type: 'binaryExpr',
    };
  }
  return json;
}

function plainToJson(expr: Exclude<Expr, { readonly kind: 'binary' }>): JsonValue {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: goFloatPlain(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value.toWellFormed() };
    case 'paren':
      return { expr: exprToJson(expr.expr), type: 'parenExpr' };
    case 'unary':
      return { expr: exprToJson(expr.expr), op: expr.op, type: 'unaryExpr' };
    case 'call': {
      const { argTypes, name, returnType, variadic } = functionSignature(expr.func)!;
      return { args: expr.args.map(exprToJson), func: { argTypes, name, returnType, variadic }, type: 'call' };
    }
    case 'aggregate':
      return {
        expr: exprToJson(expr.expr),
        grouping: expr.grouping,
        op: expr.op,
        param: expr.param === null ? null : exprToJson(expr.param),
        type: 'aggregation',
        without: expr.without,
      };
    case 'vectorSelector':
      return sorted({
        ...duration('offset', expr.offset),
        ...at(expr.at),
        anchored: expr.anchored,
        matchers: expr.matchers.map(matcherToJson),
        name: expr.name,
        smoothed: expr.smoothed,
        type: 'vectorSelector',
      });
    case 'matrixSelector':
      return sorted({
        ...duration('range', expr.range),
        ...duration('offset', expr.selector.offset),
        ...at(expr.selector.at),
        anchored: expr.selector.anchored,
        matchers: expr.selector.matchers.map(matcherToJson),
        name: expr.selector.name,
        smoothed: expr.selector.smoothed,
        type: 'matrixSelector',
      });
    case 'subquery':
      return sorted({
        ...duration('range', expr.range),
        ...duration('step', expr.step),
        ...duration('offset', expr.offset),
        ...at(expr.at),
        expr: exprToJson(expr.expr),
        type: 'subquery',
      });
  }
}

function duration(name: 'range' | 'step' | 'offset', value: DurationValue | null): JsonObject {
  const expression = value?.expression ?? null;
  // A duration below 0 ms and above -1 ms is 0; adding 0 keeps its sign out of the text.
  return {
    [name]: (value?.ms ?? 0) + 0,
    [`${name}Expr`]: expression === null ? null : durationExprToJson(expression),
  };
}

function at(modifier: AtModifier | null): JsonObject {
  return {
    startOrEnd: modifier === null || modifier.kind === 'time' ? null : modifier.kind,
    timestamp: modifier?.kind === 'time' ? modifier.timestamp + 0 : null,
  };
}

function durationExprToJson(expr: DurationExpr): JsonValue {
  if (expr.kind === 'number') {
    return { duration: expr.isDuration, type: 'numberLiteral', val: goFloatPlain(expr.seconds) };
  }
  const node = { type: 'durationExpr', wrapped: expr.wrapped };
  switch (expr.kind) {
    case 'call':
      return { lhs: null, op: expr.name, rhs: null, ...node };
    case 'minmax':
      return { lhs: durationExprToJson(expr.left), op: expr.name, rhs: durationExprToJson(expr.right), ...node };
    case 'unary':
      return { lhs: null, op: expr.op, rhs: durationExprToJson(expr.operand), ...node };
    case 'binary':
      return { lhs: durationExprToJson(expr.left), op: expr.op, rhs: durationExprToJson(expr.right), ...node };
  }
}

function matchingToJson({ card, fillLeft, fillRight, include, matchingLabels, on }: VectorMatching): JsonValue {
  return { card, fillValues: { lhs: fillLeft, rhs: fillRight }, include, labels: matchingLabels, on };
}

function matcherToJson({ name, type, value }: Matcher): JsonValue {
  return { name: name.toWellFormed(), type, value: value.toWellFormed() };
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
