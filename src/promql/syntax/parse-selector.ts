import { goQuote, METRIC_NAME } from '../../model/labels.ts';
import {
  type Matcher,
  type MatchType,
  SELECTOR_MATCHERS_MAX,
  SELECTOR_PATTERNS_SIZE_MAX,
} from '../../model/matcher.ts';
import { compileRegex, RegexSyntaxError } from '../../model/regex.ts';
import type { VectorSelector } from './ast.ts';
import { stringValue } from './literals.ts';
import type { TokenStream } from './token-stream.ts';
import { isGroupingLabel, type Token, type TokenKind } from './tokens.ts';

const IN_MATCHERS = 'label matching';
const IN_GROUPING = 'grouping opts';

/** `name`, `name{...}` or `{...}`; `name` is the token already taken, or null where the braces stand alone. */
export function parseSelector(stream: TokenStream, name: Token | null): VectorSelector {
  const first = name ?? stream.peek();
  const matchers: Matcher[] = stream.open([]);
  let end = first.end;
  if (stream.peek().kind === '{') end = parseMatchers(stream, matchers, first.start);
  stream.close();
  // The name's matcher comes last, as the reference lists them.
  if (name !== null) matchers.push({ type: '=', name: METRIC_NAME, value: name.text });
  return {
    kind: 'vectorSelector',
    name: name?.text ?? '',
    matchers,
    offset: null,
    at: null,
    anchored: false,
    smoothed: false,
    position: { start: first.start, end },
  };
}

/** The labels of `by (...)`, `on (...)`, `group_left (...)`. */
export function parseGroupingLabels(stream: TokenStream): string[] {
  const labels: string[] = stream.open([]);
  if (stream.takeIf('(') === null) stream.unexpected({ inside: IN_GROUPING, expected: '"("' });
  while (stream.takeIf(')') === null) {
    labels.push(parseGroupingLabel(stream));
    if (stream.takeIf(',') === null && stream.peek().kind !== ')') {
      stream.unexpected({ inside: IN_GROUPING, expected: '"," or ")"' });
    }
  }
  stream.close();
  return labels;
}

function parseGroupingLabel(stream: TokenStream): string {
  const token = stream.peek();
  if (isGroupingLabel(token.kind)) return stream.take().text;
  if (token.kind !== 'string') return stream.unexpected({ inside: IN_GROUPING, expected: 'label' });
  const label = stringValue(stream.take(), () => stream.look());
  if (label === '' || !label.isWellFormed()) stream.fail(`invalid label name for grouping: ${goQuote(label)}`, token);
  return label;
}

/** Takes `{...}` of a selector that begins at `start`, and returns where it ends. Equal matchers become one object. */
function parseMatchers(stream: TokenStream, matchers: Matcher[], start: number): number {
  const different = new Map<string, Matcher>();
  let patternsSize = 0;
  stream.expect('{');
  for (;;) {
    const closing = stream.takeIf('}');
    if (closing !== null) return closing.end;
    const matcher = parseMatcher(stream);
    const { name, type, value } = matcher;
    const key = `${name}\0${type}${value}`;
    const equal = different.get(key);
    matchers.push(equal ?? matcher);
    if (equal === undefined) {
      different.set(key, matcher);
      if (type === '=~' || type === '!~') patternsSize += compileRegex(value).stepsPerUnit;
      if (different.size > SELECTOR_MATCHERS_MAX)
        failAt(stream, start, `more than ${SELECTOR_MATCHERS_MAX} different matchers`);
      if (patternsSize > SELECTOR_PATTERNS_SIZE_MAX) {
        failAt(stream, start, `patterns of more than ${SELECTOR_PATTERNS_SIZE_MAX} instructions together`);
      }
    }
    if (stream.takeIf(',') === null && stream.peek().kind !== '}') {
      stream.unexpected({ inside: IN_MATCHERS, expected: '"," or "}"' });
    }
  }
}

function failAt(stream: TokenStream, start: number, what: string): never {
  return stream.fail(`selector has ${what}`, { start, end: stream.lastEnd });
}

function parseMatcher(stream: TokenStream): Matcher {
  const label = stream.peek();
  if (label.kind !== 'identifier' && label.kind !== 'string') {
    return stream.unexpected({ inside: IN_MATCHERS, expected: 'identifier or "}"' });
  }
  stream.take();
  const name = label.kind === 'string' ? stringValue(label, () => stream.look()) : label.text;
  const type = stream.peek().kind;
  if (!isMatchType(type)) {
    if (label.kind === 'string') return { type: '=', name: METRIC_NAME, value: name };
    return stream.unexpected({ inside: IN_MATCHERS, expected: 'label matching operator' });
  }
  stream.take();
  const value = stream.takeIf('string') ?? stream.unexpected({ inside: IN_MATCHERS, expected: 'string' });
  const matcher: Matcher = { type, name, value: stringValue(value, () => stream.look()) };
  if (type === '=~' || type === '!~') checkPattern(stream, matcher.value, { start: label.start, end: value.end });
  return matcher;
}

function checkPattern(stream: TokenStream, pattern: string, position: { start: number; end: number }): void {
  try {
    compileRegex(pattern);
    stream.look();
  } catch (error) {
    if (error instanceof RegexSyntaxError) stream.fail(error.message, position);
    throw error;
  }
}

function isMatchType(kind: TokenKind): kind is MatchType {
  return kind === '=' || kind === '!=' || kind === '=~' || kind === '!~';
}
