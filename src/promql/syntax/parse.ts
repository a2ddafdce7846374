import type { Matcher } from '../../model/matcher.ts';
import type { Expr } from './ast.ts';
import { byteText } from './byte-text.ts';
import { checkTypes } from './check-types.ts';
import { differentMatchers } from './different-matchers.ts';
import { PromqlSyntaxError } from './error.ts';
import { DEFAULT_PARSER_OPTIONS, type ParserOptions } from './options.ts';
import { parseExpression } from './parse-expression.ts';
import { parseSelector } from './parse-selector.ts';
import { TokenStream } from './token-stream.ts';
import { isMetricName } from './tokens.ts';

/** Longer texts are refused: what a client may ask of the parser, and of whoever prints the text back. */
export const TEXT_BYTES_MAX = 2 * 2 ** 20;

/**
 * Parses a query and checks its types. Throws `PromqlSyntaxError`, and nothing else, whatever the text; but what `look`
 * throws, which is called now and then.
 */
export function parseExpr(
  text: string,
  options: ParserOptions = DEFAULT_PARSER_OPTIONS,
  look: () => void = () => {},
): Expr {
  const stream = new TokenStream(checkedText(text), options, look);
  parsing.push(stream);
  try {
    return parseWhole(stream, look);
  } finally {
    parsing.pop();
  }
}

/**
 * The streams that expressions are read from now. V8 marks in a pause what the call stack alone leads to (docs/decisions/0046), and an
 * expression may have a million parts.
 */
const parsing: TokenStream[] = [];

function parseWhole(stream: TokenStream, look: () => void): Expr {
  if (stream.peek().kind === 'end of input') {
    return stream.fail('no expression found in input', { start: 0, end: 0 });
  }
  const expr = stream.open(parseExpression(stream));
  stream.expect('end of input');
  checkTypes(expr, stream.source, look);
  return expr;
}

/**
 * Parses a series selector as `match[]` has it: `name`, `name{...}` or `{...}`. Selectors that match the empty string
 * are taken; who does not want them checks for it. Equal matchers are given once. Throws `PromqlSyntaxError`, and what `look` throws, which is called
 * now and then.
 */
export function parseMetricSelector(text: string, look: () => void = () => {}): readonly Matcher[] {
  const stream = new TokenStream(checkedText(text), DEFAULT_PARSER_OPTIONS, look);
  const token = stream.peek();
  if (token.kind !== '{' && !isMetricName(token.kind)) stream.unexpected();
  const selector = parseSelector(stream, token.kind === '{' ? null : stream.take());
  stream.expect('end of input');
  return differentMatchers(selector);
}

function checkedText(text: string): string {
  // No text has fewer bytes than UTF-16 units.
  const source = text.length > TEXT_BYTES_MAX ? text : byteText(text);
  if (source.length <= TEXT_BYTES_MAX) return source;
  const detail = `expression is longer than ${TEXT_BYTES_MAX} bytes`;
  throw new PromqlSyntaxError(detail, { start: 0, end: source.length }, source);
}
