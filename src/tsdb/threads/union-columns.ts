import { TextColumn } from '../../memory/text-column.ts';

/** Texts between two points at which the work may be interrupted: some 100 µs. */
const STEP_TEXTS = 2048;

/** One column of two that are sorted by bytes, each text once, in steps. */
export function* unionColumns(a: TextColumn, b: TextColumn): Generator<undefined, TextColumn> {
  const union = new Union(a, b);
  while (union.step(STEP_TEXTS)) yield;
  return union.both;
}

class Union {
  readonly both: TextColumn;
  readonly #a: TextColumn;
  readonly #b: TextColumn;
  #aNext = 0;
  #bNext = 0;

  constructor(a: TextColumn, b: TextColumn) {
    this.#a = a;
    this.#b = b;
    this.both = new TextColumn(Math.max(a.length, b.length), Math.max(a.size, b.size));
  }

  /** Takes so many texts; false after the last. */
  step(count: number): boolean {
    const a = this.#a;
    const b = this.#b;
    const { both } = this;
    let i = this.#aNext;
    let j = this.#bNext;
    for (let left = count; left > 0 && (i < a.length || j < b.length); left--) {
      const order = i === a.length ? 1 : j === b.length ? -1 : a.compare(i, b, j);
      if (order <= 0) both.push(a.bytes, a.start(i), a.ends[i]!);
      else both.push(b.bytes, b.start(j), b.ends[j]!);
      if (order <= 0) i++;
      if (order >= 0) j++;
    }
    this.#aNext = i;
    this.#bNext = j;
    return i < a.length || j < b.length;
  }
}
