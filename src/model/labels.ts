import { BRACE_CLOSE, BRACE_OPEN, COLON, COMMA, ENCODED_LENGTH_MIN, isPlain, QUOTE } from '../kernels/ascii.ts';
import { compareUtf8 } from './utf8.ts';

/** Name of the label that holds a series' metric name. */
export const METRIC_NAME = '__name__';

/** Labels that describe the metric itself; they go away with its name. */
export const METRIC_TYPE = '__type__';
export const METRIC_UNIT = '__unit__';

function isMetricLabel(name: string): boolean {
  return name === METRIC_NAME || name === METRIC_TYPE || name === METRIC_UNIT;
}

/** ASCII text in eight bytes to a word, which is how it is copied; what follows it in the last word means nothing. */
export interface LabelsJson {
  readonly words: Float64Array;
  /** The first word. */
  readonly start: number;
  /** Bytes. */
  readonly size: number;
}

/**
 * Words of a piece of memory that texts which are made one after the other share: they are also read one after the other. Large, as V8
 * may mark its heap for 5 ms at each buffer that is made (docs/decisions/0051).
 */
const SHARED_WORDS = 8192;
let sharedWords = new Float64Array(0);
let sharedBytes = new Uint8Array(0);
let sharedUsed = 0;

/** Longer texts are not kept: whoever writes them finds them label by label. */
const JSON_SIZE_MAX = 16 * 1024;

function plainJsonOf(pairs: readonly string[]): LabelsJson | null {
  let size = 1 + Math.max(1, 3 * pairs.length);
  for (let i = 0; i < pairs.length; i++) size += pairs[i]!.length;
  if (size > JSON_SIZE_MAX) return null;
  for (let i = 0; i < pairs.length; i++) if (!isPlainText(pairs[i]!)) return null;
  const wordCount = Math.ceil(size / 8);
  if (sharedUsed + wordCount > sharedWords.length) {
    sharedWords = new Float64Array(Math.max(wordCount, SHARED_WORDS));
    sharedBytes = new Uint8Array(sharedWords.buffer);
    sharedUsed = 0;
  }
  const start = sharedUsed;
  sharedUsed += wordCount;
  let at = 8 * start;
  sharedBytes[at++] = BRACE_OPEN;
  for (let i = 0; i < pairs.length; i++) {
    const text = pairs[i]!;
    if (i > 0) sharedBytes[at++] = i % 2 === 0 ? COMMA : COLON;
    sharedBytes[at++] = QUOTE;
    if (text.length >= ENCODED_LENGTH_MIN) at += encoder.encodeInto(text, sharedBytes.subarray(at)).written;
    else for (let k = 0; k < text.length; k++) sharedBytes[at++] = text.charCodeAt(k);
    sharedBytes[at++] = QUOTE;
  }
  sharedBytes[at] = BRACE_CLOSE;
  return { words: sharedWords, start, size };
}

const NOT_PLAIN = /["\\]|[^ -~]/;

const encoder = new TextEncoder();

/** Printable ASCII without quotes and backslashes. */
function isPlainText(text: string): boolean {
  if (text.length >= ENCODED_LENGTH_MIN) return !NOT_PLAIN.test(text);
  for (let i = 0; i < text.length; i++) if (!isPlain(text.charCodeAt(i))) return false;
  return true;
}

/**
 * Joins names and values in `Labels.key`. A lone surrogate can not come out of valid UTF-8, so no label contains it and
 * two different label sets never share a key.
 */
const KEY_SEPARATOR = '\ud800';

/**
 * An immutable label set.
 *
 * Invariants:
 * - `pairs` is name, value, name, value, ...; names rise strictly in UTF-8 byte order.
 * - No value is empty: in the data model an empty value and an absent label are the same.
 */
export class Labels {
  static readonly EMPTY = new Labels([]);

  readonly pairs: readonly string[];
  #key: string | null = null;
  #withoutMetric: Labels | null = null;
  #json: LabelsJson | null | undefined = undefined;

  /**
   * Takes pairs that already meet the invariants; use `labelsFromPairs` or `labelsFromObject` for any others. A list that grew
   * has room for some more entries, which a copy of it has not.
   */
  constructor(pairs: readonly string[]) {
    this.pairs = pairs;
  }

  /** Number of labels. */
  get size(): number {
    return this.pairs.length >>> 1;
  }

  /** The value of `name`, or the empty string where the label is absent. */
  get(name: string): string {
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1]!;
    return '';
  }

  has(name: string): boolean {
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return true;
    return false;
  }

  /** A string that is equal for equal label sets and different for different ones. Made once, then kept. */
  get key(): string {
    this.#key ??= this.pairs.join(KEY_SEPARATOR);
    return this.#key;
  }

  equals(other: Labels): boolean {
    const a = this.pairs;
    const b = other.pairs;
    if (a === b) return true;
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    return true;
  }

  /** This set without one label; the same object where the label is absent. */
  without(name: string): Labels {
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] === name) return new Labels([...pairs.slice(0, i), ...pairs.slice(i + 2)]);
    }
    return this;
  }

  /** This set without metric name, type and unit; the same object where it has none of them. Made once, then kept. */
  get withoutMetric(): Labels {
    if (this.#withoutMetric === null) {
      const rest = this.pairs.filter((_, i, pairs) => !isMetricLabel(pairs[i & ~1]!));
      this.#withoutMetric = rest.length === this.pairs.length ? this : new Labels(rest.slice());
    }
    return this.#withoutMetric;
  }

  /**
   * The set as a JSON object in label order where no name or value needs an escape or is not ASCII, and all are 16 KiB at most;
   * otherwise null. Made once, then kept.
   */
  get plainJson(): LabelsJson | null {
    if (this.#json === undefined) this.#json = plainJsonOf(this.pairs);
    return this.#json;
  }

  /** This set with `name` set to `value`, or without it where `value` is empty. */
  with(name: string, value: string): Labels {
    const kept: string[] = [];
    let placed = value === '';
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) {
      const at = pairs[i]!;
      if (at === name) continue;
      if (!placed && compareUtf8(at, name) > 0) {
        kept.push(name, value);
        placed = true;
      }
      kept.push(at, pairs[i + 1]!);
    }
    if (!placed) kept.push(name, value);
    return new Labels(kept.slice());
  }

  toObject(): Record<string, string> {
    const object: Record<string, string> = Object.create(null);
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) object[pairs[i]!] = pairs[i + 1]!;
    return object;
  }

  /** Prometheus' text form: `{a="b", "utf-8 name"="c"}` with every label in the braces, the metric name too. */
  toString(): string {
    let text = '{';
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) {
      if (i > 0) text += ', ';
      text += `${quoteLabelName(pairs[i]!)}=${goQuote(pairs[i + 1]!)}`;
    }
    return `${text}}`;
  }
}

/** Orders label sets as Prometheus does: label by label, names before values, a prefix before what it begins. */
export function compareLabels(a: Labels, b: Labels): number {
  const x = a.pairs;
  const y = b.pairs;
  const shared = Math.min(x.length, y.length);
  for (let i = 0; i < shared; i++) {
    if (x[i] === y[i]) continue;
    return compareUtf8(x[i]!, y[i]!);
  }
  return x.length - y.length;
}

/** Builds a label set from name, value, name, value, ... in any order; empty values vanish, the last of a name wins. */
export function labelsFromPairs(pairs: readonly string[]): Labels {
  let ordered = true;
  for (let i = 0; i < pairs.length && ordered; i += 2) {
    ordered = pairs[i + 1] !== '' && (i === 0 || compareUtf8(pairs[i - 2]!, pairs[i]!) < 0);
  }
  if (ordered) return new Labels(pairs);
  const byName = new Map<string, string>();
  for (let i = 0; i < pairs.length; i += 2) byName.set(pairs[i]!, pairs[i + 1]!);
  const names = [...byName.keys()].filter((name) => byName.get(name) !== '').sort(compareUtf8);
  return new Labels(names.flatMap((name) => [name, byName.get(name)!]));
}

/** Labels of names and values in any order; empty values are left out. */
export function labelsFromObject(object: Readonly<Record<string, string>>): Labels {
  return labelsFromPairs(Object.entries(object).flat());
}

const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** True for label names that need no quotes in PromQL and in the classic text format. */
export function isLegacyLabelName(name: string): boolean {
  return LEGACY_LABEL_NAME.test(name);
}

/** True for metric names that need no quotes in PromQL and in the classic text format. */
export function isLegacyMetricName(name: string): boolean {
  return LEGACY_METRIC_NAME.test(name);
}

function quoteLabelName(name: string): string {
  return isLegacyLabelName(name) ? name : goQuote(name);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * Quotes as Go's `strconv.Quote` does: printable characters stay, the others become escapes. Lone surrogates
 * U+DC80..U+DCFF stand for bytes that are no UTF-8 and are printed as such.
 */
export function goQuote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) {
    const short = SHORT_ESCAPES[character];
    const code = character.codePointAt(0)!;
    if (short !== undefined) quoted += short;
    else if (code === 0x20 || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) quoted += character;
    else if (code < 0x80) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= 0xdc80 && code <= 0xdcff) quoted += `\\x${(code - 0xdc00).toString(16)}`;
    else if (code < 0x10000) quoted += `\\u${code.toString(16).padStart(4, '0')}`;
    else quoted += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `${quoted}"`;
}
