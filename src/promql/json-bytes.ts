import { NUMBER_BYTES_MAX, writeSampleNumber } from '../kernels/format-number.ts';
import type { FloatHistogram } from '../model/histogram.ts';
import { type Bucket, histogramBuckets } from '../model/histogram-buckets.ts';

const encoder = new TextEncoder();
const INITIAL_BYTES = 4096;

/** A growing buffer of JSON text. Strings are escaped as the reference's encoders do. */
export class JsonBytes {
  /** Bytes written. Who writes into the array of `reserve` moves it on. */
  length = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_BYTES);

  /** The buffer, with room for `more` bytes behind `length`. */
  reserve(more: number): Uint8Array {
    if (this.length + more > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.length + more, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.length));
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  /** ASCII without anything to escape. */
  ascii(text: string): void {
    const bytes = this.reserve(text.length);
    let at = this.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** A string as series labels are written: `<`, `>` and `&` stay as they are. */
  string(text: string): void {
    if (PLAIN.test(text)) {
      const bytes = this.reserve(text.length + 2);
      let at = this.length;
      bytes[at++] = QUOTE;
      for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
      bytes[at++] = QUOTE;
      this.length = at;
      return;
    }
    this.#encode(`"${text.replace(MUST_ESCAPE, escapeCharacter)}"`);
  }

  /** A string as all others are written: what HTML could take for markup is escaped too. */
  htmlString(text: string): void {
    this.#encode(`"${text.replace(MUST_ESCAPE_HTML, escapeCharacter)}"`);
  }

  /** The string that is a query's answer, which another encoder of the reference writes. */
  resultString(text: string): void {
    this.#encode(JSON.stringify(text.toWellFormed()).replace(MARKUP, escapeCharacter));
  }

  /** `"<number>"` */
  number(value: number): void {
    this.ascii('"');
    this.length = writeSampleNumber(this.reserve(NUMBER_BYTES_MAX), this.length, value);
    this.ascii('"');
  }

  /** `{"count":"..","sum":"..","buckets":[[<boundaries>,"<lower>","<upper>","<count>"],..]}` without empty buckets. */
  histogram(histogram: FloatHistogram): void {
    this.ascii('{"count":');
    this.number(histogram.count);
    this.ascii(',"sum":');
    this.number(histogram.sum);
    let isFirst = true;
    for (const bucket of histogramBuckets(histogram)) {
      if (bucket.count === 0) continue;
      this.ascii(isFirst ? ',"buckets":[[' : ',[');
      isFirst = false;
      this.ascii(boundariesOf(bucket));
      this.ascii(',');
      this.number(bucket.lower);
      this.ascii(',');
      this.number(bucket.upper);
      this.ascii(',');
      this.number(bucket.count);
      this.ascii(']');
    }
    this.ascii(isFirst ? '}' : ']}');
  }

  /** Replaces everything from `start` on by a list of `parts`, pieces of it in a new order. */
  arrange(start: number, parts: readonly { readonly start: number; readonly end: number }[]): void {
    let inOrder = this.length === (parts.at(-1)?.end ?? start);
    for (let i = 1; i < parts.length && inOrder; i++) inOrder = parts[i - 1]!.end + 1 === parts[i]!.start;
    if (parts.length > 0 && inOrder && parts[0]!.start === start + 1) {
      this.#bytes[start] = OPEN;
      this.ascii(']');
      return;
    }
    const size = parts.reduce((sum, part) => sum + 1 + part.end - part.start, 2);
    const arranged = new Uint8Array(start + size + 1024);
    arranged.set(this.#bytes.subarray(0, start));
    let at = start;
    arranged[at++] = OPEN;
    parts.forEach((part, i) => {
      if (i > 0) arranged[at++] = COMMA;
      arranged.set(this.#bytes.subarray(part.start, part.end), at);
      at += part.end - part.start;
    });
    arranged[at++] = CLOSE;
    this.#bytes = arranged;
    this.length = at;
  }

  /** What was written, in a buffer that fits it; the object is used up. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.subarray(0, this.length);
    return this.length < this.#bytes.length / 2 ? bytes.slice() : bytes;
  }

  #encode(text: string): void {
    const bytes = this.reserve(3 * text.length);
    this.length += encoder.encodeInto(text, bytes.subarray(this.length)).written;
  }
}

/** Which bounds belong to a bucket: 0 the upper one, 1 the lower one, 2 none, 3 both. */
function boundariesOf({ lowerInclusive, upperInclusive }: Bucket): string {
  if (lowerInclusive) return upperInclusive ? '3' : '1';
  return upperInclusive ? '0' : '2';
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

const PLAIN = /^[ !#-[\]-~]*$/;
const MUST_ESCAPE = /["\\\0-\x1f]/g;
const MUST_ESCAPE_HTML = /["\\\0-\x1f<>&\u2028\u2029]/g;

const MARKUP = /[<>&\u2028\u2029]/g;

function escapeCharacter(character: string): string {
  switch (character) {
    case '"':
      return '\\"';
    case '\\':
      return '\\\\';
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}
