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
/** Stands for a value that the last entry does not have; no pair has it. */
const NO_VALUE = VALUES_OF_NAME;
/** Rows that wait at most. */
const WAITING_MAX = 1024;

const NO_ROWS = new Uint32Array(0);

/** Entries that one step of `removeRows` looks at, under a millisecond; finding a list counts for so many. */
const STEP_WORK = 50_000;
const LIST_WORK = 50;

/**
 * Which rows have which label: open addressing from (name id, value id) to the row, or to a list of rising rows in
 * pooled memory. The table also has, for each name, the list of the ids of its values.
 *
 * Series come in runs that share most pairs, so a pair that a row has at the same place as the row before is not touched:
 * its row waits, and when the pair changes there, or somebody asks, all rows that wait are appended at once.
 *
 * Invariants:
 * - A slot with count 0 is empty. A count of 1 stands for a row in the slot itself.
 * - A list rises strictly, or has the dirty bit set: rows are reused, and a reused row is only appended.
 * - Each pair of a row that waits is in the table, with the first row that had it since the pair came to its place.
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
  /** The last entry that was added. */
  #last = new Uint32Array(64);
  /** For each pair of it: its segment, and its slot there unless entries have moved since. */
  #lastSlots = new Uint32Array(64);
  #lastSlot = 0;
  /** Rows of which some lists do not know yet, and for each pair of the last entry the first of them that its list lacks. */
  readonly #waiting = new Uint32Array(WAITING_MAX);
  #waitingCount = 0;
  #waitingFrom = new Uint32Array(64);
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
    if (!this.#hasNamesOfLast(entry)) this.#beginNames(entry);
    else if (this.#waitingCount === WAITING_MAX) this.#settle();
    const at = this.#waitingCount++;
    this.#waiting[at] = row;
    const last = this.#last;
    const end = 2 * entry[0]!;
    for (let i = 1; i < end; i += 2) {
      const value = entry[i + 1]!;
      if (last[i + 1] !== value) this.#changeValue(i, value, row, at);
    }
  }

  /** True where an entry has the same names as the one before. */
  #hasNamesOfLast(entry: Uint32Array): boolean {
    const last = this.#last;
    const end = 2 * entry[0]!;
    if (last[0] !== entry[0]) return false;
    for (let i = 1; i < end; i += 2) if (last[i] !== entry[i]) return false;
    return true;
  }

  /** The names of an entry become those of the last one, which has no values yet. */
  #beginNames(entry: Uint32Array): void {
    this.#settle();
    const end = 2 * entry[0]!;
    if (end >= this.#last.length) {
      this.#last = new Uint32Array(2 * end + 1);
      this.#lastSlots = new Uint32Array(2 * end + 1);
      this.#waitingFrom = new Uint32Array(2 * end + 1);
    }
    this.#last[0] = entry[0]!;
    for (let i = 1; i < end; i += 2) {
      this.#last[i] = entry[i]!;
      this.#last[i + 1] = NO_VALUE;
    }
  }

  /** The last entry gets another value at a place, which `row`, the waiting row `at`, is the first to have. */
  #changeValue(place: number, value: number, row: number, at: number): void {
    const last = this.#last;
    const name = last[place]!;
    if (this.#waitingFrom[place]! < at) this.#appendWaiting(place, at);
    const count = this.#append(name, value, row);
    last[place + 1] = value;
    this.#lastSlots[place] = this.#segment;
    this.#lastSlots[place + 1] = this.#lastSlot;
    this.#waitingFrom[place] = at + 1;
    if (count > 1) return;
    this.#use(value);
    if (this.#append(name, VALUES_OF_NAME, value) === 1) this.#addName(name);
  }

  /** Before pairs go: the next entry looks all of its pairs up. */
  #forgetLast(): void {
    this.#settle();
    this.#last[0] = 0;
  }

  /** Makes all lists have all their rows. */
  #settle(): void {
    const count = this.#waitingCount;
    if (count === 0) return;
    const end = 2 * this.#last[0]!;
    for (let place = 1; place < end; place += 2) {
      if (this.#waitingFrom[place]! < count) this.#appendWaiting(place, count);
      this.#waitingFrom[place] = 0;
    }
    this.#waitingCount = 0;
  }

  /** Appends the rows that wait for the pair at a place of the last entry, up to the waiting row `to`, to its list. */
  #appendWaiting(place: number, to: number): void {
    const name = this.#last[place]!;
    const value = this.#last[place + 1]!;
    let slots = this.#segments.slots[this.#lastSlots[place]!]!;
    let slot = this.#lastSlots[place + 1]!;
    if (slots[slot + NAME] !== name || slots[slot + VALUE] !== value || slots[slot + COUNT] === 0) {
      slot = this.#find(name, value);
      slots = this.#slots;
      this.#lastSlots[place] = this.#segment;
      this.#lastSlots[place + 1] = slot;
    }
    const word = slots[slot + COUNT]!;
    const rows = this.#waiting;
    let count = word & COUNT_MASK;
    let list = slots[slot + PLACE]!;
    let from = this.#waitingFrom[place]!;
    let before = count === 1 ? list : this.#lists.last(list, count);
    let isDirty = false;
    for (let i = from; i < to; i++) {
      if (rows[i]! < before) isDirty = true;
      before = rows[i]!;
    }
    if (count === 1) {
      list = this.#lists.create(list, rows[from++]!);
      count = 2;
    }
    slots[slot + PLACE] = this.#lists.appendRun(list, count, rows, from, to);
    slots[slot + COUNT] = ((count + to - from) | (word & ~COUNT_MASK) | (isDirty ? DIRTY : 0)) >>> 0;
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
    this.#settle();
    const slot = this.#find(name, value);
    return slot < 0 ? NO_ROWS : this.#view(slot);
  }

  rowCount(name: number, value: number): number {
    this.#settle();
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
    this.#forgetLast();
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
      this.#forgetLast();
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
