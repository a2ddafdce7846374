import { isPlain } from '../kernels/ascii.ts';
import type { Labels } from '../model/labels.ts';

/** A piece of JSON that is already text. */
class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const HTML_SENSITIVE = /[<>&\u2028\u2029]/g;

/** JSON as the reference's encoder writes it: `<`, `>`, `&` and the two line separators become escapes. */
export function jsonText(value: unknown): string {
  return htmlEscaped(withLongEscapes(JSON.stringify(value)));
}

/** JSON text whose backspaces and form feeds are escaped by their numbers, as the reference's encoder does. */
function withLongEscapes(json: string): string {
  if (!json.includes('\\b') && !json.includes('\\f')) return json;
  return json.replace(ESCAPE, (pair) => LONG_ESCAPES[pair] ?? pair);
}

const ESCAPE = /\\./g;
const LONG_ESCAPES: Readonly<Record<string, string>> = { '\\b': '\\u0008', '\\f': '\\u000c' };

/** JSON text with the escapes of Go's encoder. */
export function htmlEscaped(json: string): string {
  return json.replace(HTML_SENSITIVE, escapeUnit);
}

/** A label set as an object in label order. Names and values are written without HTML escapes, as the reference does. */
export function labelsJson(labels: Labels): string {
  const { pairs } = labels;
  let text = '{';
  for (let i = 0; i < pairs.length; i += 2) {
    if (i > 0) text += ',';
    text += `${quoted(pairs[i]!)}:${quoted(pairs[i + 1]!)}`;
  }
  return `${text}}`;
}

/** Most names and values hold nothing to escape; finding that out costs a fraction of `JSON.stringify`. */
function quoted(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (!isPlain(text.charCodeAt(i))) return withLongEscapes(JSON.stringify(text));
  }
  return `"${text}"`;
}

/** An object whose values are JSON texts. */
export function objectJson(fields: Readonly<Record<string, string>>): RawJson {
  const parts = Object.entries(fields).map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  return new RawJson(`{${parts.join(',')}}`);
}

/** A JSON array of what is JSON already. */
export function arrayJson(texts: Iterable<string>): string {
  return `[${[...texts].join(',')}]`;
}

/** A moment as Go prints it in JSON: RFC 3339 with the fraction's trailing zeros cut; null is Go's zero time. */
export function timeJson(ms: number | null): string {
  return `"${timeText(ms)}"`;
}

/** As `timeJson`, without quotes. */
export function timeText(ms: number | null): string {
  if (ms === null) return '0001-01-01T00:00:00Z';
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}

/** Go's float in JSON: shortest form, an exponent with two digits below 1e-6 and from 1e21. */
export function floatJson(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
