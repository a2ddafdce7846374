import { addInterval, coversRange, type Intervals, NO_INTERVALS } from './intervals.ts';

/**
 * What is deleted of series, by the ref that the head knows them by. The samples stay where they are: readers leave them
 * out, and so does whoever writes them to a block. In the head this is of samples that came in order alone; those that
 * came late are in blocks when anything is deleted, so what comes late afterwards is not touched.
 */
export class HeadDeletions {
  readonly #byRef = new Map<number, Intervals>();

  /** How many series have deleted times. */
  get size(): number {
    return this.#byRef.size;
  }

  /** Both times (ms) are included. */
  add(ref: number, minTime: number, maxTime: number): void {
    this.#byRef.set(ref, addInterval(this.of(ref), minTime, maxTime));
  }

  /** The series has left the head. */
  forget(ref: number): void {
    this.#byRef.delete(ref);
  }

  /** Forgets what lies before a time; no sample that old is in the head any more. */
  truncate(before: number): void {
    for (const [ref, intervals] of this.#byRef) {
      if (intervals[1]! >= before) continue;
      const left = intervals.filter((_, i) => intervals[i | 1]! >= before);
      if (left.length === 0) this.#byRef.delete(ref);
      else this.#byRef.set(ref, left);
    }
  }

  of(ref: number): Intervals {
    return this.#byRef.get(ref) ?? NO_INTERVALS;
  }

  /** True where the time (ms) is deleted. */
  covers(ref: number, time: number): boolean {
    return coversRange(this.of(ref), time, time);
  }

  /** Every series with deleted times: what a checkpoint of the log has to keep. */
  entries(): IterableIterator<[ref: number, deleted: Intervals]> {
    return this.#byRef.entries();
  }
}
