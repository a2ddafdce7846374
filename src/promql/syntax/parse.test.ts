import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryPromqlSoup } from '../../../test/support/arbitrary-promql.ts';
import type { Binary, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import { PromqlSyntaxError } from './error.ts';
import { ALL_PARSER_OPTIONS } from './options.ts';
import { parseExpr, parseMetricSelector } from './parse.ts';
import { BINARY_OPERATORS_MAX, NESTING_MAX } from './token-stream.ts';

function parse(text: string): Expr {
  return parseExpr(text, ALL_PARSER_OPTIONS);
}

function errorOf(text: string, options = ALL_PARSER_OPTIONS): string {
  try {
    parseExpr(text, options);
  } catch (error) {
    expect(error).toBeInstanceOf(PromqlSyntaxError);
    return (error as Error).message;
  }
  return 'no error';
}

/** The tree as text with all its parentheses, to see what binds to what. */
function shape(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return String(expr.value);
    case 'vectorSelector':
      return expr.name;
    case 'unary':
      return `${expr.op}[${shape(expr.expr)}]`;
    case 'binary':
      return `[${shape(expr.left)} ${expr.op} ${shape(expr.right)}]`;
    case 'paren':
      return `(${shape(expr.expr)})`;
    default:
      return expr.kind;
  }
}

describe('parseExpr() binds operators', () => {
  const cases: [string, string][] = [
    ['1 + 2 * 3 ^ 4', '[1 + [2 * [3 ^ 4]]]'],
    ['a ^ b ^ c', '[a ^ [b ^ c]]'],
    ['a - b - c', '[[a - b] - c]'],
    ['-a ^ 2', '-[[a ^ 2]]'],
    ['-a * 2', '[-[a] * 2]'],
    ['2 ^ -1 * 3', '[[2 ^ -1] * 3]'],
    ['--1', '1'],
    ['-1 ^ 2', '-[[1 ^ 2]]'],
    ['a or b and c', '[a or [b and c]]'],
    ['a and b unless c', '[[a and b] unless c]'],
    ['a > b + c or d', '[[a > [b + c]] or d]'],
    ['a atan2 b * c', '[[a atan2 b] * c]'],
    ['a </ 1 + 2', '[a </ [1 + 2]]'],
    ['(a + b) * c', '[([a + b]) * c]'],
  ];
  test.each(cases)('%s', (text, expected) => {
    expect(shape(parse(text))).toBe(expected);
  });
});

test('parseExpr() reads numbers as Go does', () => {
  const values: [string, number][] = [
    ['010', 8],
    ['08', 8],
    ['0_7', 7],
    ['0x1F', 31],
    ['1_000.5', 1000.5],
    ['.5', 0.5],
    ['5.', 5],
    ['iNf', Number.POSITIVE_INFINITY],
    ['9223372036854775808', 2 ** 63],
    ['1h30m', 5400],
    ['-5m', -300],
    ['1s500ms', 1.5],
  ];
  for (const [text, value] of values) expect(parse(text), text).toMatchObject({ kind: 'number', value });
  expect(parse('NaN')).toMatchObject({ value: Number.NaN });
});

test('parseExpr() reads strings with Go escapes', () => {
  const values: [string, string][] = [
    ['"a\\n\\t\\\\\\""', 'a\n\t\\"'],
    ["'it\\'s \\x41\\102\\u00e9\\U0001F600'", "it's ABé😀"],
    ['"\\xc3\\xa9"', 'é'],
    ['"\\xc5z"', '\udcc5z'],
    ['`raw \\n\nline`', 'raw \\n\nline'],
  ];
  for (const [text, value] of values) expect(parse(text), text).toMatchObject({ kind: 'string', value });
});

test('parseExpr() reads selectors in all their forms', () => {
  expect((parse('foo{a="1",b!="2",c=~"3",d!~"4",}') as VectorSelector).matchers).toEqual([
    { type: '=', name: 'a', value: '1' },
    { type: '!=', name: 'b', value: '2' },
    { type: '=~', name: 'c', value: '3' },
    { type: '!~', name: 'd', value: '4' },
    { type: '=', name: '__name__', value: 'foo' },
  ]);
  expect(parse('{"foo.bar", "la bel"="x"}')).toMatchObject({
    name: '',
    matchers: [
      { type: '=', name: '__name__', value: 'foo.bar' },
      { type: '=', name: 'la bel', value: 'x' },
    ],
  });
  for (const name of ['sum', 'by', 'offset', 'and', 'start', 'fill', 'without', 'step']) {
    expect(parse(name), name).toMatchObject({ kind: 'vectorSelector', name });
  }
});

test('parseExpr() puts offset and @ on the selector in either order', () => {
  for (const text of ['foo[5m] offset 1m @ 10', 'foo[5m] @ 10 offset 1m']) {
    const { selector, range } = parse(text) as MatrixSelector;
    expect(selector.offset).toEqual({ ms: 60_000, expression: null });
    expect(selector.at).toEqual({ kind: 'time', timestamp: 10_000 });
    expect(range.ms).toBe(300_000);
  }
  expect(parse('foo offset -1m')).toMatchObject({ offset: { ms: -60_000 } });
  expect(parse('foo offset 0 offset 5m')).toMatchObject({ offset: { ms: 300_000 } });
  expect(parse('foo @ end()')).toMatchObject({ at: { kind: 'end' } });
  const subquery = parse('rate(foo[1m])[1h:5m] @ start() offset 1d') as Subquery;
  expect(subquery).toMatchObject({ range: { ms: 3_600_000 }, step: { ms: 300_000 }, at: { kind: 'start' } });
  expect(parse('foo[1h:]')).toMatchObject({ kind: 'subquery', step: null });
});

test('parseExpr() ends a plain offset before an operator', () => {
  expect(shape(parse('foo offset 5m + 1'))).toBe('[foo + 1]');
  expect(parse('foo offset (5m + 1m)')).toMatchObject({ offset: { expression: { kind: 'binary', wrapped: true } } });
  expect(parse('foo[2m ^ 2]')).toMatchObject({ range: { expression: { op: '^' } } });
});

test('parseExpr() completes the matching of binary expressions', () => {
  expect((parse('a + 1') as Binary).matching).toBeNull();
  expect((parse('a and on (x) b') as Binary).matching).toMatchObject({ card: 'many-to-many', matchingLabels: ['x'] });
  expect((parse('a * ignoring (x) group_left (y, "z z") b') as Binary).matching).toEqual({
    card: 'many-to-one',
    matchingLabels: ['x'],
    on: false,
    include: ['y', 'z z'],
    fillLeft: null,
    fillRight: null,
  });
  expect((parse('a + fill_left(1) fill_right(-2m) b') as Binary).matching).toMatchObject({
    fillLeft: 1,
    fillRight: -120,
  });
  expect((parse('a == bool on () group_right b') as Binary).matching).toMatchObject({ card: 'one-to-many', on: true });
});

test('positions count UTF-8 bytes', () => {
  expect(parse('{"é"} + foo')).toMatchObject({ right: { position: { start: 9, end: 12 } } });
  expect(errorOf('"é" + $')).toBe("1:8: parse error: unexpected character: '$'");
  expect(errorOf('foo\n  + "é')).toBe('2:5: parse error: unterminated quoted string');
});

describe('parseExpr() says what is wrong and where', () => {
  const cases: [string, string][] = [
    ['', 'unknown position: parse error: no expression found in input'],
    [' # nothing', '1:1: parse error: no expression found in input'],
    ['1 +', '1:4: parse error: unexpected end of input'],
    ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
    ['foo)', "1:5: parse error: unexpected right parenthesis ')'"],
    ['(foo', '1:5: parse error: unclosed left parenthesis'],
    ['sum(a b)', '1:7: parse error: unexpected identifier "b" in aggregation'],
    ['sum by a', '1:8: parse error: unexpected identifier "a" in grouping opts, expected "("'],
    ['sum by (a b) (c)', '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"'],
    ['a * on (b) group_left )', "1:24: parse error: unexpected right parenthesis ')'"],
    ['foo{a', '1:6: parse error: unexpected end of input inside braces'],
    ['foo{a}', '1:6: parse error: unexpected "}" in label matching, expected label matching operator'],
    ['foo{a=b}', '1:7: parse error: unexpected identifier "b" in label matching, expected string'],
    ['foo{a="b" c="d"}', '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"'],
    ['foo{a=~"("}', '1:5: parse error: error parsing regexp: missing closing ): `(`'],
    ['foo[5m', '1:7: parse error: unclosed left bracket'],
    ['foo[x]', "1:5: parse error: unexpected character in duration expression: 'x'"],
    ['foo[5m x]', "1:8: parse error: unexpected character: 'x', expected ':'"],
    ['foo[0]', '1:5: parse error: duration must be greater than 0'],
    [
      'foo[5m] offset',
      '1:15: parse error: unexpected end of input in offset, expected number, duration, step(), or range()',
    ],
    ['foo @ bar', '1:7: parse error: unexpected identifier "bar" in @, expected timestamp'],
    [
      '1 offset 5m',
      '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['foo offset 1m offset 2m', '1:1: parse error: offset may not be set multiple times'],
    ['abs(1)[5m]', '1:7: parse error: ranges only allowed for vector selectors'],
    ['nope(1)', '1:1: parse error: unknown function with name "nope"'],
    ['abs(foo,)', '1:8: parse error: trailing commas not allowed in function call args'],
    ['abs()', '1:1: parse error: expected 1 argument(s) in call to "abs", got 0'],
    ['rate(foo)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
    ['topk(foo)', '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1'],
    ['topk("a", foo)', '1:6: parse error: expected type scalar in aggregation parameter, got string'],
    ['1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
    ['1 + bool 1', '1:3: parse error: bool modifier can only be used on comparison operators'],
    ['1 and foo', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ['1 + on (a) foo', '1:1: parse error: vector matching only allowed between instant vectors'],
    ['a or on (b) group_left (c) d', '1:1: parse error: no grouping allowed for "or" operation'],
    ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
    [
      '-"a"',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
    ['foo[5m][5m:1m]', '1:1: parse error: subquery is only allowed on instant vector, got matrix instead'],
    ['1e400', '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e400": value out of range'],
    ['5m1h', '1:1: parse error: not a valid duration string: "5m1h"'],
    ['"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"],
    ['foo[5m / 0]', '1:8: parse error: division by zero'],
  ];
  test.each(cases)('%s', (text, message) => {
    expect(errorOf(text)).toBe(message);
  });
});

test('parseExpr() refuses experiments that are not switched on', () => {
  const off = {
    experimentalFunctions: false,
    extendedRangeSelectors: false,
    binopFillModifiers: false,
    durationExpressions: false,
  };
  const cases: [string, string][] = [
    ['mad_over_time(a[5m])', 'function "mad_over_time" is not enabled'],
    [
      'limitk(1, a)',
      'limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
    ],
    ['a anchored', 'anchored modifier is experimental and not enabled'],
    ['a[5m] smoothed', 'smoothed modifier is experimental and not enabled'],
    ['a + fill(1) b', 'binop fill modifiers are experimental and not enabled'],
  ];
  for (const [text, message] of cases) expect(errorOf(text, off), text).toBe(`1:1: parse error: ${message}`);
  expect(errorOf('a[5m + 1m]', off)).toBe('1:3: parse error: experimental duration expression is not enabled');
});

test('parseMetricSelector() takes selectors and nothing else', () => {
  expect(parseMetricSelector('up{job="a"}')).toEqual([
    { type: '=', name: 'job', value: 'a' },
    { type: '=', name: '__name__', value: 'up' },
  ]);
  expect(parseMetricSelector('{a="1", a!="1", a="1"}')).toEqual([
    { type: '=', name: 'a', value: '1' },
    { type: '!=', name: 'a', value: '1' },
  ]);
  expect(parseMetricSelector('{}')).toEqual([]);
  expect(() => parseMetricSelector('up offset 5m')).toThrow('1:4: parse error: unexpected <offset>');
  expect(() => parseMetricSelector('')).toThrow('unknown position: parse error: unexpected end of input');
});

test('parseExpr() looks whether it is still wanted within spaces and comments', () => {
  for (const part of [' ', '\n', '#x\n', `#${'x'.repeat(20_000)}\n`]) {
    let looks = 0;
    parseExpr(`${part.repeat(Math.ceil(1_000_000 / part.length))}a`, ALL_PARSER_OPTIONS, () => looks++);
    expect(looks, JSON.stringify(part.slice(0, 9))).toBeGreaterThanOrEqual(45);
  }
});

test('parseExpr() looks whether it is still wanted within strings and numbers', () => {
  const digits = '7'.repeat(1_000_000);
  for (const text of [`"${digits}"`, `"${'\\x41'.repeat(250_000)}"`, `0x${digits}`, `up{a="${digits}"}`]) {
    let looks = 0;
    try {
      parseExpr(text, ALL_PARSER_OPTIONS, () => looks++);
    } catch (error) {
      expect((error as Error).message.slice(0, 40)).toContain('error parsing number');
    }
    expect(looks, text.slice(0, 9)).toBeGreaterThanOrEqual(45);
  }
});

test('parseExpr() stops at too much nesting, whatever nests', () => {
  const hostile = ['(', '-', 'sum(', 'abs(', '1^'];
  for (const part of hostile)
    expect(errorOf(part.repeat(100_000)), part).toContain('is nested more than 500 levels deep');
  for (const part of ['(', '-', '1+', '1^', 'min_of(1,']) {
    expect(errorOf(`a[${part.repeat(100_000)}`), part).toContain('is nested more than 500 levels deep');
  }
  expect(errorOf(`a${'[5m:]'.repeat(10_000)}`)).toContain('is nested more than 500 levels deep');
  const levels = NESTING_MAX - 1;
  expect(errorOf(`${'('.repeat(levels)}1${')'.repeat(levels)}`)).toBe('no error');
});

test('parseExpr() takes chains of many thousands of operators', () => {
  expect(errorOf(`1${' + 1'.repeat(10_000)}`)).toBe('no error');
  expect(errorOf(`a${' or a'.repeat(BINARY_OPERATORS_MAX)}`)).toBe('no error');
  expect(errorOf(`1${'+1'.repeat(500_000)}`)).toContain('more than 16384 binary operators');
});

test('parseExpr() refuses longer texts than two megabytes, in bytes', () => {
  const detail = '1:1: parse error: expression is longer than 2097152 bytes';
  expect(errorOf('x'.repeat(2 ** 21))).toBe('no error');
  expect(errorOf('x'.repeat(2 ** 21 + 1))).toBe(detail);
  expect(errorOf(`"${'\u00e4'.repeat(2 ** 20)}"`)).toBe(detail);
});

test('parseExpr() refuses selectors whose patterns would take much memory, and says so before it reads on', () => {
  const patterns = Array.from({ length: 50 }, (_, i) => `a!~"(b{5}|c{7}){99}d{900}${i}"`);
  expect(errorOf(`m{${patterns.join()}, `)).toMatch(/selector has patterns of more than 100000 instructions together$/);
});

test('parseExpr() takes queries of a megabyte', () => {
  expect(errorOf(`"${'x'.repeat(1 << 20)}"`)).toBe('no error');
  expect(errorOf(`a{${'b="c",'.repeat(170_000)}}`)).toBe('no error');
  expect(errorOf(`a${' '.repeat(1 << 20)}b`)).toBe('1:1048578: parse error: unexpected identifier "b"');
});

test('parseExpr() throws nothing but PromqlSyntaxError', () => {
  fc.assert(
    fc.property(fc.oneof(arbitraryPromqlSoup, fc.string({ unit: 'binary' })), (text) => {
      try {
        expect(parse(text).kind).toBeTypeOf('string');
      } catch (error) {
        expect(error).toBeInstanceOf(PromqlSyntaxError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('parseExpr() refuses selectors of more different matchers than are looked at', () => {
  const matchers = (count: number) => Array.from({ length: count }, (_, i) => `b!="${i}"`).join();
  expect(errorOf(`a{${matchers(1001)}}`)).toBe('1:1: parse error: selector has more than 1000 different matchers');
  expect(errorOf(`a{${matchers(1000)}}`)).toBe('no error');
});

test('parseExpr() looks up now and then, and ends with what that throws', () => {
  let looks = 0;
  const look = () => {
    if (++looks === 3) throw new Error('enough');
  };
  expect(() => parseExpr(Array(1000).fill('a').join('+'), ALL_PARSER_OPTIONS, look)).toThrow('enough');
});
