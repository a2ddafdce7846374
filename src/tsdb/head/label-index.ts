import { sortRuns } from '../../kernels/sort-runs.ts';
import { HashSegments, hashSegment } from '../../memory/hash-segments.ts';
import { RowLists } from './row-lists.ts';

/** Four words a slot: name id, value id, count with the dirty bit, and the only row or the position of the list. */
const SLOT_WORDS = 4;
const NAME = 0;
const VALUE = 1;
const COUNT = 2;
const PLACE = 3;
/** A list whose last row came out of order; it is sorted when it is read next. */
const DIRTY = 0x80000000;
/** Rows of the list are about to be removed. */
const MARKED = 0x40000000;
const COUNT_MASK = 0x3fffffff;
/** The value id (of the empty string) under which the list of a name's value ids stands. */
const VALUES_OF_NAME = 0;

const NO_ROWS = new Uint32Array(0);

/** Entries that one step of `removeRows` looks at, under a millisecond; finding a list counts for so many. */
const STEP_WORK = 50_000;
const LIST_WORK = 50;

/**
 * Which rows have which label: open addressing from (name id, value id) to the row, or to a list of rising rows in
 * pooled memory. The table also has, for each name, the list of the ids of its values.
 *
 * Invariants:
 * - A slot with count 0 is empty. A count of 1 stands for a row in the slot itself.
 * - A list rises strictly, or has the dirty bit set: rows are reused, and a reused row is only appended.
 *
 * Lives on the main thread alone; views that it gives are valid until the next change.
 */
export class LabelIndex {
  readonly #lists = new RowLists();
  readonly #segments = new HashSegments(SLOT_WORDS * 16);
  /** The segment that the last look-up was in, to which slots of the moment belong. */
  #segment = 0;
  #slots: Uint32Array = this.#segments.slots[0]!;
  #names = new Uint32Array(64);
  #nameCount = 0;
  /** How many pairs have a symbol as their value, and one more where it is a name; by symbol. */
  #uses = new Uint32Array(4096);
  /** For each pair of the last entry that was added: its segment, and its slot there unless entries have moved since. */
  #lastSlots = new Uint32Array(64);
  #lastSlot = 0;
  readonly #one = new Uint32Array(1);
  /** Lists that rows are noted in as they are added. */
  readonly #watchers = new Set<number[]>();

  /** Pairs of a name and a value that some row has. */
  get pairCount(): number {
    return this.#segments.entries - this.#nameCount;
  }

  /** Bytes of the table and the lists. */
  get bytes(): number {
    return this.#segments.bytes + this.#lists.bytes;
  }

  /** Enters a row under the pairs of an entry of the series log: their number, then name and value ids. */
  add(row: number, entry: Uint32Array): void {
    if (this.#watchers.size > 0) for (const added of this.#watchers) added.push(row);
    const end = 2 * entry[0]!;
    if (end > this.#lastSlots.length) this.#lastSlots = new Uint32Array(2 * end);
    for (let i = 1; i < end; i += 2) {
      const name = entry[i]!;
      const value = entry[i + 1]!;
      if (this.#appendAgain(i - 1, name, value, row)) continue;
      const count = this.#append(name, value, row);
      this.#lastSlots[i - 1] = this.#segment;
      this.#lastSlots[i] = this.#lastSlot;
      if (count > 1) continue;
      this.#use(value);
      if (this.#append(name, VALUES_OF_NAME, value) === 1) this.#addName(name);
    }
  }

  /** Notes rows that are added from now on, in their order, until `unwatch` is called with this list. */
  watch(): readonly number[] {
    const added: number[] = [];
    this.#watchers.add(added);
    return added;
  }

  unwatch(added: readonly number[]): void {
    this.#watchers.delete(added as number[]);
  }

  /**
   * Enters a pair with all rows that have it, rising, at least one. False where the pair is there already: the index is
   * then of no use any more.
   */
  addPair(name: number, value: number, rows: Uint32Array): boolean {
    if (this.#append(name, value, rows[0]!) > 1) return false;
    if (rows.length > 1) {
      const slot = this.#find(name, value);
      this.#slots[slot + PLACE] = this.#lists.createOf(rows);
      this.#slots[slot + COUNT] = rows.length;
    }
    this.#use(value);
    if (this.#append(name, VALUES_OF_NAME, value) === 1) this.#addName(name);
    return true;
  }

  /** Rows that have this label, rising. */
  rows(name: number, value: number): Uint32Array {
    const slot = this.#find(name, value);
    return slot < 0 ? NO_ROWS : this.#view(slot);
  }

  rowCount(name: number, value: number): number {
    const slot = this.#find(name, value);
    return slot < 0 ? 0 : this.#slots[slot + COUNT]! & COUNT_MASK;
  }

  /** Ids of the values of a label, in no useful order. */
  values(name: number): Uint32Array {
    return this.rows(name, VALUES_OF_NAME);
  }

  valueCount(name: number): number {
    return this.rowCount(name, VALUES_OF_NAME);
  }

  /** True where the symbol is a name or a value of some row. */
  uses(symbol: number): boolean {
    return (this.#uses[symbol] ?? 0) > 0;
  }

  /** Ids of the label names, in the order of arrival. */
  names(): Uint32Array {
    return this.#names.subarray(0, this.#nameCount);
  }

  /** Marks the list of a pair for `removeRows`; false where it was marked already, or where there is none. */
  mark(name: number, value: number): boolean {
    const slot = this.#find(name, value);
    if (slot < 0) return false;
    const word = this.#slots[slot + COUNT]!;
    if ((word & MARKED) !== 0) return false;
    this.#slots[slot + COUNT] = (word | MARKED) >>> 0;
    return true;
  }

  /**
   * Takes every row out for which `isDead` has a one (a byte a row), from the lists of the given pairs (name, value,
   * name, ...), each of which was marked once. Values and names that no row has any more are taken out as well. Yields
   * after less than a millisecond; between the steps each list has all its dead rows or none. `onUnused` hears of each
   * symbol that is no name and no value of any row any more.
   */
  *removeRows(
    isDead: Uint8Array,
    pairs: readonly number[],
    onUnused: (symbol: number) => void,
  ): Generator<undefined, void> {
    let largest = 0;
    for (let i = 1; i < pairs.length; i += 2) if (pairs[i]! > largest) largest = pairs[i]!;
    const isEmptied = new Uint8Array(largest + 1);
    const emptied = new Map<number, number[]>();
    let work = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i]!;
      const value = pairs[i + 1]!;
      const slot = this.#find(name, value);
      if (slot < 0) continue;
      const word = this.#slots[slot + COUNT]!;
      this.#slots[slot + COUNT] = (word & ~MARKED) >>> 0;
      work += LIST_WORK + (word & COUNT_MASK);
      if (this.#filter(slot, isDead) === 0) {
        if (--this.#uses[value]! === 0) onUnused(value);
        const values = emptied.get(name);
        if (values === undefined) emptied.set(name, [value]);
        else values.push(value);
      }
      if (work < STEP_WORK) continue;
      this.#removeValues(emptied, isEmptied, onUnused);
      work = 0;
      yield;
    }
    this.#removeValues(emptied, isEmptied, onUnused);
  }

  /** Takes values out that no row has any more, and names without values. Empties what it is given. */
  #removeValues(emptied: Map<number, number[]>, isEmptied: Uint8Array, onUnused: (symbol: number) => void): void {
    for (const [name, values] of emptied) {
      const slot = this.#find(name, VALUES_OF_NAME);
      for (const value of values) isEmptied[value] = 1;
      const left = this.#filter(slot, isEmptied);
      for (const value of values) isEmptied[value] = 0;
      if (left > 0) continue;
      if (--this.#uses[name]! === 0) onUnused(name);
      const at = this.#names.subarray(0, this.#nameCount).indexOf(name);
      this.#names.copyWithin(at, at + 1, this.#nameCount);
      this.#nameCount--;
    }
    emptied.clear();
  }

  /**
   * Appends to the list of a pair where it is in the slot that the pair at this place of the last entry was in, and where
   * that is a list already: label sets come in runs that share most pairs. False where nothing was done.
   */
  #appendAgain(place: number, name: number, value: number, row: number): boolean {
    const slots = this.#segments.slots[this.#lastSlots[place]!]!;
    const slot = this.#lastSlots[place + 1]!;
    if (slots[slot + NAME] !== name || slots[slot + VALUE] !== value) return false;
    const word = slots[slot + COUNT]!;
    const count = word & COUNT_MASK;
    if (count < 2) return false;
    const list = slots[slot + PLACE]!;
    const isDirty = row < this.#lists.last(list, count);
    slots[slot + PLACE] = this.#lists.append(list, count, row);
    slots[slot + COUNT] = ((count + 1) | (word & ~COUNT_MASK) | (isDirty ? DIRTY : 0)) >>> 0;
    return true;
  }

  /** Appends to the list of a pair; returns its new count. */
  #append(name: number, value: number, entry: number): number {
    const hash = hashOf(name, value);
    const slots = this.#choose(hash);
    let slot = (SLOT_WORDS * hash) & (slots.length - 1);
    for (;;) {
      const word = slots[slot + COUNT]!;
      if (word === 0) break;
      if (slots[slot + NAME] === name && slots[slot + VALUE] === value) {
        const count = word & COUNT_MASK;
        const place = slots[slot + PLACE]!;
        const last = count === 1 ? place : this.#lists.last(place, count);
        slots[slot + PLACE] = count === 1 ? this.#lists.create(place, entry) : this.#lists.append(place, count, entry);
        slots[slot + COUNT] = ((count + 1) | (word & ~COUNT_MASK) | (entry < last ? DIRTY : 0)) >>> 0;
        this.#lastSlot = slot;
        return count + 1;
      }
      slot = (slot + SLOT_WORDS) & (slots.length - 1);
    }
    slots[slot + NAME] = name;
    slots[slot + VALUE] = value;
    slots[slot + COUNT] = 1;
    slots[slot + PLACE] = entry;
    this.#lastSlot = slot;
    const segment = this.#segment;
    const used = this.#segments.added(segment);
    if (4 * used * SLOT_WORDS > 3 * slots.length) this.#segments.slots[segment] = grownSlots(slots);
    return 1;
  }

  /** Makes the segment of a hash the one at hand. */
  #choose(hash: number): Uint32Array {
    this.#segment = hashSegment(hash);
    this.#slots = this.#segments.slots[this.#segment]!;
    return this.#slots;
  }

  #use(symbol: number): void {
    if (symbol >= this.#uses.length) {
      const grown = new Uint32Array(Math.max(symbol + 1, 2 * this.#uses.length));
      grown.set(this.#uses);
      this.#uses = grown;
    }
    this.#uses[symbol]!++;
  }

  #addName(name: number): void {
    if (this.#nameCount === this.#names.length) {
      const grown = new Uint32Array(2 * this.#nameCount);
      grown.set(this.#names);
      this.#names = grown;
    }
    this.#names[this.#nameCount++] = name;
    this.#use(name);
  }

  #find(name: number, value: number): number {
    const hash = hashOf(name, value);
    const slots = this.#choose(hash);
    let slot = (SLOT_WORDS * hash) & (slots.length - 1);
    while (slots[slot + COUNT] !== 0) {
      if (slots[slot + NAME] === name && slots[slot + VALUE] === value) return slot;
      slot = (slot + SLOT_WORDS) & (slots.length - 1);
    }
    return -1;
  }

  #view(slot: number): Uint32Array {
    const word = this.#slots[slot + COUNT]!;
    const count = word & COUNT_MASK;
    const place = this.#slots[slot + PLACE]!;
    if (count === 1) {
      this.#one[0] = place;
      return this.#one;
    }
    const view = this.#lists.view(place, count);
    if ((word & DIRTY) !== 0) {
      sortRuns(view);
      this.#slots[slot + COUNT] = (word & ~DIRTY) >>> 0;
    }
    return view;
  }

  /** Takes the entries out of a list that have a one; returns how many are left. An empty list's slot is given up. */
  #filter(slot: number, isOut: Uint8Array): number {
    const word = this.#slots[slot + COUNT]!;
    const count = word & COUNT_MASK;
    const place = this.#slots[slot + PLACE]!;
    if (count === 1) {
      if (isOut[place] !== 1) return 1;
      this.#clear(slot);
      return 0;
    }
    const view = this.#lists.view(place, count);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const entry = view[i]!;
      if (isOut[entry] === 1) continue;
      view[kept++] = entry;
    }
    if (kept === count) return kept;
    if (kept === 0) {
      this.#lists.drop(place, count);
      this.#clear(slot);
      return 0;
    }
    const only = view[0]!;
    if (kept > 1) this.#slots[slot + PLACE] = this.#lists.shrink(place, count, kept);
    else {
      this.#lists.drop(place, count);
      this.#slots[slot + PLACE] = only;
    }
    // What is left of a list that is to be sorted still is.
    this.#slots[slot + COUNT] = (kept | (kept > 1 ? word & ~COUNT_MASK : 0)) >>> 0;
    return kept;
  }

  /** Empties a slot and moves back the entries after it that it stood in the way of. */
  #clear(slot: number): void {
    const slots = this.#slots;
    const wrap = slots.length - 1;
    let hole = slot;
    let at = slot;
    for (;;) {
      at = (at + SLOT_WORDS) & wrap;
      if (slots[at + COUNT] === 0) break;
      const home = (SLOT_WORDS * hashOf(slots[at + NAME]!, slots[at + VALUE]!)) & wrap;
      if (((at - home) & wrap) < ((at - hole) & wrap)) continue;
      slots.copyWithin(hole, at, at + SLOT_WORDS);
      hole = at;
    }
    slots[hole + COUNT] = 0;
    this.#segments.removed(this.#segment);
  }
}

function grownSlots(old: Uint32Array): Uint32Array {
  const slots = new Uint32Array(2 * old.length);
  const wrap = slots.length - 1;
  for (let from = 0; from < old.length; from += SLOT_WORDS) {
    if (old[from + COUNT] === 0) continue;
    let slot = (SLOT_WORDS * hashOf(old[from + NAME]!, old[from + VALUE]!)) & wrap;
    while (slots[slot + COUNT] !== 0) slot = (slot + SLOT_WORDS) & wrap;
    slots[slot] = old[from]!;
    slots[slot + 1] = old[from + 1]!;
    slots[slot + 2] = old[from + 2]!;
    slots[slot + 3] = old[from + 3]!;
  }
  return slots;
}

function hashOf(name: number, value: number): number {
  let hash = Math.imul(name, 0x9e3779b1) ^ Math.imul(value, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
