import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryPromql } from '../../../test/support/arbitrary-promql.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { Expr } from './ast.ts';
import { exprToJson } from './expr-to-json.ts';
import { ALL_PARSER_OPTIONS } from './options.ts';
import { parseExpr } from './parse.ts';
import { PRETTY_TEXT_MAX, prettyPrint } from './pretty-print.ts';
import { printExpr } from './print.ts';

function parse(text: string): Expr {
  return parseExpr(text, ALL_PARSER_OPTIONS);
}

/** The tree without what printing may change: positions and the order of matchers. */
function essence(expr: Expr): unknown {
  return JSON.parse(
    JSON.stringify(expr, (key, value) => {
      if (key === 'position') return undefined;
      if (key === 'matchers') return (value as Matcher[]).map(({ name, type, value: v }) => name + type + v).sort();
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
    }),
  );
}

test('printExpr() writes the normal form', () => {
  const cases: [string, string][] = [
    ['sum  by(b,a)  (x)', 'sum by (b, a) (x)'],
    ['sum(x)by()', 'sum(x)'],
    ['topk without(a)(2,x)', 'topk without (a) (2, x)'],
    ['foo{b="2",a=~"1"}', 'foo{a=~"1",b="2"}'],
    ['{"foo bar",a="\\n"}', '{__name__="foo bar",a="\\n"}'],
    ['x[60s]@1.5 offset -1h', 'x[1m] @ 1.500 offset -1h'],
    ['x smoothed offset 1d@start()', 'x @ start() smoothed offset 1d'],
    ['x[1d:]offset 1w', 'x[1d:] offset 1w'],
    ['x[(5m)*step()]', 'x[(5m) * step()]'],
    ['x offset (-2h)', 'x offset (-2h)'],
    ['a==bool on(b)group_right(c)d', 'a == bool on (b) group_right (c) d'],
    ['a+fill(1e21)b', 'a + fill (1e+21) b'],
    ['a-ignoring()b', 'a - b'],
    ['-a+-1', '-a + -1'],
    ['1e21', '1000000000000000000000'],
    ["'it\"s'", '"it\\"s"'],
  ];
  for (const [text, printed] of cases) expect(printExpr(parse(text)), text).toBe(printed);
});

test('printExpr() gives a text that parses to an equal tree', () => {
  fc.assert(
    fc.property(arbitraryPromql, (text) => {
      const expr = parse(text);
      const again = parse(printExpr(expr));
      expect(essence(again)).toEqual(essence(expr));
      expect(printExpr(again)).toBe(printExpr(expr));
    }),
    { numRuns: 1000 },
  );
});

test('prettyPrint() splits what takes more than 100 bytes', () => {
  const long = `sum by (job) (rate(${'a'.repeat(60)}[5m]) / on (job) rate(${'b'.repeat(60)}[5m]))`;
  expect(prettyPrint(parse(long))).toBe(
    ['sum by (job) (', `    rate(${'a'.repeat(60)}[5m])`, '  / on (job)', `    rate(${'b'.repeat(60)}[5m])`, ')'].join(
      '\n',
    ),
  );
  expect(prettyPrint(parse('sum(a) + 1'))).toBe('sum(a) + 1');
});

test('prettyPrint() changes nothing but the spaces', () => {
  fc.assert(
    fc.property(arbitraryPromql, (text) => {
      const expr = parse(text);
      expect(essence(parse(prettyPrint(expr)))).toEqual(essence(expr));
    }),
    { numRuns: 500 },
  );
});

test('printers follow long chains', () => {
  const chain = parse(`a${' + a'.repeat(10_000)}`);
  expect(printExpr(chain)).toHaveLength(40_001);
  expect(JSON.stringify(exprToJson(parse('a + b + c')))).toContain('"op":"+"');
  expect(() => prettyPrint(chain)).toThrow(`longer than ${PRETTY_TEXT_MAX} characters`);
});

test('exprToJson() names every part', () => {
  expect(exprToJson(parse('sum by (a) (rate(x{b="c"}[5m] offset 1m)) > 1'))).toEqual({
    type: 'binaryExpr',
    op: '>',
    bool: false,
    matching: null,
    rhs: { type: 'numberLiteral', val: '1' },
    lhs: {
      type: 'aggregation',
      op: 'sum',
      grouping: ['a'],
      without: false,
      param: null,
      expr: {
        type: 'call',
        func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
        args: [
          {
            type: 'matrixSelector',
            name: 'x',
            range: 300_000,
            rangeExpr: null,
            offset: 60_000,
            offsetExpr: null,
            matchers: [
              { name: 'b', type: '=', value: 'c' },
              { name: '__name__', type: '=', value: 'x' },
            ],
            timestamp: null,
            startOrEnd: null,
            anchored: false,
            smoothed: false,
          },
        ],
      },
    },
  });
});
