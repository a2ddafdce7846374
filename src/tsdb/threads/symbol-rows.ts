import { SymbolTable } from '../../memory/symbol-table.ts';

/** Where symbols are: the head, or the index of a block. Each numbers texts in its own way. */
export interface SymbolSource {
  /** Every symbol is below; null where they are too far apart for a table. */
  readonly limit: number | null;
  /** The number of a symbol's text in a table, where it is entered if it is new. Throws `DamagedFile`. */
  enter(symbol: number, into: SymbolTable): number;
  /** There where it is dear to look up symbols one by one: as `enter` for all of them, `limit` many, in steps; `note` hears of each. */
  enterAll?(into: SymbolTable, note: (symbol: number, number: number) => void): Generator<undefined, void>;
}

/** Label sets as symbols. */
export interface SymbolSet {
  readonly length: number;
  readonly symbols: SymbolSource;
  /** How many words the labels of a row have: name, value, name, value, ..., as symbols. They come to the front of `into.words`. */
  words(row: number, into: { words: Uint32Array }): number;
}

/** One label set, as numbers of a table that all rows of a merge share. */
export interface SymbolRow {
  words: Uint32Array;
  count: number;
}

/** Where there are fewer symbols for each row, all are entered one after the other: looking one up takes as long as entering some ten. */
const SYMBOLS_PER_ROW = 4;

interface Part extends SymbolRow {
  readonly set: SymbolSet;
  /** Parallel to the source's symbols: number in the table + 1. */
  readonly numbers: Uint32Array | Map<number, number>;
  row: number;
}

/**
 * Label sets of several parts as one list: in label order, each once, where there are several parts, which are in that order; one part as
 * it is. No label set becomes an object, and a text is looked at once: equal ones have one number, and others are compared where two sets differ first.
 */
export class SymbolRows {
  /** The texts of all rows so far. */
  readonly symbols = new SymbolTable();
  /** A binary heap: none of the parts stands before the one at half its place. The first is the row given last, unless that was the last of its part. */
  readonly #parts: Part[] = [];
  readonly #sets: readonly SymbolSet[];
  readonly #numbers = new Map<SymbolSource, Part['numbers']>();
  readonly #isMerge: boolean;
  readonly #given: SymbolRow = { words: new Uint32Array(64), count: -1 };
  #isFirstGiven = false;

  constructor(sets: readonly SymbolSet[]) {
    this.#sets = sets.filter(({ length }) => length > 0);
    this.#isMerge = this.#sets.length > 1;
  }

  /** Begins, in steps; to be carried through before `next`. */
  *start(): Generator<undefined, void> {
    for (const set of this.#sets) {
      const numbers = this.#numbers.get(set.symbols) ?? (yield* this.#numbersOf(set));
      const part: Part = { set, numbers, row: 0, words: new Uint32Array(64), count: 0 };
      this.#load(part);
      this.#parts.push(part);
    }
    for (let at = (this.#parts.length >>> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  *#numbersOf({ length, symbols }: SymbolSet): Generator<undefined, Part['numbers']> {
    const { limit } = symbols;
    const numbers = limit === null ? new Map<number, number>() : new Uint32Array(limit);
    this.#numbers.set(symbols, numbers);
    if (numbers instanceof Uint32Array && symbols.enterAll !== undefined && length * SYMBOLS_PER_ROW > numbers.length) {
      yield* symbols.enterAll(this.symbols, (symbol, number) => {
        numbers[symbol] = number + 1;
      });
    }
    return numbers;
  }

  /** The next row, which stays until the next call; null after the last. */
  next(): SymbolRow | null {
    for (;;) {
      if (this.#isFirstGiven) this.#advance();
      const first = this.#parts[0];
      if (first === undefined) return null;
      this.#isFirstGiven = true;
      if (!this.#isMerge) return first;
      if (this.#isGiven(first)) continue;
      this.#note(first);
      return first;
    }
  }

  #advance(): void {
    const parts = this.#parts;
    const first = parts[0]!;
    this.#isFirstGiven = false;
    if (++first.row < first.set.length) this.#load(first);
    else {
      const last = parts.pop()!;
      if (last === first) return;
      parts[0] = last;
    }
    this.#sink(0);
  }

  #isGiven({ count, words }: SymbolRow): boolean {
    const given = this.#given;
    if (count !== given.count) return false;
    for (let i = 0; i < count; i++) if (words[i] !== given.words[i]) return false;
    return true;
  }

  #note({ count, words }: SymbolRow): void {
    const given = this.#given;
    if (given.words.length < count) given.words = new Uint32Array(2 * count);
    for (let i = 0; i < count; i++) given.words[i] = words[i]!;
    given.count = count;
  }

  #load(part: Part): void {
    part.count = part.set.words(part.row, part);
    const { count, numbers, words } = part;
    if (numbers instanceof Uint32Array) {
      for (let i = 0; i < count; i++) {
        const symbol = words[i]!;
        words[i] = (numbers[symbol] || (numbers[symbol] = this.#enter(part, symbol))) - 1;
      }
      return;
    }
    for (let i = 0; i < count; i++) {
      const symbol = words[i]!;
      let number = numbers.get(symbol);
      if (number === undefined) numbers.set(symbol, (number = this.#enter(part, symbol)));
      words[i] = number - 1;
    }
  }

  #enter({ set }: Part, symbol: number): number {
    return set.symbols.enter(symbol, this.symbols) + 1;
  }

  #sink(from: number): void {
    const parts = this.#parts;
    const part = parts[from];
    if (part === undefined) return;
    let at = from;
    for (let child = 2 * at + 1; child < parts.length; child = 2 * at + 1) {
      if (child + 1 < parts.length && this.#compare(parts[child + 1]!, parts[child]!) < 0) child++;
      if (this.#compare(part, parts[child]!) <= 0) break;
      parts[at] = parts[child]!;
      at = child;
    }
    parts[at] = part;
  }

  #compare(a: SymbolRow, b: SymbolRow): number {
    const shared = Math.min(a.count, b.count);
    for (let i = 0; i < shared; i++) {
      if (a.words[i] !== b.words[i]) return this.symbols.compare(a.words[i]!, b.words[i]!);
    }
    return a.count - b.count;
  }
}
