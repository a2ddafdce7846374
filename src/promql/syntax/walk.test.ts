import { expect, test } from 'vitest';
import type { Binary } from './ast.ts';
import { exprType } from './expr-type.ts';
import { ALL_PARSER_OPTIONS } from './options.ts';
import { parseExpr } from './parse.ts';
import { printExpr } from './print.ts';
import { binaryChain, unwrapParens, walk } from './walk.ts';

test('walk() visits parents before children, left before right', () => {
  const seen: string[] = [];
  walk(parseExpr('topk(1, rate(a[5m])) + abs(b)', ALL_PARSER_OPTIONS), (expr) => seen.push(expr.kind));
  expect(seen).toEqual([
    'binary',
    'aggregate',
    'call',
    'matrixSelector',
    'vectorSelector',
    'number',
    'call',
    'vectorSelector',
  ]);
});

test('walk(), exprType() and binaryChain() follow chains of any length', () => {
  const expr = parseExpr(`a${' + 1'.repeat(10_000)}`);
  let count = 0;
  walk(expr, () => count++);
  expect(count).toBe(20_001);
  expect(exprType(expr)).toBe('vector');
  const { head, links } = binaryChain(expr as Binary);
  expect(printExpr(head)).toBe('a');
  expect(links).toHaveLength(10_000);
  expect(printExpr(links[0]!)).toBe('a + 1');
});

test('exprType() of every kind', () => {
  const cases: [string, string][] = [
    ['1', 'scalar'],
    ['"a"', 'string'],
    ['a', 'vector'],
    ['a[5m]', 'matrix'],
    ['a[5m:]', 'matrix'],
    ['sum(a)', 'vector'],
    ['time()', 'scalar'],
    ['1 + 2 * 3', 'scalar'],
    ['1 + 2 * a', 'vector'],
    ['-(1 > bool 2)', 'scalar'],
  ];
  for (const [text, type] of cases) expect(exprType(parseExpr(text, ALL_PARSER_OPTIONS)), text).toBe(type);
});

test('unwrapParens() takes all parentheses off', () => {
  expect(unwrapParens(parseExpr('((1))'))).toMatchObject({ kind: 'number', value: 1 });
});
