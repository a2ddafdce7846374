import { addInterval, coversRange, type Intervals, NO_INTERVALS } from './intervals.ts';

/** Refs whose deletions are kept together. */
const PAGE_REFS = 1024;

/**
 * What is deleted of series, by the ref that the head knows them by. The samples stay where they are: readers leave them
 * out, and so does whoever writes them to a block. In the head this is of samples that came in order alone; those that
 * came late are in blocks when anything is deleted, so what comes late afterwards is not touched.
 */
export class HeadDeletions {
  /** Pages by the number of their refs: one map of a million entries would hold the event loop for 80 ms when it grows. */
  readonly #pages = new Map<number, Map<number, Intervals>>();
  #size = 0;
  /** The first interval of a series that was added last. */
  #last: Intervals = NO_INTERVALS;

  /** How many series have deleted times. */
  get size(): number {
    return this.#size;
  }

  /** Both times (ms) are included. */
  add(ref: number, minTime: number, maxTime: number): void {
    const number = Math.floor(ref / PAGE_REFS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Map();
      this.#pages.set(number, page);
    }
    const before = page.get(ref);
    if (before !== undefined) {
      page.set(ref, addInterval(before, minTime, maxTime));
      return;
    }
    // A deletion is of many series and nearly always the same for all: then it is one array.
    const last = this.#last;
    if (last[0] !== minTime || last[1] !== maxTime) this.#last = addInterval(NO_INTERVALS, minTime, maxTime);
    page.set(ref, this.#last);
    this.#size++;
  }

  /** The series has left the head. */
  forget(ref: number): void {
    const number = Math.floor(ref / PAGE_REFS);
    const page = this.#pages.get(number);
    if (page === undefined || !page.delete(ref)) return;
    this.#size--;
    if (page.size === 0) this.#pages.delete(number);
  }

  /** Forgets what lies before a time; no sample that old is in the head any more. Yields after less than a millisecond. */
  *truncate(before: number): Generator<undefined, void> {
    for (const page of this.#pages.values()) {
      for (const [ref, intervals] of page) {
        if (intervals[1]! >= before) continue;
        const left = intervals.filter((_, i) => intervals[i | 1]! >= before);
        if (left.length === 0) this.forget(ref);
        else page.set(ref, left);
      }
      yield;
    }
  }

  of(ref: number): Intervals {
    return this.#pages.get(Math.floor(ref / PAGE_REFS))?.get(ref) ?? NO_INTERVALS;
  }

  /** True where the time (ms) is deleted. */
  covers(ref: number, time: number): boolean {
    return coversRange(this.of(ref), time, time);
  }

  /** Every series with deleted times, page by page, each of some hundred. What changes meanwhile may be there or not. */
  pages(): IterableIterator<ReadonlyMap<number, Intervals>> {
    return this.#pages.values();
  }
}
