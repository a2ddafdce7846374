import type { OpenSamples } from './open-samples.ts';

/** What the store has of one row of the head. */
export interface LateRow extends OpenSamples {
  /** Newest sealed chunk, 0 = none: its chain holds this row's out-of-order chunks in the order of their making. */
  newest: number;
  /** Of all samples; may be wider than what is left. */
  minTime: number;
  maxTime: number;
}

const PAGE_LOG2 = 10;
const PAGE_ROWS = 1 << PAGE_LOG2;

/** The rows of the head that have late samples. In pages: a map of a million rows holds the event loop when it grows. */
export class LateRows {
  readonly #pages: ((LateRow | undefined)[] | undefined)[] = [];
  #size = 0;
  /** A bit for each row that is there, so that a select of many rows need not look into the pages. */
  #marks = new Uint32Array(0);

  get size(): number {
    return this.#size;
  }

  get(row: number): LateRow | undefined {
    return (this.#marks[row >>> 5] ?? 0) & (1 << (row & 31))
      ? this.#pages[row >>> PAGE_LOG2]![row & (PAGE_ROWS - 1)]
      : undefined;
  }

  /** The row, made where it is not there yet. */
  getOrAdd(row: number): LateRow {
    const known = this.get(row);
    if (known !== undefined) return known;
    const late = {
      count: 0,
      extent: 0,
      histograms: null,
      startTimes: null,
      newest: 0,
      minTime: Number.POSITIVE_INFINITY,
      maxTime: Number.NEGATIVE_INFINITY,
    };
    const number = row >>> PAGE_LOG2;
    while (this.#pages.length <= number) this.#pages.push(undefined);
    const page = (this.#pages[number] ??= new Array<undefined>(PAGE_ROWS).fill(undefined));
    page[row & (PAGE_ROWS - 1)] = late;
    this.#size++;
    if (row >>> 5 >= this.#marks.length) {
      const grown = new Uint32Array(Math.max(1024, 2 * ((row >>> 5) + 1)));
      grown.set(this.#marks);
      this.#marks = grown;
    }
    this.#marks[row >>> 5]! |= 1 << (row & 31);
    return late;
  }

  delete(row: number): void {
    if (this.get(row) === undefined) return;
    this.#pages[row >>> PAGE_LOG2]![row & (PAGE_ROWS - 1)] = undefined;
    this.#marks[row >>> 5]! &= ~(1 << (row & 31));
    if (--this.#size > 0) return;
    this.#pages.length = 0;
    this.#marks = new Uint32Array(0);
  }

  /** All of them, rising. */
  sorted(): Uint32Array {
    const rows = new Uint32Array(this.#size);
    let count = 0;
    for (let word = 0; word < this.#marks.length; word++) {
      for (let left = this.#marks[word]!; left !== 0; left &= left - 1) {
        rows[count++] = 32 * word + 31 - Math.clz32(left & -left);
      }
    }
    return rows;
  }
}
