import type { Spend } from '../../kernels/blocks.ts';
import type { Labels } from '../../model/labels.ts';
import type { Clock } from '../../std/clock.ts';
import { createSampleColumn, type ReadCosts, type SampleColumn } from '../../storage/query.ts';
import { canceledError, QueryError, timeoutError, tooManyBytesError, tooManySamplesError } from './query-error.ts';
import { createStepColumn, type StepColumn } from './step-column.ts';
import { TooMuchWork } from './too-much-work.ts';

/**
 * Says whether the query is still wanted: an `AbortSignal`, or a look at memory that another thread writes. A reason that
 * is a `QueryError` is what the query ends with.
 */
export type CancelSignal = Pick<AbortSignal, 'aborted' | 'reason'>;

export interface BudgetOptions {
  /** Samples that a query may hold at once, counted as the reference counts them; above it fails. */
  readonly samplesMax: number;
  /** Bytes of columns, group states, label sets and answer that a query may have allocated; above it fails. */
  readonly bytesMax: number;
  /** The query fails at the first look at the clock after so long. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: CancelSignal;
  /** Lets the event loop run; resolves when the query may go on. */
  readonly pause: () => Promise<void>;
  /** The query gives way after so long without a pause. */
  readonly pauseAfterMs: number;
  /**
   * It ends with `TooMuchWork` at the first look at the clock after so much work, as `spend` counts it, or where it should give
   * way: within a series it can not. Default: no limit.
   */
  readonly spentMax?: number;
}

/** Throws where a query is not wanted any more. */
export function checkWanted(signal: CancelSignal): void {
  if (signal.aborted) throw signal.reason instanceof QueryError ? signal.reason : canceledError();
}

/** Of a step in a column: its value and its mark. */
const CELL_BYTES = 9;
/** Of a column beside its steps: its object, two typed arrays, and what V8 keeps of each of those. */
const COLUMN_BYTES = 480;
/** Of a label set: the object and its list, and each name and value in it. The texts are shared. */
const LABELS_BYTES = 56;
const LABEL_TEXT_BYTES = 8;

/** One look at the clock for so much work (samples and steps), about a tenth of a millisecond. */
const WORK_PER_LOOK = 20_000;

/**
 * What one query may use: samples and bytes in memory, time, and the event loop's patience.
 *
 * Bytes are those of what is allocated for the query and grows with it: columns, states of groups, label sets, buffers
 * that samples are decoded into, the answer. They are counted before they are allocated, and for the whole query:
 * what an operator lets go of early is not taken back.
 */
export class QueryBudget implements ReadCosts {
  /** Samples held now, and the most so far. */
  current = 0;
  peak = 0;
  /** Set when it is time for `pause()`; loops that can wait look at it between two series. */
  pauseDue = false;

  /** Steps of all columns and group states that operators keep, used or not. */
  #cells = 0;
  /** Allocated so far, without the answer. */
  #bytes = 0;
  #answerBytes = 0;
  readonly #options: BudgetOptions;
  readonly #deadline: number;
  #lastPause: number;
  #work = 0;
  /** Before `#work`. */
  #spent = 0;
  readonly #spentMax: number;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#lastPause = options.clock.monotonic();
    this.#deadline = this.#lastPause + options.timeoutMs;
    this.#spentMax = options.spentMax ?? Number.POSITIVE_INFINITY;
  }

  /** Counts samples that are held from now on; `settle` takes them back. */
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
    this.takeBytes(CELL_BYTES * cells);
  }

  /** As `keep`, for a column of its own of so many steps: with few of them most of its bytes are not theirs. */
  keepColumn(steps: number): void {
    this.takeBytes(COLUMN_BYTES);
    this.keep(steps);
  }

  /** Counts a column that stands in for the state of an operator that is not run: samples are not counted again. */
  takeColumn(steps: number): void {
    this.takeBytes(COLUMN_BYTES + CELL_BYTES * steps);
  }

  /** Counts bytes that only save time, unless they would bring the query near its limit; false where they would. */
  tryBytes(bytes: number): boolean {
    if (2 * (this.bytes + bytes) > this.#options.bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Bytes allocated so far. */
  get bytes(): number {
    return this.#bytes + this.#answerBytes;
  }

  /** Counts bytes that are about to be allocated. */
  takeBytes(bytes: number): void {
    const { bytesMax } = this.#options;
    if (this.bytes + bytes > bytesMax) throw tooManyBytesError(this.bytes, bytes, bytesMax);
    this.#bytes += bytes;
  }

  /** Counts the answer as it is now. */
  noteAnswer(bytes: number): void {
    const more = bytes - this.#answerBytes;
    if (this.bytes + more > this.#options.bytesMax) throw tooManyBytesError(this.bytes, more, this.#options.bytesMax);
    this.#answerBytes = bytes;
  }

  /** A column of `count` steps, counted. */
  column(count: number): StepColumn {
    this.takeColumn(count);
    return createStepColumn(count);
  }

  /** Numbers for `count` steps, counted. */
  floats(count: number): Float64Array {
    this.takeBytes(8 * count);
    return new Float64Array(count);
  }

  /** Counts a label set made for this query; `textBytes` where it has a text of its own. */
  takeLabels(labels: Labels, textBytes = 0): void {
    this.takeBytes(labelsBytes(labels) + textBytes);
  }

  /** A buffer that series are read into, counted while it grows; reading long ones looks at the clock. */
  samples(): SampleColumn {
    return createSampleColumn(0, this);
  }

  /** `spend`, for loops over samples and steps (`blockEnd`). */
  readonly spending: Spend = (work) => this.spend(work);

  /** To be called for each series with the samples and steps it took; fails when the time is over. */
  spend(work: number): void {
    this.#work += work;
    if (this.#work >= WORK_PER_LOOK) this.check();
  }

  /** Looks at the clock and the cancel signal at once. */
  check(): void {
    this.#spent += this.#work;
    this.#work = 0;
    const { signal } = this.#options;
    checkWanted(signal);
    if (this.#spent > this.#spentMax) throw new TooMuchWork(`${this.#spent} samples and steps`);
    const now = this.#options.clock.monotonic();
    if (now > this.#deadline) throw timeoutError(this.#options.timeoutMs);
    if (now - this.#lastPause <= this.#options.pauseAfterMs) return;
    if (this.#spentMax < Number.POSITIVE_INFINITY) throw new TooMuchWork(`${this.#options.pauseAfterMs} ms`);
    this.pauseDue = true;
  }

  async pause(): Promise<void> {
    await this.#options.pause();
    this.pauseDue = false;
    this.#lastPause = this.#options.clock.monotonic();
    this.check();
  }
}

/** What a label set without texts of its own takes. */
export function labelsBytes({ pairs }: Labels): number {
  return LABELS_BYTES + LABEL_TEXT_BYTES * pairs.length;
}
