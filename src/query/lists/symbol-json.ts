import { BRACE_CLOSE, BRACE_OPEN, COLON, COMMA, isPlain, QUOTE } from '../../kernels/ascii.ts';
import type { SymbolTable } from '../../memory/symbol-table.ts';
import { BLOCK_BYTES } from '../../promql/json-blocks.ts';
import { escapedString, type JsonBytes } from '../../promql/json-bytes.ts';
import type { SymbolRow } from '../../tsdb/threads/symbol-rows.ts';

/** Strings are copied by so many bytes, and both sides have so many behind them. */
const WORD_BYTES = 8;

/** Writes label sets that are numbers of a table: the text of each is made JSON once. */
export class SymbolJson {
  readonly #symbols: SymbolTable;
  /** JSON strings, one after the other, and by number where each begins and ends; 0 where none was made. */
  #bytes = new Uint8Array(64 * 1024);
  /** The same bytes. */
  #view = new DataView(this.#bytes.buffer);
  #used = 1;
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** Bytes of the JSON strings and of where they are. */
  get bytesInUse(): number {
    return this.#bytes.length + this.#starts.byteLength + this.#ends.byteLength;
  }

  /** Writes an object in the order of the row's words: the same bytes as `JsonBytes.labels`. */
  write(out: JsonBytes, { count, words }: SymbolRow): void {
    let size = 1 + Math.max(1, count);
    for (let i = 0; i < count; i++) {
      const number = words[i]!;
      if (!(this.#starts[number]! > 0)) this.#make(number);
      size += this.#ends[number]! - this.#starts[number]!;
    }
    if (size + WORD_BYTES > BLOCK_BYTES) {
      this.#writeLarge(out, { count, words });
      return;
    }
    out.reserve(size + WORD_BYTES);
    const { bytes, view } = out;
    const source = this.#view;
    let { at } = out;
    bytes[at++] = BRACE_OPEN;
    for (let i = 0; i < count; i++) {
      const number = words[i]!;
      const start = this.#starts[number]!;
      const length = this.#ends[number]! - start;
      if (i > 0) bytes[at++] = i % 2 === 0 ? COMMA : COLON;
      // What is copied too much the next bytes take the place of. No eight bytes of UTF-8 are a NaN, whose bits a double might not keep.
      for (let k = 0; k < length; k += WORD_BYTES) view.setFloat64(at + k, source.getFloat64(start + k, true), true);
      at += length;
    }
    bytes[at++] = BRACE_CLOSE;
    out.at = at;
  }

  #writeLarge(out: JsonBytes, { count, words }: SymbolRow): void {
    for (let i = 0; i < count; i++) {
      out.ascii(i === 0 ? '{' : i % 2 === 0 ? ',' : ':');
      out.string(this.#symbols.readText(words[i]!));
    }
    out.ascii('}');
  }

  #make(number: number): void {
    if (number >= this.#starts.length) {
      this.#starts = grown(this.#starts, number + 1);
      this.#ends = grown(this.#ends, number + 1);
    }
    const text = this.#symbols.bytesOf(number);
    const escaped = isPlainText(text) ? null : escapedText(this.#symbols.readText(number));
    const size = 2 + (escaped ?? text).length;
    const needed = this.#used + size + WORD_BYTES;
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, needed));
      bytes.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#starts[number] = this.#used;
    this.#bytes[this.#used] = QUOTE;
    this.#bytes.set(escaped ?? text, this.#used + 1);
    this.#used += size;
    this.#bytes[this.#used - 1] = QUOTE;
    this.#ends[number] = this.#used;
  }
}

function isPlainText(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (!isPlain(bytes[i]!)) return false;
  return true;
}

function escapedText(text: string): Uint8Array {
  return encoder.encode(escapedString(text));
}

const encoder = new TextEncoder();

function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}
