import { BRACKET_CLOSE, BRACKET_OPEN, ENCODED_LENGTH_MIN, isPlain, QUOTE } from '../kernels/ascii.ts';
import type { Spend } from '../kernels/blocks.ts';
import { NUMBER_BYTES_MAX, writeSampleNumber } from '../kernels/format-number.ts';
import type { FloatHistogram } from '../model/histogram.ts';
import { type Bucket, histogramBuckets } from '../model/histogram-buckets.ts';
import type { Labels } from '../model/labels.ts';
import { BLOCK_BYTES, type JsonBlock, type JsonBlocks } from './json-blocks.ts';

const encoder = new TextEncoder();

/** A piece of what was written: from position `start` to position `end`. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/**
 * JSON text, written block by block; no byte moves before the end. Strings are escaped as the reference's encoders do.
 *
 * Invariants: `at` bytes of `bytes`, the block at work, are written; the blocks before it are full up to the positions
 * in `#ends`.
 */
export class JsonBytes {
  /** Bytes written to the block at work. Who writes into `bytes` or `view` after `reserve` moves it on. */
  at = 0;
  /** The block at work. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The same bytes. */
  view: DataView;
  readonly #pool: JsonBlocks;
  /** null once its bytes are in the answer. */
  readonly #blocks: (JsonBlock | null)[];
  /** Bytes of each block that are in the answer. */
  #copied: Float64Array = new Float64Array(0);
  readonly #ends: number[] = [];
  /** Position of the first byte of the block at work. */
  #before = 0;
  #list: { readonly start: number; readonly parts: readonly Piece[]; readonly end: number } | null = null;

  constructor(pool: JsonBlocks) {
    const block = pool.take();
    this.#pool = pool;
    this.#blocks = [block];
    this.bytes = block.bytes;
    this.view = block.view;
  }

  /** Where the next byte goes, counted from the first one written. */
  get position(): number {
    return this.#before + this.at;
  }

  /** Makes room for `more` bytes, at most `BLOCK_BYTES`, in the block at work, which may be another one afterwards. */
  reserve(more: number): void {
    if (this.at + more <= BLOCK_BYTES) return;
    const block = this.#pool.take();
    this.#before += this.at;
    this.#ends.push(this.#before);
    this.#blocks.push(block);
    this.bytes = block.bytes;
    this.view = block.view;
    this.at = 0;
  }

  /** ASCII without anything to escape. */
  ascii(text: string): void {
    if (text.length >= ENCODED_LENGTH_MIN) {
      this.#encode(text);
      return;
    }
    this.reserve(text.length);
    const { bytes } = this;
    let { at } = this;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.at = at;
  }

  /** `size` bytes, of which a block has room, from `words[start ...]` on: no bits of a NaN, which a double might not keep. */
  words(words: Float64Array, start: number, size: number): void {
    this.reserve(size + WORD_BYTES);
    const { at, view } = this;
    for (let i = 0; i < size; i += WORD_BYTES) view.setFloat64(at + i, words[start + (i >>> 3)]!, true);
    this.at = at + size;
  }

  /** A string as series labels are written: `<`, `>` and `&` stay as they are. */
  string(text: string): void {
    if (text.length < ENCODED_LENGTH_MIN && this.#plainString(text)) return;
    this.ascii('"');
    this.#encode(escapedString(text));
    this.ascii('"');
  }

  /** A label set as an object in label order. Returns how many bytes it is, which most sets keep for the next time. */
  labels(labels: Labels): number {
    const text = labels.plainJson;
    if (text !== null) {
      this.words(text.words, text.start, text.size);
      return text.size;
    }
    const { pairs } = labels;
    const start = this.position;
    for (let i = 0; i < pairs.length; i += 2) {
      this.ascii(i === 0 ? '{' : ',');
      this.string(pairs[i]!);
      this.ascii(':');
      this.string(pairs[i + 1]!);
    }
    this.ascii(pairs.length === 0 ? '{}' : '}');
    return this.position - start;
  }

  /** A string as all others are written: what HTML could take for markup is escaped too. */
  htmlString(text: string): void {
    if (text.length >= ENCODED_LENGTH_MIN || MARKUP_ONCE.test(text) || !this.#plainString(text)) {
      this.#encode(`"${text.replace(MUST_ESCAPE_HTML, escapeCharacter)}"`);
    }
  }

  /** The string that is a query's answer, which another encoder of the reference writes. */
  resultString(text: string): void {
    this.#encode(JSON.stringify(text.toWellFormed()).replace(MARKUP, escapeCharacter));
  }

  /** `"<number>"` */
  number(value: number): void {
    this.reserve(NUMBER_BYTES_MAX + 2);
    const { bytes, view } = this;
    bytes[this.at] = QUOTE;
    const end = writeSampleNumber(bytes, view, this.at + 1, value);
    bytes[end] = QUOTE;
    this.at = end + 1;
  }

  /** `{"count":"..","sum":"..","buckets":[[<boundaries>,"<lower>","<upper>","<count>"],..]}` without empty buckets. */
  histogram(histogram: FloatHistogram, spend: Spend): void {
    this.ascii('{"count":');
    this.number(histogram.count);
    this.ascii(',"sum":');
    this.number(histogram.sum);
    let isFirst = true;
    let untold = 0;
    for (const bucket of histogramBuckets(histogram)) {
      if (bucket.count === 0) continue;
      if (++untold === BUCKETS_TOLD) {
        spend(untold * WRITTEN_BUCKET_WORK);
        untold = 0;
      }
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

  /**
   * Makes a list of `parts`, in their order, of all that was written from position `start` on. Each begins with the comma that
   * stands before it. At most once.
   */
  arrange(start: number, parts: readonly Piece[]): void {
    this.#list = { start, parts, end: this.position };
  }

  /** All that was written, in memory that is taken for it; the object is used up. `look` is called now and then. */
  take(look: () => void): Uint8Array {
    const { position } = this;
    this.#ends.push(position);
    const list = this.#list ?? { start: 0, parts: [], end: 0 };
    const { start, parts, end } = list;
    let size = position;
    if (this.#list !== null) {
      size = start + (parts.length === 0 ? 2 : 1) + (position - end);
      for (const part of parts) size += part.end - part.start;
    }
    const whole = this.#pool.answers.take(size);
    this.#copied = new Float64Array(this.#blocks.length);
    let at = this.#copy(0, start, whole, 0, look);
    if (this.#list !== null) {
      const list = at;
      for (let i = 0; i < parts.length; i++) {
        if (i % PARTS_PER_LOOK === 0) look();
        at = this.#copy(parts[i]!.start, parts[i]!.end, whole, at, look);
      }
      if (parts.length === 0) at++;
      whole[list] = BRACKET_OPEN;
      whole[at++] = BRACKET_CLOSE;
    }
    this.#copy(end, position, whole, at, look);
    this.drop();
    return whole;
  }

  /** Gives the memory back of what was written; the object is used up. */
  drop(): void {
    for (const block of this.#blocks) if (block !== null) this.#pool.giveBack(block);
    this.#blocks.length = 0;
  }

  /**
   * Copies the bytes between two positions, each of them once; returns where they end in `target`. Blocks go when all of them
   * is copied: an answer of hundreds of megabytes must not be there twice.
   */
  #copy(start: number, end: number, target: Uint8Array, at: number, look: () => void): number {
    const ends = this.#ends;
    const { answers } = this.#pool;
    let low = 0;
    for (let high = ends.length - 1; low < high; ) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! <= start) low = middle + 1;
      else high = middle;
    }
    let from = start;
    let to = at;
    for (let block = low; from < end; block++) {
      const blockStart = block === 0 ? 0 : ends[block - 1]!;
      const stop = Math.min(end, ends[block]!);
      const source = this.#blocks[block]!;
      answers.copy(source.bytes, from - blockStart, stop - blockStart, target, to);
      this.#copied[block]! += stop - from;
      if (this.#copied[block] === ends[block]! - blockStart) {
        this.#blocks[block] = null;
        this.#pool.giveBack(source);
      }
      if (from > start) look();
      to += stop - from;
      from = stop;
    }
    return to;
  }

  /** Writes a short string that needs no escapes; false where it does need some. */
  #plainString(text: string): boolean {
    this.reserve(text.length + 2);
    const { bytes } = this;
    let { at } = this;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (!isPlain(unit)) return false;
      bytes[at++] = unit;
    }
    bytes[at++] = QUOTE;
    this.at = at;
    return true;
  }

  #encode(text: string): void {
    let rest = text;
    do {
      this.reserve(Math.min(3 * rest.length, BLOCK_BYTES / 2));
      const { read, written } = encoder.encodeInto(rest, this.bytes.subarray(this.at));
      this.at += written;
      rest = rest.slice(read);
    } while (rest !== '');
  }
}

/** Which bounds belong to a bucket: 0 the upper one, 1 the lower one, 2 none, 3 both. */
function boundariesOf({ lowerInclusive, upperInclusive }: Bucket): string {
  if (lowerInclusive) return upperInclusive ? '3' : '1';
  return upperInclusive ? '0' : '2';
}

/** Buckets between two calls of `spend`, and what writing one takes, in samples. */
const BUCKETS_TOLD = 1024;
const WRITTEN_BUCKET_WORK = 80;

const WORD_BYTES = 8;
/** Parts copied between two looks; within a long one each block has its own. */
const PARTS_PER_LOOK = 1024;

const MUST_ESCAPE = /["\\\0-\x1f]/g;
const MUST_ESCAPE_HTML = /["\\\0-\x1f<>&\u2028\u2029]/g;

const MARKUP = /[<>&\u2028\u2029]/g;
const MARKUP_ONCE = /[<>&]/;

/** What stands between the quotes of a string as series labels are written. */
export function escapedString(text: string): string {
  return text.replace(MUST_ESCAPE, escapeCharacter);
}

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
