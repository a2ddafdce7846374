import { QueryError } from '../../promql/exec/query-error.ts';

/** Series that the selectors of one request may find together, where there are several: all of them are in memory at once. */
const FOUND_MAX = 4_000_000;

/** Counts what selectors find, and ends a request that holds too much. */
export class FoundSeries {
  #count = 0;
  #sets = 0;

  add(length: number): void {
    this.#count += length;
    if (++this.#sets > 1 && this.#count > FOUND_MAX) {
      throw new QueryError(
        'execution',
        `the selectors find too many series: ${this.#count} after ${this.#sets} of them, the limit is ${FOUND_MAX}`,
      );
    }
  }
}
