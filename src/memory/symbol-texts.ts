import { SharedCount } from './shared-count.ts';
import type { RecordSlabs } from './shared-records.ts';
import type { TextColumn } from './text-column.ts';

/** The records of 2^20 symbols make a slab of 8 MiB. */
export const SYMBOL_SLAB_LOG2 = 20;
const SYMBOL_MASK = (1 << SYMBOL_SLAB_LOG2) - 1;
/** The bytes of symbols lie in slabs of 16 MiB. */
export const SYMBOL_BYTES_LOG2 = 24;
const SYMBOL_OFFSET_MASK = (1 << SYMBOL_BYTES_LOG2) - 1;
/** Length word: the top bit says that all bytes are ASCII. */
export const ASCII_SYMBOL = 0x80000000;
/** Strings kept for reuse, one for each slot of a table by id. */
const KEPT_MAX = 1 << 16;
/** None is longer than so many UTF-16 units: 16 MiB at most in all. */
export const KEPT_UNITS_MAX = 128;

/**
 * The strings of a symbol table, as readers in any thread see them: the bytes (UTF-8, in slabs of 16 MiB; a longer string
 * has a slab of its own) and a record of two words for each id (position, length).
 */
export class SymbolTexts<Records extends RecordSlabs = RecordSlabs> {
  readonly buffers: SharedArrayBuffer[] = [];
  /** Two words a symbol: slab (8 bits) and offset (24 bits), then length and the ASCII bit. */
  readonly records: Records;
  /**
   * How often ids of removed strings were set free for others, all that there were at once. Who keeps something of an id
   * for longer than the pin under which it came across it lets go of it when this changes.
   */
  readonly reuses = new SharedCount();
  protected readonly bytes: Uint8Array[] = [];
  readonly #buffers: Buffer[] = [];
  readonly #kept: string[] = [];
  readonly #keptIds: number[] = [];
  #keptReuses = 0;

  constructor(records: Records) {
    this.records = records;
  }

  /** Every id is below. */
  get limit(): number {
    return this.records.buffers.length << SYMBOL_SLAB_LOG2;
  }

  /** The string of an id. Strings asked for lately are kept. */
  text(id: number): string {
    if (this.reuses.value !== this.#keptReuses) {
      this.#keptReuses = this.reuses.value;
      this.#keptIds.fill(0);
    }
    const slot = id & (KEPT_MAX - 1);
    if (this.#keptIds[slot] === id + 1) return this.#kept[slot]!;
    const text = this.decode(id);
    if (text.length > KEPT_UNITS_MAX) return text;
    while (this.#kept.length <= slot) {
      this.#kept.push('');
      this.#keptIds.push(0);
    }
    this.#kept[slot] = text;
    this.#keptIds[slot] = id + 1;
    return text;
  }

  /** The UTF-8 bytes of an id, not to be changed. */
  bytesOf(id: number): Uint8Array {
    const words = this.wordsOf(id);
    const position = words[this.wordOf(id)]!;
    const start = position & SYMBOL_OFFSET_MASK;
    return this.bytes[position >>> SYMBOL_BYTES_LOG2]!.subarray(start, start + this.byteLength(id));
  }

  /** The number of an id's text in another table, where it is entered if it is new. */
  enter(
    id: number,
    into: { add(text: string): number; addBytes(view: DataView, start: number, end: number): number },
  ): number {
    const words = this.wordsOf(id);
    const position = words[this.wordOf(id)]!;
    const length = words[this.wordOf(id) + 1]!;
    if ((length & ASCII_SYMBOL) === 0) return into.add(this.decode(id));
    const start = position & SYMBOL_OFFSET_MASK;
    const view = new DataView(this.buffers[position >>> SYMBOL_BYTES_LOG2]!, start, length & ~ASCII_SYMBOL);
    return into.addBytes(view, 0, view.byteLength);
  }

  /** Appends the text of an id to a column. */
  append(id: number, into: TextColumn): void {
    const words = this.wordsOf(id);
    const position = words[this.wordOf(id)]!;
    const start = position & SYMBOL_OFFSET_MASK;
    into.push(this.bytes[position >>> SYMBOL_BYTES_LOG2]!, start, start + this.byteLength(id));
  }

  /** How many UTF-8 bytes an id has. */
  byteLength(id: number): number {
    return this.wordsOf(id)[this.wordOf(id) + 1]! & ~ASCII_SYMBOL;
  }

  /** Orders two symbols by their bytes. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const aWords = this.wordsOf(a);
    const bWords = this.wordsOf(b);
    const aPosition = aWords[this.wordOf(a)]!;
    const bPosition = bWords[this.wordOf(b)]!;
    const aLength = aWords[this.wordOf(a) + 1]! & ~ASCII_SYMBOL;
    const bLength = bWords[this.wordOf(b) + 1]! & ~ASCII_SYMBOL;
    const aBytes = this.bytes[aPosition >>> SYMBOL_BYTES_LOG2]!;
    const bBytes = this.bytes[bPosition >>> SYMBOL_BYTES_LOG2]!;
    const aStart = aPosition & SYMBOL_OFFSET_MASK;
    const bStart = bPosition & SYMBOL_OFFSET_MASK;
    const shared = Math.min(aLength, bLength);
    for (let i = 0; i < shared; i++) {
      const difference = aBytes[aStart + i]! - bBytes[bStart + i]!;
      if (difference !== 0) return difference;
    }
    return aLength - bLength;
  }

  /** Adds the next slab of bytes. */
  attach(buffer: SharedArrayBuffer): void {
    this.buffers.push(buffer);
    this.bytes.push(new Uint8Array(buffer));
    this.#buffers.push(Buffer.from(buffer));
  }

  protected wordsOf(id: number): Uint32Array {
    return this.records.words[id >>> SYMBOL_SLAB_LOG2]!;
  }

  protected wordOf(id: number): number {
    return 2 * (id & SYMBOL_MASK);
  }

  protected decode(id: number): string {
    const words = this.wordsOf(id);
    const position = words[this.wordOf(id)]!;
    const length = words[this.wordOf(id) + 1]!;
    const buffer = this.#buffers[position >>> SYMBOL_BYTES_LOG2]!;
    const start = position & SYMBOL_OFFSET_MASK;
    // The bytes came out of an encoder, so decoding them can not meet a malformed sequence.
    if ((length & ASCII_SYMBOL) !== 0) return buffer.toString('latin1', start, start + (length & ~ASCII_SYMBOL));
    return buffer.toString('utf8', start, start + length);
  }
}
