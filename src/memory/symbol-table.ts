import { copyRun } from '../kernels/byte-runs.ts';
import { equalBytes } from '../kernels/hash.ts';
import { HashSegments, hashSegment } from './hash-segments.ts';
import { SharedRecords } from './shared-records.ts';
import { ASCII_SYMBOL, SYMBOL_BYTES_LOG2, SYMBOL_SLAB_LOG2, SymbolTexts } from './symbol-texts.ts';

/** Id of the empty string, which stands for "no such label". */
export const EMPTY_SYMBOL = 0;
/** What `find` gives for a string that is not in the table. */
export const NO_SYMBOL = -1;

const SLAB_BYTES = 1 << SYMBOL_BYTES_LOG2;
/** Many tables stay small: those of blocks that are written, and of tests. */
const FIRST_SLAB_BYTES = 1 << 18;
const SLABS_MAX = 256;
/** Strings kept for reuse, in UTF-16 units: 16 Mi, after which the kept ones are dropped and made again when asked for. */
const KEPT_UNITS_MAX = 1 << 24;
/**
 * So many ids of removed symbols wait at least until they are given to others, since every thread then forgets the strings
 * that it keeps: 20 bytes each.
 */
const DEAD_IDS_MIN = 1 << 14;
/** Label names come again and again; so many are found by V8's own hash of the string. */
const KNOWN_NAMES_MAX = 4096;

/**
 * Every distinct label name and value once, numbered from 0 in the order of arrival. The hash table from string to id is
 * only on the writer's thread.
 *
 * A symbol that is removed gives its bytes to others of the same length. Its id waits with others that are dead until there
 * are many of them; then all are free for new symbols, and `reuses` tells whoever has kept strings by id. So the table
 * stays as large as it was when it had the most symbols at a time, whatever comes and goes.
 */
export class SymbolTable extends SymbolTexts<SharedRecords> {
  #count = 0;
  #slab = -1;
  #used = 0;
  #textBytes = 0;
  /** Slots of two words: hash, id + 1. */
  readonly #segments = new HashSegments(2 * 16);
  readonly #views: DataView[] = [];
  #names = new Map<string, number>();
  readonly #deadIdsMin: number;
  /** Removed since ids were set free last. */
  #deadIds: number[] = [];
  #freeIds: number[] = [];
  /** Where removed texts were, by their length in bytes. */
  readonly #freeTexts = new Map<number, number[]>();
  #kept: (string | undefined)[] = [];
  #keptUnits = 0;

  constructor(deadIdsMin = DEAD_IDS_MIN) {
    super(new SharedRecords(1, SYMBOL_SLAB_LOG2));
    this.#deadIdsMin = deadIdsMin;
    this.reuses.attach(new SharedArrayBuffer(4));
    this.add('');
  }

  /** Every id is below. */
  get count(): number {
    return this.#count;
  }

  /** Symbols that were not removed. */
  get liveCount(): number {
    return this.#count - this.#deadIds.length - this.#freeIds.length;
  }

  /** UTF-8 bytes of all symbols. */
  get textBytes(): number {
    return this.#textBytes;
  }

  /** Bytes of the texts, their records and the hash table. */
  get bytesInUse(): number {
    return this.#textBytes + 8 * this.#count + this.#segments.bytes;
  }

  /** The id of `text`, or `NO_SYMBOL`. */
  find(text: string): number {
    const hash = hashOf(text);
    return this.#segments.slots[hashSegment(hash)]![this.#slotOf(text, hash) + 1]! - 1;
  }

  /** The id of `text`, which is added where it is new. Lone surrogates become U+FFFD, as UTF-8 has none. */
  add(text: string): number {
    const hash = hashOf(text);
    const slot = this.#slotOf(text, hash);
    const known = this.#segments.slots[hashSegment(hash)]![slot + 1]!;
    if (known !== 0) return known - 1;
    return this.#store(text, slot, hash);
  }

  /**
   * As `add`, for the UTF-8 text from `start` to `end` of a view, which must be valid. ASCII, which nearly all labels are,
   * never becomes a string.
   */
  addBytes(view: DataView, start: number, end: number): number {
    const length = end - start;
    let state = HASH_START ^ length;
    let seen = 0;
    let at = start;
    for (const last = end - 4; at <= last; at += 4) {
      const word = view.getInt32(at, true);
      seen |= word;
      state = mixed(state, word);
    }
    if (at < end) {
      let word = 0;
      for (let shift = 0; at < end; at++, shift += 8) word |= view.getUint8(at) << shift;
      seen |= word;
      state = mixed(state, word);
    }
    if ((seen & 0x80808080) !== 0) return this.add(stringFromUtf8(view, start, end));
    const hash = finished(state);
    const slots = this.#segments.slots[hashSegment(hash)]!;
    const wrap = slots.length - 1;
    let slot = (2 * hash) & wrap;
    for (;;) {
      const known = slots[slot + 1]!;
      if (known === 0) break;
      if (slots[slot] === hash && this.#equalsAscii(known - 1, view, start, length)) return known - 1;
      slot = (slot + 2) & wrap;
    }
    const position = this.#room(length);
    copyRun(view, start, this.#views[position >>> SYMBOL_BYTES_LOG2]!, position & (SLAB_BYTES - 1), length);
    return this.#enter(slot, hash, position, length, ASCII_SYMBOL);
  }

  /** As `add`, for strings that come often and are few: label names. */
  addName(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const id = this.add(name);
    if (this.#names.size >= KNOWN_NAMES_MAX) this.#names.clear();
    this.#names.set(this.text(id), id);
    return id;
  }

  /** The string of an id. Strings are kept and given again, within a bound. */
  override text(id: number): string {
    const kept = this.#kept[id];
    if (kept !== undefined) return kept;
    const text = this.decode(id);
    if (this.#keptUnits + text.length > KEPT_UNITS_MAX) {
      this.#kept = [];
      this.#keptUnits = 0;
    }
    while (this.#kept.length <= id) this.#kept.push(undefined);
    this.#kept[id] = text;
    this.#keptUnits += text.length;
    return text;
  }

  /** As `text`, without keeping the string: for looking at many symbols once. */
  readText(id: number): string {
    return this.#kept[id] ?? this.decode(id);
  }

  /** Where in its segment the slot begins that holds `text`, or the empty one where it belongs. */
  #slotOf(text: string, hash: number): number {
    const slots = this.#segments.slots[hashSegment(hash)]!;
    const wrap = slots.length - 1;
    let slot = (2 * hash) & wrap;
    for (;;) {
      const id = slots[slot + 1]!;
      if (id === 0) return slot;
      if (slots[slot] === hash && this.#equals(id - 1, text)) return slot;
      slot = (slot + 2) & wrap;
    }
  }

  #equals(id: number, text: string): boolean {
    const kept = this.#kept[id];
    if (kept !== undefined) return kept === text;
    const words = this.wordsOf(id);
    const position = words[this.wordOf(id)]!;
    const length = words[this.wordOf(id) + 1]!;
    if ((length & ASCII_SYMBOL) === 0) return this.text(id) === text;
    if ((length & ~ASCII_SYMBOL) !== text.length) return false;
    const bytes = this.bytes[position >>> SYMBOL_BYTES_LOG2]!;
    const start = position & (SLAB_BYTES - 1);
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #equalsAscii(id: number, view: DataView, start: number, length: number): boolean {
    const words = this.wordsOf(id);
    const position = words[this.wordOf(id)]!;
    if (words[this.wordOf(id) + 1]! !== (ASCII_SYMBOL | length) >>> 0) return false;
    return equalBytes(this.#views[position >>> SYMBOL_BYTES_LOG2]!, position & (SLAB_BYTES - 1), view, start, length);
  }

  override attach(buffer: SharedArrayBuffer): void {
    super.attach(buffer);
    this.#views.push(new DataView(buffer));
  }

  #store(text: string, slot: number, hash: number): number {
    const encoded = isAscii(text) ? null : encoder.encode(text);
    const length = encoded === null ? text.length : encoded.length;
    const position = this.#room(length);
    const bytes = this.bytes[position >>> SYMBOL_BYTES_LOG2]!;
    const start = position & (SLAB_BYTES - 1);
    if (encoded === null) for (let i = 0; i < length; i++) bytes[start + i] = text.charCodeAt(i);
    else bytes.set(encoded, start);
    return this.#enter(slot, hash, position, length, encoded === null ? ASCII_SYMBOL : 0);
  }

  /** Room for a text of so many bytes: slab and offset as a record has them. */
  #room(length: number): number {
    const free = this.#freeTexts.get(length)?.pop();
    if (free !== undefined) return free;
    if (this.#slab < 0 || this.#used + length > this.bytes[this.#slab]!.length) this.#addSlab(length);
    const position = ((this.#slab << SYMBOL_BYTES_LOG2) | this.#used) >>> 0;
    this.#used += length;
    return position;
  }

  /**
   * Takes a symbol out that nobody uses any more, and that no reader in any thread can come across. One that was removed
   * before, and whose id no other has got since, is passed over.
   */
  remove(id: number): void {
    const length = this.byteLength(id);
    if (id === EMPTY_SYMBOL || length === 0) return;
    const text = this.readText(id);
    const hash = hashOf(text);
    const segment = hashSegment(hash);
    clearSlot(this.#segments.slots[segment]!, this.#slotOf(text, hash));
    this.#segments.removed(segment);
    this.#names.delete(text);
    const words = this.wordsOf(id);
    const positions = this.#freeTexts.get(length);
    if (positions === undefined) this.#freeTexts.set(length, [words[this.wordOf(id)]!]);
    else positions.push(words[this.wordOf(id)]!);
    words[this.wordOf(id)] = 0;
    words[this.wordOf(id) + 1] = ASCII_SYMBOL;
    this.#forgetText(id);
    this.#textBytes -= length;
    this.#deadIds.push(id);
  }

  /** Makes the bytes just written at `position` a symbol, found through the free slot `slot`. */
  #enter(slot: number, hash: number, position: number, length: number, ascii: number): number {
    this.#textBytes += length;
    const id = this.#newId();
    const words = this.wordsOf(id);
    words[this.wordOf(id)] = position;
    words[this.wordOf(id) + 1] = (length | ascii) >>> 0;
    const segment = hashSegment(hash);
    const slots = this.#segments.slots[segment]!;
    slots[slot] = hash;
    slots[slot + 1] = id + 1;
    if (8 * this.#segments.added(segment) > 3 * slots.length) this.#segments.slots[segment] = grownSlots(slots);
    return id;
  }

  #forgetText(id: number): void {
    const kept = this.#kept[id];
    if (kept === undefined) return;
    this.#keptUnits -= kept.length;
    this.#kept[id] = undefined;
  }

  #newId(): number {
    if (this.#freeIds.length === 0 && this.#deadIds.length >= this.#deadIdsMin) {
      this.#freeIds = this.#deadIds;
      this.#deadIds = [];
      this.reuses.increment();
    }
    const free = this.#freeIds.pop();
    if (free !== undefined) {
      // Someone may have asked for it while nobody had it.
      this.#forgetText(free);
      return free;
    }
    this.records.reserve(this.#count + 1);
    return this.#count++;
  }

  #addSlab(bytes: number): void {
    if (this.buffers.length === SLABS_MAX) throw new RangeError('Cannot store a label: the symbol table has 4 GiB');
    const wanted = this.buffers.length === 0 ? FIRST_SLAB_BYTES : SLAB_BYTES;
    this.attach(new SharedArrayBuffer(Math.max(wanted, bytes)));
    this.#slab = this.buffers.length - 1;
    this.#used = 0;
  }
}

function grownSlots(old: Uint32Array): Uint32Array {
  const slots = new Uint32Array(2 * old.length);
  const wrap = slots.length - 1;
  for (let from = 0; from < old.length; from += 2) {
    if (old[from + 1] === 0) continue;
    let slot = (2 * old[from]!) & wrap;
    while (slots[slot + 1] !== 0) slot = (slot + 2) & wrap;
    slots[slot] = old[from]!;
    slots[slot + 1] = old[from + 1]!;
  }
  return slots;
}

/** Empties a slot and moves back the entries after it that it stood in the way of. */
function clearSlot(slots: Uint32Array, slot: number): void {
  const wrap = slots.length - 1;
  let hole = slot;
  for (let at = (slot + 2) & wrap; slots[at + 1] !== 0; at = (at + 2) & wrap) {
    const home = (2 * slots[at]!) & wrap;
    if (((at - home) & wrap) < ((at - hole) & wrap)) continue;
    slots[hole] = slots[at]!;
    slots[hole + 1] = slots[at + 1]!;
    hole = at;
  }
  slots[hole + 1] = 0;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

const encoder = new TextEncoder();

const HASH_START = 0x811c9dc5;
const HASH_FACTOR = 0x9e3779b1;

function stringFromUtf8(view: DataView, start: number, end: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, end - start).toString('utf8');
}

/** 32 bits over the UTF-16 units, which for ASCII are the bytes, four at a time. */
function hashOf(text: string): number {
  const { length } = text;
  let state = HASH_START ^ length;
  let at = 0;
  for (const last = length - 4; at <= last; at += 4) {
    const low = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8);
    state = mixed(state, low | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24));
  }
  if (at < length) {
    let word = 0;
    for (let shift = 0; at < length; at++, shift += 8) word |= text.charCodeAt(at) << shift;
    state = mixed(state, word);
  }
  return finished(state);
}

function mixed(state: number, word: number): number {
  const product = Math.imul(state ^ word, HASH_FACTOR);
  return product ^ (product >>> 15);
}

/** Mixes all bits into the low ones, from which slots are taken. */
function finished(state: number): number {
  let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
