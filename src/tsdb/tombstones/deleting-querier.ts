import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import {
  createSampleColumn,
  type Querier,
  type SampleColumn,
  type SelectRequest,
  type SeriesSet,
} from '../../storage/query.ts';
import { dropIntervals, type Intervals } from './intervals.ts';

/** The querier without what is deleted of its series. */
export function deletingQuerier(querier: Querier, deletedOf: (labels: Labels) => Intervals): Querier {
  return new DeletingQuerier(querier, deletedOf);
}

class DeletingQuerier implements Querier {
  readonly #querier: Querier;
  readonly #deletedOf: (labels: Labels) => Intervals;

  constructor(querier: Querier, deletedOf: (labels: Labels) => Intervals) {
    this.#querier = querier;
    this.#deletedOf = deletedOf;
  }

  select(request: SelectRequest): SeriesSet | Promise<SeriesSet> {
    const { limit } = request;
    // The newest sample may be one that is deleted.
    const found = this.#querier.select({ ...request, limit: 0, newestOnly: false });
    if (found instanceof Promise) return found.then((set) => new DeletingSeriesSet(set, this.#deletedOf, limit));
    return new DeletingSeriesSet(found, this.#deletedOf, limit);
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

  constructor(set: SeriesSet, deletedOf: (labels: Labels) => Intervals, limit: number) {
    this.#set = set;
    this.warnings = set.warnings;
    const column = createSampleColumn(0);
    for (let row = 0; row < set.length; row++) {
      if (limit > 0 && this.#rows.length === limit) break;
      const intervals = deletedOf(set.labels(row));
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
