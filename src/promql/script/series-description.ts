import type { FloatHistogram } from '../../model/histogram.ts';
import { type Labels, labelsFromPairs, METRIC_NAME } from '../../model/labels.ts';
import { byteText, textOfBytes } from '../syntax/byte-text.ts';
import { Lexer } from '../syntax/lexer.ts';
import { parseNumber, stringValue } from '../syntax/literals.ts';
import { combineHistograms, parseHistogramDescription } from './histogram-description.ts';

/** One place of a series: nothing, a float, a stale marker or a histogram. */
export type SequenceItem =
  | { readonly kind: 'omitted' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'histogram'; readonly histogram: FloatHistogram; readonly hintSet: boolean };

export interface SeriesDescription {
  readonly labels: Labels;
  readonly items: readonly SequenceItem[];
}

/** Sequences longer than this are refused: a slip in a script must not fill the memory. */
const ITEMS_MAX = 1_000_000;

const OMITTED: SequenceItem = { kind: 'omitted' };

/** Parses `metric{label="value"} 1 2+3x4 _ stale {{count:1}}`. Throws `SyntaxError`. */
export function parseSeriesDescription(line: string): SeriesDescription {
  const bytes = byteText(line);
  const { labels, end } = parseMetric(bytes);
  return { labels, items: parseItems(textOfBytes(bytes.slice(end))) };
}

/** The labels at the start of `bytes`, and where they end. The name, if any, stands right before the brace. */
export function parseMetric(bytes: string): { readonly labels: Labels; readonly end: number } {
  const lexer = new Lexer(bytes);
  const pairs: string[] = [];
  let token = lexer.next();
  if (token.kind !== '{') {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(token.text)) throw new SyntaxError(`bad metric name: ${token.text}`);
    pairs.push(METRIC_NAME, token.text);
    if (bytes[token.end] !== '{') return { labels: labelsFromPairs(pairs), end: token.end };
    token = lexer.next();
  }
  for (token = lexer.next(); token.kind !== '}'; ) {
    if (token.kind !== 'identifier' && token.kind !== 'string') throw new SyntaxError(`bad label: ${token.text}`);
    const name = token.kind === 'string' ? stringValue(token) : token.text;
    const quoted = token.kind === 'string';
    token = lexer.next();
    if (token.kind === '=') {
      pairs.push(name, stringValue(lexer.next()));
      token = lexer.next();
    } else if (quoted) {
      pairs.push(METRIC_NAME, name);
    } else {
      throw new SyntaxError(`label without a value: ${name}`);
    }
    if (token.kind === ',') token = lexer.next();
    else if (token.kind !== '}') throw new SyntaxError(`unexpected ${token.text} between labels`);
  }
  return { labels: labelsFromPairs(pairs), end: token.end };
}

const HISTOGRAM = String.raw`\{\{([^}]*)\}\}`;
const DIGITS = String.raw`(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?`;
/** Words run on: `infx3` is one, and no number. */
const WORD = '(?:[iI][nN][fF]|[nN][aA][nN])(?!x)';
const NUMBER = `(?:${DIGITS}|${WORD})`;
const ITEM = new RegExp(
  String.raw`\s*(?:(_)(?:x(\d+))?|(stale)|([+-]?${NUMBER})(?:([+-]${NUMBER})?x(\d+))?|${HISTOGRAM}(?:(?:([+-])${HISTOGRAM})?x(\d+))?)(?=\s|$)`,
  'y',
);

function parseItems(text: string): SequenceItem[] {
  const items: SequenceItem[] = [];
  ITEM.lastIndex = 0;
  for (let at = 0; at < text.trimEnd().length; at = ITEM.lastIndex) {
    ITEM.lastIndex = at;
    const match = ITEM.exec(text);
    if (match === null) throw new SyntaxError(`bad series values: ${text.slice(at).trim()}`);
    const [, gap, gaps, stale, first, step, repeat, histogram, sign, increment, histogramRepeat] = match;
    const count = Number(gaps ?? repeat ?? histogramRepeat ?? 0);
    if (items.length + count > ITEMS_MAX) throw new SyntaxError(`more than ${ITEMS_MAX} values`);
    if (gap !== undefined) for (let i = 0; i < (gaps === undefined ? 1 : count); i++) items.push(OMITTED);
    else if (stale !== undefined) items.push({ kind: 'stale' });
    else if (first !== undefined) addFloats(items, toNumber(first), step === undefined ? 0 : toNumber(step), count);
    else addHistograms(items, histogram!, sign, increment, count);
  }
  return items;
}

function addFloats(items: SequenceItem[], first: number, step: number, count: number): void {
  let value = first;
  for (let i = 0; i <= count; i++) {
    items.push({ kind: 'float', value });
    value = step === 0 ? value : value + step;
  }
}

function addHistograms(
  items: SequenceItem[],
  body: string,
  sign: string | undefined,
  incrementBody: string | undefined,
  count: number,
): void {
  const first = parseHistogramDescription(body);
  const increment = incrementBody === undefined ? null : parseHistogramDescription(incrementBody);
  // In a growing sequence the hint of the increment, which was read last, tells whether hints are compared.
  const { hintSet } = increment ?? first;
  let { histogram } = first;
  items.push({ kind: 'histogram', histogram, hintSet });
  for (let i = 0; i < count; i++) {
    if (increment !== null) histogram = combineHistograms(histogram, increment.histogram, sign === '-' ? -1 : 1);
    items.push({ kind: 'histogram', histogram, hintSet });
  }
}

function toNumber(text: string): number {
  const negative = text.startsWith('-');
  const value = parseNumber(negative || text.startsWith('+') ? text.slice(1) : text);
  if (value === null) throw new SyntaxError(`not a number: ${text}`);
  return negative ? -value : value;
}
