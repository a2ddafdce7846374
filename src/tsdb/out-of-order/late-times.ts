import type { TimeRange } from '../../storage/query.ts';
import { CHUNK_RANGE_MS_DEFAULT } from '../defaults.ts';
import type { LateRows } from './late-rows.ts';

/** Rows whose times are looked at in one step. */
const STEP_MEASURED = 4096;

/** When the late samples of all rows are, and for which aligned ranges there will be blocks of them. */
export class LateTimes {
  /** Width of the ranges that blocks are aligned to, ms; set before the first sample. */
  rangeMs = CHUNK_RANGE_MS_DEFAULT;
  /** Numbers of the ranges that samples were put in since `takeRanges`. */
  #ranges = new Set<number>();
  #newestRange = Number.NaN;
  #minTime = Number.POSITIVE_INFINITY;
  #maxTime = Number.NEGATIVE_INFINITY;
  /** What of them is known to be there while they are measured; null while they are not. */
  #measured: { minTime: number; maxTime: number } | null = null;

  /** Oldest and newest sample (ms); Infinity and -Infinity while there is none. */
  get bounds(): TimeRange {
    return { minTime: this.#minTime, maxTime: this.#maxTime };
  }

  /** A sample comes. */
  widen(time: number): void {
    if (time < this.#minTime) this.#minTime = time;
    if (time > this.#maxTime) this.#maxTime = time;
    const measured = this.#measured;
    if (measured !== null) {
      if (time < measured.minTime) measured.minTime = time;
      if (time > measured.maxTime) measured.maxTime = time;
    }
    const range = Math.floor(time / this.rangeMs);
    if (range === this.#newestRange) return;
    this.#newestRange = range;
    this.#ranges.add(range);
  }

  /** The last row has left. */
  clear(): void {
    this.#minTime = Number.POSITIVE_INFINITY;
    this.#maxTime = Number.NEGATIVE_INFINITY;
  }

  /** The ranges up to now; what comes from here on belongs to the next ones. */
  takeRanges(): Set<number> {
    const before = this.#ranges;
    this.#ranges = new Set();
    this.#newestRange = Number.NaN;
    return before;
  }

  /** Those of `before` and what came since, rising. */
  rangesSince(before: ReadonlySet<number>): readonly number[] {
    return [...new Set([...before, ...this.#ranges])].sort((a, b) => a - b);
  }

  /** Ranges that were taken have samples still. */
  addRanges(ranges: readonly number[]): void {
    for (const range of ranges) this.#ranges.add(range);
  }

  /** Sets the bounds to what these rows have. Yields after less than a millisecond. */
  *measure(rows: LateRows): Generator<undefined, void> {
    const left = rows.sorted();
    // What comes during the steps widens these.
    const bounds = { minTime: Number.POSITIVE_INFINITY, maxTime: Number.NEGATIVE_INFINITY };
    this.#measured = bounds;
    for (let i = 0; i < left.length; i++) {
      if (i % STEP_MEASURED === STEP_MEASURED - 1) yield;
      const late = rows.get(left[i]!);
      if (late === undefined) continue;
      if (late.minTime < bounds.minTime) bounds.minTime = late.minTime;
      if (late.maxTime > bounds.maxTime) bounds.maxTime = late.maxTime;
    }
    this.#measured = null;
    // Where the last row has left meanwhile, there are none.
    if (rows.size === 0) return;
    this.#minTime = bounds.minTime;
    this.#maxTime = bounds.maxTime;
  }
}
