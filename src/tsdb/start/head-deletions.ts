import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import {
  createSampleColumn,
  type Querier,
  type SampleColumn,
  type SelectRequest,
  type SeriesSet,
} from '../../storage/query.ts';
import { addInterval, dropIntervals, type Intervals, NO_INTERVALS } from '../tombstones/intervals.ts';

/** What is deleted of series in the head. The samples stay where they are; readers leave them out. */
export class HeadDeletions {
  readonly #bySeries = new Map<string, Intervals>();

  /** How many series have deleted times. */
  get size(): number {
    return this.#bySeries.size;
  }

  /** Both times (ms) are included. */
  add(labels: Labels, minTime: number, maxTime: number): void {
    this.#bySeries.set(labels.key, addInterval(this.of(labels), minTime, maxTime));
  }

  forget(labels: Labels): void {
    this.#bySeries.delete(labels.key);
  }

  of(labels: Labels): Intervals {
    return this.#bySeries.get(labels.key) ?? NO_INTERVALS;
  }

  /** The querier without what is deleted now. */
  applyTo(querier: Querier): Querier {
    return this.#bySeries.size === 0 ? querier : new DeletingQuerier(querier, this);
  }
}

class DeletingQuerier implements Querier {
  readonly #querier: Querier;
  readonly #deletions: HeadDeletions;

  constructor(querier: Querier, deletions: HeadDeletions) {
    this.#querier = querier;
    this.#deletions = deletions;
  }

  select(request: SelectRequest): SeriesSet | Promise<SeriesSet> {
    const { limit } = request;
    // The newest sample may be one that is deleted.
    const found = this.#querier.select({ ...request, limit: 0, newestOnly: false });
    if (found instanceof Promise) return found.then((set) => new DeletingSeriesSet(set, this.#deletions, limit));
    return new DeletingSeriesSet(found, this.#deletions, limit);
  }

  labelNames(matchers: readonly Matcher[], limit: number): string[] | Promise<string[]> {
    return this.#querier.labelNames(matchers, limit);
  }

  labelValues(name: string, matchers: readonly Matcher[], limit: number): string[] | Promise<string[]> {
    return this.#querier.labelValues(name, matchers, limit);
  }

  close(): void {
    this.#querier.close();
  }
}

/** Series of which nothing is left are not in it. */
class DeletingSeriesSet implements SeriesSet {
  readonly warnings: readonly string[];
  readonly #set: SeriesSet;
  readonly #rows: number[] = [];
  readonly #intervals: Intervals[] = [];

  constructor(set: SeriesSet, deletions: HeadDeletions, limit: number) {
    this.#set = set;
    this.warnings = set.warnings;
    const column = createSampleColumn(0);
    for (let row = 0; row < set.length; row++) {
      if (limit > 0 && this.#rows.length === limit) break;
      const intervals = deletions.of(set.labels(row));
      if (intervals.length > 0) {
        set.read(row, column);
        dropIntervals(column, intervals);
        if (column.length === 0) continue;
      }
      this.#rows.push(row);
      this.#intervals.push(intervals);
    }
  }

  get length(): number {
    return this.#rows.length;
  }

  labels(row: number): Labels {
    return this.#set.labels(this.#rows[row]!);
  }

  read(row: number, into: SampleColumn): void {
    this.#set.read(this.#rows[row]!, into);
    dropIntervals(into, this.#intervals[row]!);
  }
}
