import type { Clock } from '../../std/clock.ts';
import { canceledError, timeoutError, tooManySamplesError } from './query-error.ts';

/** Says whether the query is still wanted: an `AbortSignal`, or a look at memory that another thread writes. */
export type CancelSignal = Pick<AbortSignal, 'aborted'>;

export interface BudgetOptions {
  /** Samples that a query may hold at once, counted as the reference counts them; above it fails. */
  readonly samplesMax: number;
  /** The query fails at the first look at the clock after so long. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: CancelSignal;
  /** Lets the event loop run; resolves when the query may go on. */
  readonly pause: () => Promise<void>;
  /** The query gives way after so long without a pause. */
  readonly pauseAfterMs: number;
}

/** One look at the clock for so much work (samples and steps), about a tenth of a millisecond. */
const WORK_PER_LOOK = 20_000;

/** What one query may use: samples in memory, time, and the event loop's patience. */
export class QueryBudget {
  /** Samples held now, and the most so far. */
  current = 0;
  peak = 0;
  /** Set when it is time for `pause()`; loops that can wait look at it between two series. */
  pauseDue = false;

  /** Steps of all columns and group states that operators keep, used or not. */
  #cells = 0;
  readonly #options: BudgetOptions;
  readonly #deadline: number;
  #lastPause: number;
  #work = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#lastPause = options.clock.monotonic();
    this.#deadline = this.#lastPause + options.timeoutMs;
  }

  /** Counts samples that are held from now on; `release` takes them back. */
  hold(samples: number): void {
    this.current += samples;
    if (this.current > this.peak) this.peak = this.current;
    if (this.current > this.#options.samplesMax) throw tooManySamplesError();
  }

  /** Sets the held samples back to what they were before a part of the query ran, plus what it left behind. */
  settle(before: number, result: number): void {
    this.current = before;
    this.hold(result);
  }

  /**
   * Counts `cells` of column state (series or groups x steps) that an operator is about to allocate, before it does. They
   * stay for the rest of the query. The limit is that of samples: a dense column of few samples takes memory too.
   */
  keep(cells: number): void {
    this.#cells += cells;
    if (this.#cells > this.#options.samplesMax) throw tooManySamplesError();
  }

  /** To be called for each series with the samples and steps it took; fails when the time is over. */
  spend(work: number): void {
    this.#work += work;
    if (this.#work >= WORK_PER_LOOK) this.check();
  }

  /** Looks at the clock and the cancel signal at once. */
  check(): void {
    this.#work = 0;
    if (this.#options.signal.aborted) throw canceledError();
    const now = this.#options.clock.monotonic();
    if (now > this.#deadline) throw timeoutError();
    if (now - this.#lastPause > this.#options.pauseAfterMs) this.pauseDue = true;
  }

  async pause(): Promise<void> {
    await this.#options.pause();
    this.pauseDue = false;
    this.#lastPause = this.#options.clock.monotonic();
    this.check();
  }
}
