import { HashSegments, hashSegment } from '../../memory/hash-segments.ts';
import type { SharedWords } from '../../memory/shared-words.ts';
import type { SeriesTable } from './series-table.ts';

/**
 * From a label set to its row: open addressing over the ids of its symbols. Two label sets are equal exactly if their
 * ids are, so neither hashing nor comparing touches a string. Slots of two words: hash, row + 1.
 */
export class LabelLookup {
  readonly #log: SharedWords;
  readonly #series: SeriesTable;
  readonly #segments = new HashSegments(2 * 16);
  /** Of the entry that `find` had last: its hash, and the free slot where it belongs. */
  #hash = 0;
  #slot = 0;

  /** `log` has an entry for each series: the number of pairs, then name and value ids. */
  constructor(log: SharedWords, series: SeriesTable) {
    this.#log = log;
    this.#series = series;
  }

  get bytes(): number {
    return this.#segments.bytes;
  }

  /** The parts of the table: their numbers, slots and entries. */
  *parts(): Generator<{ part: number; slots: Uint32Array; used: number }> {
    const { slots, used } = this.#segments;
    for (let part = 0; part < slots.length; part++) yield { part, slots: slots[part]!, used: used[part]! };
  }

  /** Takes the slots of a part as another table had them; false where they can not be such. */
  setPart(part: number, slots: Uint32Array, used: number): boolean {
    const isSound =
      part < this.#segments.slots.length && slots.length >= 32 && (slots.length & (slots.length - 1)) === 0;
    if (!isSound || 8 * used > 3 * slots.length) return false;
    this.#segments.replace(part, slots, used);
    return true;
  }

  /** Enters a row under the hash of its labels, `labelSetHash`; no row has the same labels. */
  add(hash: number, row: number): void {
    const segment = hashSegment(hash);
    const slots = this.#segments.slots[segment]!;
    place(slots, hash, row + 1);
    if (8 * this.#segments.added(segment) > 3 * slots.length) this.#segments.slots[segment] = grownSlots(slots);
  }

  /** The row of an entry (the number of pairs, then the pairs), or -1. */
  find(entry: Uint32Array): number {
    const hash = labelSetHash(entry, 0);
    const slots = this.#segments.slots[hashSegment(hash)]!;
    const wrap = slots.length - 1;
    let slot = (2 * hash) & wrap;
    for (;;) {
      const row = slots[slot + 1]!;
      if (row === 0) break;
      if (slots[slot] === hash && this.#equals(row - 1, entry)) return row - 1;
      slot = (slot + 2) & wrap;
    }
    this.#hash = hash;
    this.#slot = slot;
    return -1;
  }

  /** Enters a row under the entry that `find` has just not found. */
  addMissing(row: number): void {
    const segment = hashSegment(this.#hash);
    const slots = this.#segments.slots[segment]!;
    slots[this.#slot] = this.#hash;
    slots[this.#slot + 1] = row + 1;
    if (8 * this.#segments.added(segment) > 3 * slots.length) this.#segments.slots[segment] = grownSlots(slots);
  }

  /** Takes a row out, whose labels are still in the log. */
  delete(row: number): void {
    const position = this.#series.labels(row);
    const hash = labelSetHash(this.#log.slabOf(position), this.#log.offsetOf(position));
    const slots = this.#segments.slots[hashSegment(hash)]!;
    const wrap = slots.length - 1;
    let hole = (2 * hash) & wrap;
    while (slots[hole + 1] !== row + 1) {
      if (slots[hole + 1] === 0) return;
      hole = (hole + 2) & wrap;
    }
    // Entries that had to step over the freed slot move back.
    let at = hole;
    for (;;) {
      at = (at + 2) & wrap;
      if (slots[at + 1] === 0) break;
      if (((at - 2 * slots[at]!) & wrap) < ((at - hole) & wrap)) continue;
      slots[hole] = slots[at]!;
      slots[hole + 1] = slots[at + 1]!;
      hole = at;
    }
    slots[hole + 1] = 0;
    this.#segments.removed(hashSegment(hash));
  }

  #equals(row: number, entry: Uint32Array): boolean {
    const position = this.#series.labels(row);
    const words = this.#log.slabOf(position);
    const offset = this.#log.offsetOf(position);
    const length = 1 + 2 * entry[0]!;
    for (let i = 0; i < length; i++) if (words[offset + i] !== entry[i]) return false;
    return true;
  }
}

/** Puts a hash and a row + 1 into the first free slot from the hash's own on. */
function place(slots: Uint32Array, hash: number, entry: number): void {
  const wrap = slots.length - 1;
  let slot = (2 * hash) & wrap;
  while (slots[slot + 1] !== 0) slot = (slot + 2) & wrap;
  slots[slot] = hash;
  slots[slot + 1] = entry;
}

function grownSlots(old: Uint32Array): Uint32Array {
  const slots = new Uint32Array(2 * old.length);
  for (let from = 0; from < old.length; from += 2) {
    if (old[from + 1] !== 0) place(slots, old[from]!, old[from + 1]!);
  }
  return slots;
}

/** The hash of the label set whose entry (the number of pairs, then name and value ids) begins at `offset`. */
export function labelSetHash(words: Uint32Array, offset: number): number {
  const length = 1 + 2 * words[offset]!;
  let hash = 0x9e3779b9;
  for (let i = 1; i < length; i += 2) {
    const pair = Math.imul(words[offset + i]!, 0x9e3779b1) ^ Math.imul(words[offset + i + 1]!, 0x27d4eb2f);
    hash = Math.imul(hash ^ pair, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
