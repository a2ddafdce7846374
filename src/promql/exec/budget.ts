import type { Spend } from '../../kernels/blocks.ts';
import type { Labels } from '../../model/labels.ts';
import type { Clock } from '../../std/clock.ts';
import { createSampleColumn, noteHistogramBytes, type ReadCosts, type SampleColumn } from '../../storage/query.ts';
import { createStepColumn, type StepColumn } from '../steps/step-column.ts';
import { HeldLists } from './held-lists.ts';
import { canceledError, QueryError, timeoutError, tooManyBytesError, tooManySamplesError } from './query-error.ts';
import { CELL_BYTES, COLUMN_BYTES, columnBytes, histogramsBytes, labelsBytes, longTextBytes } from './sizes.ts';
import { TooMuchWork } from './too-much-work.ts';

/**
 * Says whether the query is still wanted: an `AbortSignal`, or a look at memory that another thread writes. A reason that
 * is a `QueryError` is what the query ends with.
 */
export type CancelSignal = Pick<AbortSignal, 'aborted' | 'reason'>;

export interface BudgetOptions {
  /** Samples that a query may hold at once, counted as the reference counts them; above it fails. */
  readonly samplesMax: number;
  /** Bytes that a query may have allocated, as `QueryBudget` counts them; above it fails. */
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

/** One look at the clock for so much work (samples and steps), about a tenth of a millisecond. */
const WORK_PER_LOOK = 20_000;
/** And one for so many buffers: V8 may mark its heap for 5 ms at each that is made (docs/decisions/0051). */
const BUFFERS_PER_LOOK = 2;
/** What takes fewer bytes is no buffer, or one that lies in V8's heap. */
const BUFFER_BYTES_MIN = 256;

/**
 * What one query may use: samples and bytes in memory, time, and the event loop's patience.
 *
 * Bytes are those of what is allocated for the query and grows with it: columns, states of groups, label sets, buffers
 * that samples are decoded into, tables that groups are found by, histograms, the answer. They are counted before they are
 * allocated, and stay counted until the query ends, but for large things that an operator is known to let go of early.
 */
export class QueryBudget implements ReadCosts {
  /** Samples held now, and the most so far. */
  current = 0;
  peak = 0;
  /** Set when it is time for `pause()`; loops that can wait look at it between two series. */
  pauseDue = false;
  /** What V8 should find of the query without its call stack. */
  readonly held = new HeldLists();

  /** Steps of all columns and group states that operators keep, used or not. */
  #cells = 0;
  /** Allocated so far and not let go of, without the answer. */
  #bytes = 0;
  #bytesPeak = 0;
  /** Let go of so far. */
  #bytesBack = 0;
  #answerBytes = 0;
  /** Label sets that were read, and whose long texts are counted. */
  readonly #withLongTexts = new WeakSet<Labels>();
  readonly #options: BudgetOptions;
  readonly #deadline: number;
  #lastPause: number;
  #work = 0;
  /** Buffers since the last look. */
  #buffers = 0;
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
   * Counts `cells` of column state (series or groups x steps) that an operator is about to allocate, before it does, of so many
   * bytes each. They stay for the rest of the query. The limit is that of samples: a dense column of few samples takes memory too.
   */
  keep(cells: number, bytesEach = CELL_BYTES): void {
    this.#cells += cells;
    if (this.#cells > this.#options.samplesMax) throw tooManySamplesError();
    this.takeBytes(bytesEach * cells);
  }

  /** As `keep`, for a copy of a column: with few steps most of its bytes are not theirs. */
  keepColumn(column: StepColumn): void {
    this.keep(column.present.length, 0);
    this.takeBytes(columnBytes(column, this.spending));
  }

  /** Counts a copy of a column that stands in for the state of an operator that is not run: samples are not counted again. */
  takeColumn(column: StepColumn): void {
    this.takeBytes(columnBytes(column, this.spending));
  }

  /** Counts bytes that only save time, unless they would bring the query near its limit; false where they would. */
  tryBytes(bytes: number): boolean {
    if (2 * (this.bytes + bytes) > this.#options.bytesMax) return false;
    this.takeBytes(bytes);
    return true;
  }

  /** Bytes that the query has. */
  get bytes(): number {
    return this.#bytes + this.#answerBytes;
  }

  /** The most that it had so far. */
  get bytesPeak(): number {
    return Math.max(this.#bytesPeak, this.bytes);
  }

  /** Bytes allocated so far, let go of or not. */
  get bytesTaken(): number {
    return this.bytes + this.#bytesBack;
  }

  /** Counts bytes that are about to be allocated; looks at the clock now and then. */
  takeBytes(bytes: number): void {
    const { bytesMax } = this.#options;
    if (this.bytes + bytes > bytesMax) throw tooManyBytesError(this.bytes, bytes, bytesMax);
    this.#bytes += bytes;
    if (bytes >= BUFFER_BYTES_MIN && ++this.#buffers >= BUFFERS_PER_LOOK) this.check();
  }

  /** Takes back what was counted for something that nobody has any more. */
  giveBack(bytes: number): void {
    this.#bytesPeak = this.bytesPeak;
    this.#bytes -= bytes;
    this.#bytesBack += bytes;
  }

  /** Counts the answer as it is now. */
  noteAnswer(bytes: number): void {
    const more = bytes - this.#answerBytes;
    if (this.bytes + more > this.#options.bytesMax) throw tooManyBytesError(this.bytes, more, this.#options.bytesMax);
    this.#answerBytes = bytes;
  }

  /** A column of `count` steps, counted. */
  column(count: number): StepColumn {
    this.takeBytes(COLUMN_BYTES + CELL_BYTES * count);
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

  /**
   * Counts a label set that was read. Long texts are read anew by each who reads them, unless the very same label set comes again;
   * others are shared.
   */
  takeReadLabels(labels: Labels): void {
    const textBytes = longTextBytes(labels);
    const isNew = textBytes > 0 && !this.#withLongTexts.has(labels);
    if (isNew) this.#withLongTexts.add(labels);
    this.takeLabels(labels, isNew ? textBytes : 0);
  }

  /** A buffer that series are read into, counted while it grows; reading long ones looks at the clock. */
  samples(): SampleColumn {
    return createSampleColumn(0, this);
  }

  /** Counts the histograms of a series that was read: the most that its buffer ever had. */
  noteHistograms(samples: SampleColumn): void {
    if (samples.histograms !== null)
      noteHistogramBytes(samples, histogramsBytes(samples.histograms, samples.length, this.spending));
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
    this.#buffers = 0;
    const { signal } = this.#options;
    checkWanted(signal);
    if (this.#spent > this.#spentMax) throw new TooMuchWork(`${this.#spent} samples and steps`);
    const now = this.#options.clock.monotonic();
    if (now > this.#deadline) throw timeoutError(this.#options.timeoutMs);
    if (now - this.#lastPause <= this.#options.pauseAfterMs) return;
    if (this.#spentMax < Number.POSITIVE_INFINITY) throw new TooMuchWork(`${this.#options.pauseAfterMs} ms`, true);
    this.pauseDue = true;
  }

  async pause(): Promise<void> {
    await this.#options.pause();
    this.pauseDue = false;
    this.#lastPause = this.#options.clock.monotonic();
    this.check();
  }
}
