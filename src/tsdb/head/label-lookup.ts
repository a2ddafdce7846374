import { HashSegments, hashSegment } from '../../memory/hash-segments.ts';
import type { SharedWords } from '../../memory/shared-words.ts';
import type { SeriesTable } from './series-table.ts';

/** Rows that wait at most; a power of two. */
const WAITING_MAX = 4096;
/** Slots that are asked for together. */
const TOUCHED_SLOTS = 256;
/** What was read there goes nowhere, but V8 must not know that. */
const touched = new Uint32Array(1);

/**
 * From a label set to its row: open addressing over the ids of its symbols. Two label sets are equal exactly if their
 * ids are, so neither hashing nor comparing touches a string. Slots of two words: hash, row + 1.
 *
 * Each slot of a large table comes from memory, 200 to 400 ns. A label set with a symbol that is newer than all rows of the
 * table, as the series of a target have that is scraped for the first time, is not in it: its row waits, in a small table, and is
 * entered with many others, whose slots come from memory together.
 *
 * Invariant: a row waits exactly if its label set has a symbol from `#waitingFrom` on.
 */
export class LabelLookup {
  readonly #log: SharedWords;
  readonly #series: SeriesTable;
  readonly #segments = new HashSegments(2 * 16);
  /** Of the entry that `find` had last: its hash, and the free slot where it belongs. */
  #hash = 0;
  #slot = 0;
  /** That entry's row is to wait; `#slot` is one of `#waitingSlots`. */
  #waits = false;
  #waitingFrom = Number.POSITIVE_INFINITY;
  readonly #waitingHashes = new Uint32Array(WAITING_MAX);
  readonly #waitingRows = new Uint32Array(WAITING_MAX);
  /** For each hash a number of these, and one more; 0 where there is none. */
  readonly #waitingSlots = new Uint16Array(2 * WAITING_MAX);
  #waiting = 0;

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
    this.settle();
    const { slots, used } = this.#segments;
    for (let part = 0; part < slots.length; part++) yield { part, slots: slots[part]!, used: used[part]! };
  }

  /** Takes the slots of a part as another table had them; false where they can not be such. */
  setPart(part: number, slots: Uint32Array, used: number): boolean {
    this.settle();
    const isSound =
      part < this.#segments.slots.length && slots.length >= 32 && (slots.length & (slots.length - 1)) === 0;
    if (!isSound || 8 * used > 3 * slots.length) return false;
    this.#segments.replace(part, slots, used);
    return true;
  }

  /** Enters a row under the hash of its labels, `labelSetHash`; no row has the same labels. */
  add(hash: number, row: number): void {
    this.settle();
    this.#enter(hash, row);
  }

  #enter(hash: number, row: number): void {
    const segment = hashSegment(hash);
    const slots = this.#segments.slots[segment]!;
    place(slots, hash, row + 1);
    if (8 * this.#segments.added(segment) > 3 * slots.length) this.#segments.slots[segment] = grownSlots(slots);
  }

  /** True where no further row can wait: `defer` or `settle` comes before the next `find`. */
  get isFull(): boolean {
    return this.#waiting === WAITING_MAX;
  }

  /** Enters the rows that wait. From now on those wait whose labels have a symbol with this id or one above, which no row has yet. */
  defer(symbolCount: number): void {
    this.settle();
    this.#waitingFrom = symbolCount;
  }

  /** Enters the rows that wait; none waits from now on. */
  settle(): void {
    this.#waitingFrom = Number.POSITIVE_INFINITY;
    const count = this.#waiting;
    if (count === 0) return;
    this.#waiting = 0;
    this.#waitingSlots.fill(0);
    const hashes = this.#waitingHashes;
    for (let begin = 0; begin < count; begin += TOUCHED_SLOTS) {
      const end = Math.min(count, begin + TOUCHED_SLOTS);
      let sum = 0;
      for (let i = begin; i < end; i++) {
        const slots = this.#segments.slots[hashSegment(hashes[i]!)]!;
        sum ^= slots[(2 * hashes[i]!) & (slots.length - 1)]!;
      }
      touched[0] = sum;
      for (let i = begin; i < end; i++) this.#enter(hashes[i]!, this.#waitingRows[i]!);
    }
  }

  /** The row of an entry (the number of pairs, then the pairs), or -1. */
  find(entry: Uint32Array): number {
    const hash = labelSetHash(entry, 0);
    this.#hash = hash;
    this.#waits = newestSymbol(entry) >= this.#waitingFrom;
    if (this.#waits) return this.#findWaiting(hash, entry);
    const slots = this.#segments.slots[hashSegment(hash)]!;
    const wrap = slots.length - 1;
    let slot = (2 * hash) & wrap;
    for (;;) {
      const row = slots[slot + 1]!;
      if (row === 0) break;
      if (slots[slot] === hash && this.#equals(row - 1, entry)) return row - 1;
      slot = (slot + 2) & wrap;
    }
    this.#slot = slot;
    return -1;
  }

  #findWaiting(hash: number, entry: Uint32Array): number {
    const slots = this.#waitingSlots;
    let slot = hash & (slots.length - 1);
    for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
      const number = slots[slot]! - 1;
      const row = this.#waitingRows[number]!;
      if (this.#waitingHashes[number] === hash && this.#equals(row, entry)) return row;
    }
    this.#slot = slot;
    return -1;
  }

  /** Enters a row under the entry that `find` has just not found. */
  addMissing(row: number): void {
    if (this.#waits) {
      this.#waitingHashes[this.#waiting] = this.#hash;
      this.#waitingRows[this.#waiting] = row;
      this.#waitingSlots[this.#slot] = ++this.#waiting;
      return;
    }
    const segment = hashSegment(this.#hash);
    const slots = this.#segments.slots[segment]!;
    slots[this.#slot] = this.#hash;
    slots[this.#slot + 1] = row + 1;
    if (8 * this.#segments.added(segment) > 3 * slots.length) this.#segments.slots[segment] = grownSlots(slots);
  }

  /** Takes a row out, whose labels are still in the log. */
  delete(row: number): void {
    this.settle();
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

/** The largest id of an entry's symbols. */
function newestSymbol(entry: Uint32Array): number {
  const end = 2 * entry[0]!;
  let newest = 0;
  for (let i = 1; i <= end; i++) if (entry[i]! > newest) newest = entry[i]!;
  return newest;
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
