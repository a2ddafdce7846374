import type { OpenSamples } from './open-samples.ts';

/** What the store has of one row of the head. */
export interface LateRow extends OpenSamples {
  /** Newest sealed chunk, 0 = none: its chain holds this row's out-of-order chunks in the order of their making. */
  newest: number;
  /** Of all samples; may be wider than what is left. */
  minTime: number;
  maxTime: number;
}

/** The rows of the head that have late samples. */
export class LateRows {
  readonly #rows = new Map<number, LateRow>();
  /** A bit for each row that is in `#rows`, so that a select of many rows need not ask the map. */
  #marks = new Uint32Array(0);

  get size(): number {
    return this.#rows.size;
  }

  values(): MapIterator<LateRow> {
    return this.#rows.values();
  }

  get(row: number): LateRow | undefined {
    return (this.#marks[row >>> 5] ?? 0) & (1 << (row & 31)) ? this.#rows.get(row) : undefined;
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
    this.#rows.set(row, late);
    if (row >>> 5 >= this.#marks.length) {
      const grown = new Uint32Array(Math.max(1024, 2 * ((row >>> 5) + 1)));
      grown.set(this.#marks);
      this.#marks = grown;
    }
    this.#marks[row >>> 5]! |= 1 << (row & 31);
    return late;
  }

  delete(row: number): void {
    if (!this.#rows.delete(row)) return;
    this.#marks[row >>> 5]! &= ~(1 << (row & 31));
    if (this.#rows.size === 0) this.#marks = new Uint32Array(0);
  }

  /** All of them, rising. */
  sorted(): Uint32Array {
    const rows = new Uint32Array(this.#rows.size);
    let count = 0;
    for (let word = 0; word < this.#marks.length; word++) {
      for (let left = this.#marks[word]!; left !== 0; left &= left - 1) {
        rows[count++] = 32 * word + 31 - Math.clz32(left & -left);
      }
    }
    return rows;
  }
}
