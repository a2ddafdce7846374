import { LabelTable } from './label-table.ts';

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
 * Which rows have which label: for each pair of a name id and a value id a list of rising rows, and for each name the list of
 * the ids of its values.
 *
 * Series come in runs that share most pairs, so a pair that a row has at the same place as the row before is not touched:
 * its row waits, and when the pair changes there, or somebody asks, all rows that wait are appended at once.
 *
 * Invariant: each pair of a row that waits is in the table, with the first row that had it since the pair came to its place.
 *
 * Lives on the main thread alone; views that it gives are valid until the next change.
 */
export class LabelIndex {
  readonly #table = new LabelTable();
  #names = new Uint32Array(64);
  #nameCount = 0;
  /** How many pairs have a symbol as their value, and one more where it is a name; by symbol. */
  #uses = new Uint32Array(4096);
  /** The last entry that was added. */
  #last = new Uint32Array(64);
  /** For each pair of it: its segment, and its slot there unless entries have moved since. */
  #lastSlots = new Uint32Array(64);
  /** Rows of which some lists do not know yet, and for each pair of the last entry the first of them that its list lacks. */
  readonly #waiting = new Uint32Array(WAITING_MAX);
  #waitingCount = 0;
  #waitingFrom = new Uint32Array(64);
  /** Every row that some list has is below, and likewise every symbol that is a value; while rows wait, whether they rose from there. */
  #rowsEnd = 0;
  #valuesEnd = 0;
  #waitingRises = true;
  /** Lists that rows are noted in as they are added. */
  readonly #watchers = new Set<number[]>();

  /** Pairs of a name and a value that some row has. */
  get pairCount(): number {
    return this.#table.pairCount - this.#nameCount;
  }

  /** Bytes of the table and the lists. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** Enters a row under the pairs of an entry of the series log: their number, then name and value ids. */
  add(row: number, entry: Uint32Array): void {
    if (this.#watchers.size > 0) for (const added of this.#watchers) added.push(row);
    if (!this.#hasNamesOfLast(entry)) this.#beginNames(entry);
    else if (this.#waitingCount === WAITING_MAX) this.#settle();
    const at = this.#waitingCount++;
    this.#waiting[at] = row;
    if (row >= this.#rowsEnd) this.#rowsEnd = row + 1;
    else this.#waitingRises = false;
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
    const count = this.#table.append(name, value, row, this.#waitingRises);
    last[place + 1] = value;
    this.#lastSlots[place] = this.#table.segment;
    this.#lastSlots[place + 1] = this.#table.slot;
    this.#waitingFrom[place] = at + 1;
    if (count > 1) return;
    this.#addValue(name, value);
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
    this.#waitingRises = true;
  }

  /** Appends the rows that wait for the pair at a place of the last entry, up to the waiting row `to`, to its list. */
  #appendWaiting(place: number, to: number): void {
    const name = this.#last[place]!;
    const value = this.#last[place + 1]!;
    const segment = this.#lastSlots[place]!;
    const slot = this.#lastSlots[place + 1]!;
    this.#table.appendRun(name, value, segment, slot, this.#waiting, this.#waitingFrom[place]!, to, this.#waitingRises);
    this.#lastSlots[place] = this.#table.segment;
    this.#lastSlots[place + 1] = this.#table.slot;
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
    if (this.#table.append(name, value, rows[0]!, false) > 1) return false;
    if (rows.length > 1) this.#table.replaceOnly(name, value, rows);
    this.#rowsEnd = Math.max(this.#rowsEnd, rows[rows.length - 1]! + 1);
    this.#addValue(name, value);
    return true;
  }

  /** Rows that have this label, rising. */
  rows(name: number, value: number): Uint32Array {
    this.#settle();
    const slot = this.#table.find(name, value);
    return slot < 0 ? NO_ROWS : this.#table.view(slot);
  }

  rowCount(name: number, value: number): number {
    this.#settle();
    const slot = this.#table.find(name, value);
    return slot < 0 ? 0 : this.#table.count(slot);
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
    const slot = this.#table.find(name, value);
    return slot >= 0 && this.#table.mark(slot);
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
      const slot = this.#table.find(name, value);
      if (slot < 0) continue;
      this.#table.unmark(slot);
      work += LIST_WORK + this.#table.count(slot);
      if (this.#table.filter(slot, isDead) === 0) {
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
      const slot = this.#table.find(name, VALUES_OF_NAME);
      for (const value of values) isEmptied[value] = 1;
      const left = this.#table.filter(slot, isEmptied);
      for (const value of values) isEmptied[value] = 0;
      if (left > 0) continue;
      if (--this.#uses[name]! === 0) onUnused(name);
      const at = this.#names.subarray(0, this.#nameCount).indexOf(name);
      this.#names.copyWithin(at, at + 1, this.#nameCount);
      this.#nameCount--;
    }
    emptied.clear();
  }

  /** A pair has its first row. */
  #addValue(name: number, value: number): void {
    this.#use(value);
    const rises = value >= this.#valuesEnd;
    if (rises) this.#valuesEnd = value + 1;
    if (this.#table.append(name, VALUES_OF_NAME, value, rises) === 1) this.#addName(name);
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
}
