import { goQuote } from '../../model/labels.ts';
import type { AggregateOp } from './ast.ts';
import { textOfBytes } from './byte-text.ts';

/** Bytes of spaces, a comment or a token between two looks at whether a query is still wanted: a millisecond, also before loops are compiled. */
export const BYTES_PER_LOOK = 16_384;

/** Tokens that always look the same; the kind is their text. */
export type PunctuationKind = '(' | ')' | '{' | '}' | '[' | ']' | ',' | ':' | '=';

/** Operators, `@` among them. `=~` and `!~` come only inside braces. */
export type OperatorKind =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '</'
  | '>/'
  | '=~'
  | '!~'
  | '@'
  | 'and'
  | 'or'
  | 'unless'
  | 'atan2';

export type KeywordKind =
  | 'offset'
  | 'smoothed'
  | 'anchored'
  | 'by'
  | 'without'
  | 'on'
  | 'ignoring'
  | 'group_left'
  | 'group_right'
  | 'fill'
  | 'fill_left'
  | 'fill_right'
  | 'bool';

/** Words that are functions too; `start` and `end` also stand behind `@`, the others inside durations. */
export type ContextWordKind = 'start' | 'end' | 'step' | 'range' | 'max_of' | 'min_of';

/** `identifier` has no colon, `metric identifier` has one. */
export type TokenKind =
  | PunctuationKind
  | OperatorKind
  | KeywordKind
  | ContextWordKind
  | AggregateOp
  | 'identifier'
  | 'metric identifier'
  | 'number'
  | 'duration'
  | 'string'
  | 'end of input';

export interface Token {
  readonly kind: TokenKind;
  /** Byte range in the query. */
  readonly start: number;
  readonly end: number;
  /** As written, one character a byte; strings with their quotes. */
  readonly text: string;
}

const AGGREGATE_OPS: readonly AggregateOp[] = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
];

const KEYWORDS: readonly KeywordKind[] = [
  'offset',
  'smoothed',
  'anchored',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
];

const WORD_OPERATORS: readonly OperatorKind[] = ['and', 'or', 'unless', 'atan2'];

const SIGN_OPERATORS: readonly OperatorKind[] = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '</',
  '>/',
  '=~',
  '!~',
  '@',
];

const CONTEXT_WORDS: readonly ContextWordKind[] = ['start', 'end', 'step', 'range', 'max_of', 'min_of'];

const aggregateOps: ReadonlySet<TokenKind> = new Set(AGGREGATE_OPS);
const keywords: ReadonlySet<TokenKind> = new Set(KEYWORDS);
const operators: ReadonlySet<TokenKind> = new Set([...SIGN_OPERATORS, ...WORD_OPERATORS]);
const contextWords: ReadonlySet<TokenKind> = new Set(CONTEXT_WORDS);
const words: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...[...AGGREGATE_OPS, ...KEYWORDS, ...WORD_OPERATORS, ...CONTEXT_WORDS].map((word) => [word, word] as const),
  ['inf', 'number'],
  ['nan', 'number'],
]);

/** Words with a meaning of their own that can not name a metric without quotes. */
const NO_METRIC_NAME: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'atan2',
]);

/** The kind of a word that is more than a name, in any mix of case; undefined for every other word. */
export function reservedWord(word: string): TokenKind | undefined {
  return words.get(word) ?? words.get(word.toLowerCase());
}

export function isAggregateOp(kind: TokenKind): kind is AggregateOp {
  return aggregateOps.has(kind);
}

export function isContextWord(kind: TokenKind): kind is ContextWordKind {
  return contextWords.has(kind);
}

/** True where the token may stand as a metric name. */
export function isMetricName(kind: TokenKind): boolean {
  return isName(kind) && !NO_METRIC_NAME.has(kind);
}

/** True where the token may stand as a label in `by (...)`, `on (...)` and their like. */
export function isGroupingLabel(kind: TokenKind): boolean {
  return isName(kind) && kind !== 'without';
}

function isName(kind: TokenKind): boolean {
  return (
    kind === 'identifier' ||
    kind === 'metric identifier' ||
    aggregateOps.has(kind) ||
    keywords.has(kind) ||
    contextWords.has(kind) ||
    kind === 'and' ||
    kind === 'or' ||
    kind === 'unless' ||
    kind === 'atan2'
  );
}

/** How errors name a token: `<op:+>`, `<aggr:sum>`, `<by>`, `identifier "x"`, `")"`, `end of input`. */
export function describeToken(token: Token): string {
  const { kind, text } = token;
  if (kind === 'end of input') return kind;
  if (kind === 'identifier' || kind === 'metric identifier') return `${kind} ${goQuote(text)}`;
  if (keywords.has(kind)) return `<${text}>`;
  if (operators.has(kind)) return `<op:${text}>`;
  if (aggregateOps.has(kind)) return `<aggr:${text}>`;
  const literal = kind === 'number' || kind === 'duration' || kind === 'string';
  return literal ? `${kind} ${quoteShortened(text)}` : quoteShortened(text);
}

/** Texts of more than 10 bytes are cut after 10 characters. */
function quoteShortened(bytes: string): string {
  if (bytes.length <= 10) return goQuote(textOfBytes(bytes));
  const start = Array.from(textOfBytes(bytes.slice(0, 40))).slice(0, 10);
  return `${goQuote(start.join(''))}...`;
}
