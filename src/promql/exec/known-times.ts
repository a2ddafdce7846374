import { NO_FLOATS } from '../../std/empty-arrays.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { QueryBudget } from './budget.ts';

/** Fewer windows are found as fast as times are compared. */
const WINDOWS_MIN = 16;
/** Times of longer series are not kept. */
const TIMES_MAX = 4096;
/** After so many series with times of their own, so many are not looked at. */
const PATIENCE = 8;
const PASSED_OVER = 64;

/**
 * The times of the series that was seen last. Series of one target are scraped at the same moments, and follow one another in
 * most selections: where windows lie in one of them holds for the next.
 */
export class KnownTimes {
  readonly #budget: Pick<QueryBudget, 'takeBytes'>;
  readonly #isWorthIt: boolean;
  #times: Float64Array = NO_FLOATS;
  #length = -1;
  /** Series with other times than the one before, one after the other. */
  #misses = 0;

  /** `windowCount`: of what follows from the times. */
  constructor(windowCount: number, budget: Pick<QueryBudget, 'takeBytes'>) {
    this.#budget = budget;
    this.#isWorthIt = windowCount >= WINDOWS_MIN;
  }

  /** Whether these are the times of the call before; they are what the next call compares with. */
  areThoseOf({ length, times }: SampleColumn): boolean {
    if (!this.#isWorthIt) return false;
    if (length === this.#length && this.#areEqual(times)) {
      this.#misses = 0;
      return true;
    }
    this.#misses = this.#misses === PASSED_OVER ? 0 : this.#misses + 1;
    if (length > TIMES_MAX || this.#misses > PATIENCE) {
      this.#length = -1;
      return false;
    }
    if (this.#times.length < length) {
      const room = Math.min(TIMES_MAX, 2 * length);
      this.#budget.takeBytes(8 * room);
      this.#times = new Float64Array(room);
    }
    const known = this.#times;
    for (let i = 0; i < length; i++) known[i] = times[i]!;
    this.#length = length;
    return false;
  }

  #areEqual(times: Float64Array): boolean {
    const known = this.#times;
    const length = this.#length;
    for (let i = 0; i < length; i++) if (known[i] !== times[i]) return false;
    return true;
  }
}
