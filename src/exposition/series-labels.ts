import { BACKSLASH, BRACE_OPEN, COMMA, EQUAL, QUOTE, SPACE, TAB } from '../kernels/ascii.ts';
import { isUtf8 } from '../kernels/utf8-check.ts';
import { METRIC_NAME } from '../model/labels.ts';
import { formatOpenMetricsFloat, parseExpositionFloat } from './parse-float.ts';
import { quoteBytes } from './quote-bytes.ts';
import type { MetricType } from './rows.ts';

/** A series whose names can not be stored. The message is the reference's. */
export class SeriesNameError extends Error {
  override readonly name = 'SeriesNameError';
}

/**
 * The labels of a series that the scan has read: name, value, name, value, ... as written, the metric's name first.
 * Empty values and repeated names are still there.
 *
 * @param bytes holds `name{labels}` from `start` to `end`
 * @param type of the last TYPE line before the series; `le` of histograms and `quantile` of summaries are written the
 *   way OpenMetrics does, so that `1` and `1.0` are the same series
 * @throws SeriesNameError for a quoted name that is not UTF-8
 */
export function labelPairsFromSeries(bytes: Uint8Array, start: number, end: number, type: MetricType): string[] {
  const text = new SeriesText(bytes, start, end);
  const pairs: string[] = [METRIC_NAME, ''];
  let at = start;
  while (isBlank(bytes[at]!)) at++;
  if (bytes[at] !== BRACE_OPEN) {
    while (at < end && bytes[at] !== BRACE_OPEN && !isBlank(bytes[at]!)) at++;
    // Blanks before the name belong to it: the reference stores them.
    pairs[1] = text.slice(start, at);
    while (at < end && isBlank(bytes[at]!)) at++;
  }
  if (at >= end) return pairs;

  at++;
  while (at < end - 1) {
    const c = bytes[at]!;
    // NUL bytes right behind a value are skipped by the lexer.
    if (isBlank(c) || c === COMMA || c === 0) {
      at++;
      continue;
    }
    const nameStart = at;
    at = c === QUOTE ? closingQuote(bytes, at) + 1 : endOfName(bytes, at);
    const name = c === QUOTE ? quotedName(text, nameStart + 1, at - 1) : text.slice(nameStart, at);
    while (isBlank(bytes[at]!)) at++;
    if (bytes[at] !== EQUAL) {
      pairs[1] = name;
      continue;
    }
    while (bytes[at] !== QUOTE) at++;
    const close = closingQuote(bytes, at);
    const value = unescapeText(text.slice(at + 1, close));
    pairs.push(name, isBoundLabel(name, type) ? normalBound(value) : value);
    at = close + 1;
  }
  return pairs;
}

/** Strings out of a series' bytes. ASCII, which nearly all are, is decoded once and then only sliced. */
class SeriesText {
  readonly bytes: Buffer;
  readonly #start: number;
  readonly #ascii: string | null;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = start;
    const text = this.bytes.toString('latin1', start, end);
    this.#ascii = /[^\x00-\x7f]/.test(text) ? null : text;
  }

  slice(from: number, to: number): string {
    return this.#ascii === null
      ? this.bytes.toString('utf8', from, to)
      : this.#ascii.slice(from - this.#start, to - this.#start);
  }
}

function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}

function endOfName(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] !== EQUAL && !isBlank(bytes[at]!)) at++;
  return at;
}

function closingQuote(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (bytes[at] !== QUOTE) {
    if (bytes[at] === BACKSLASH) {
      at++;
      // NUL bytes do not count in values, so the character that the backslash escapes is the next other one.
      while (bytes[at] === 0) at++;
    }
    at++;
  }
  return at;
}

function quotedName(text: SeriesText, start: number, end: number): string {
  if (!isUtf8(text.bytes, start, end)) {
    throw new SeriesNameError(`invalid metric name or label names: ${quoteBytes(text.bytes, start, end)}`);
  }
  return unescapeText(text.slice(start, end));
}

/** `\n`, `\"` and `\\`; a backslash before anything else stays. */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

/** A label whose value is a number, of which there is one way to write it. */
export function isBoundLabel(name: string, type: MetricType): boolean {
  return (type === 'histogram' && name === 'le') || (type === 'summary' && name === 'quantile');
}

/** The bound as OpenMetrics writes it; what is no number stays as it is. */
export function normalBound(value: string): string {
  try {
    return formatOpenMetricsFloat(parseExpositionFloat(value));
  } catch {
    return value;
  }
}
