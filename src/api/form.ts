import { AMPERSAND } from '../kernels/ascii.ts';
/**
 * Query strings and form bodies as Go's `net/url` reads them: pairs are split at `&` only, a pair with a `;` or a bad
 * escape is left out and remembered as the first error, `+` is a space, and bytes that are no UTF-8 become U+FFFD.
 */
export class Form {
  readonly #values = new Map<string, string[]>();
  /** The last name, and as it was written: there may be thousands of `match[]` in a row. */
  #name = '';
  #rawName = '';

  /** The first value of `name`, or the empty string. */
  get(name: string): string {
    return this.#values.get(name)?.[0] ?? '';
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** A form with these pairs, then those of `other`; this one where that has none. */
  followedBy(other: Form): Form {
    if (other.#values.size === 0) return this;
    const both = new Form();
    for (const form of [this, other]) {
      for (const [name, values] of form.#values) for (const value of values) both.append(name, value);
    }
    return both;
  }

  append(name: string, value: string): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  /** Adds the pairs of `text`; returns what was wrong with the first bad one, or null. */
  parse(text: string): string | null {
    let problem: string | null = null;
    let count = 0;
    let next = 0;
    for (let at = 0; at < text.length; at = next + 1) {
      if (text.charCodeAt(at) === AMPERSAND) {
        // There may be megabytes of them.
        OTHER.lastIndex = at;
        at = OTHER.exec(text)?.index ?? text.length;
        if (at === text.length) break;
      }
      next = text.indexOf('&', at);
      if (next < 0) next = text.length;
      if (++count > PAIRS_MAX) return problem ?? 'number of URL query parameters exceeded limit';
      const found = this.#addPair(text.slice(at, next));
      problem ??= found;
    }
    return problem;
  }

  #addPair(pair: string): string | null {
    if (pair.includes(';')) return 'invalid semicolon separator in query';
    const equals = pair.indexOf('=');
    const rawName = equals < 0 ? pair : pair.slice(0, equals);
    const name = rawName === this.#rawName ? this.#name : unescapeComponent(rawName);
    if (typeof name !== 'string') return name.problem;
    this.#rawName = rawName;
    this.#name = name;
    const value = unescapeComponent(equals < 0 ? '' : pair.slice(equals + 1));
    if (typeof value !== 'string') return value.problem;
    this.append(name, value);
    return null;
  }
}

const OTHER = /[^&]/g;
/** Pairs read from one text; Go's limit. What follows is not read. */
const PAIRS_MAX = 10_000;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes `%xx` and `+`; the problem text is Go's. */
function unescapeComponent(text: string): string | { readonly problem: string } {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!text.includes('%')) return spaced;
  const ascii = asciiFromPercent(spaced);
  if (ascii !== null) return ascii;
  const bytes = bytesFromPercent(spaced);
  return bytes instanceof Uint8Array ? decoder.decode(bytes) : bytes;
}

/** Longer texts may have millions of escapes, and are decoded in bytes. */
const SHORT_LENGTH_MAX = 1024;
const NOT_ASCII = /[^\0-\x7f]/;

/** What nearly every text is, without buffers: null where that is long, not ASCII, or has a bad escape. */
function asciiFromPercent(text: string): string | null {
  if (text.length > SHORT_LENGTH_MAX || NOT_ASCII.test(text)) return null;
  let decoded = '';
  let from = 0;
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', from)) {
    const high = hexDigit(text.charCodeAt(at + 1));
    const low = hexDigit(text.charCodeAt(at + 2));
    if (high < 0 || low < 0 || high > 7) return null;
    decoded += text.slice(from, at) + String.fromCharCode(high * 16 + low);
    from = at + 3;
  }
  return decoded + text.slice(from);
}

/** The bytes behind a text with `%xx` escapes. */
export function bytesFromPercent(text: string): Uint8Array | { readonly problem: string } {
  const bytes = Buffer.from(text, 'utf8');
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i]!;
    if (byte === 0x25) {
      const high = hexDigit(bytes[i + 1]);
      const low = hexDigit(bytes[i + 2]);
      if (high < 0 || low < 0) {
        return { problem: `invalid URL escape ${JSON.stringify(bytes.subarray(i, i + 3).toString('latin1'))}` };
      }
      byte = high * 16 + low;
      i += 2;
    }
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
