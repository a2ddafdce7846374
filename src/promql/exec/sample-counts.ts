import { blockEnd, type Spend, untold } from '../../kernels/blocks.ts';
import { firstLater } from '../../kernels/first-later.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Bounds } from '../functions/contracts.ts';
import { type Grid, gridEnd, type Window } from '../steps/grid.ts';
import type { StepColumn } from '../steps/step-column.ts';
import type { QueryBudget } from './budget.ts';
import { columnWeight, histogramWeight } from './histogram-weight.ts';

/** Steps of a subquery between two calls of `spend`. */
const READS_TOLD = 16_384;

/** How the counts of a part with a grid of its own go into those of the part around it. */
export type CountsRole =
  /** Evaluated once for all steps: every step looked at its samples, but they were read once. */
  | { readonly kind: 'invariant' }
  /** A subquery under a range function, which itself counts what its windows look at. */
  | { readonly kind: 'windows'; readonly offsetMs: number; readonly rangeMs: number }
  /** A subquery that is the answer itself. */
  | { readonly kind: 'answer' };

/**
 * Counts the samples that one grid's evaluation looked at (`total`: a window counts whole on every step) and read
 * (`read`: without what the previous step's window held already), as the `stats` of an answer and the engine's own
 * metrics give them. A histogram counts by its size.
 */
export class SampleCounts {
  total = 0;
  read = 0;
  readonly grid: Grid;
  readonly totalPerStep: Float64Array | null;
  readonly readPerStep: Float64Array | null;
  readonly #children: { readonly counts: SampleCounts; readonly role: CountsRole }[] = [];

  constructor(grid: Grid, perStep: 'perStep' | 'sums') {
    this.grid = grid;
    this.totalPerStep = perStep === 'perStep' ? new Float64Array(grid.count) : null;
    this.readPerStep = perStep === 'perStep' ? new Float64Array(grid.count) : null;
  }

  /** Counts for a part of the query that runs on another grid. */
  child(grid: Grid, role: CountsRole): SampleCounts {
    const counts = new SampleCounts(grid, role.kind === 'invariant' ? 'sums' : 'perStep');
    this.#children.push({ counts, role });
    return counts;
  }

  /** Adds a column of an instant selector; returns how much it weighs. */
  addColumn(column: StepColumn, budget: QueryBudget): number {
    const { present, histograms } = column;
    const weight = columnWeight(column, budget.spending);
    this.total += weight;
    this.read += weight;
    if (this.totalPerStep === null) return weight;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, budget.spending);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        const histogram = histograms === null ? undefined : histograms[i];
        const each = histogram === undefined ? 1 : histogramWeight(histogram);
        this.totalPerStep[i]! += each;
        this.readPerStep![i]! += each;
      }
    }
    return weight;
  }

  /** `addWindows` for floats whose windows have these bounds. */
  addBounds({ from, to }: Bounds, window: Window, reads: boolean, { spending }: QueryBudget): void {
    const fixed = window.step === 0;
    const { totalPerStep, readPerStep } = this;
    let total = 0;
    let read = 0;
    let fresh = 0;
    for (let i = 0; i < window.count; ) {
      const stop = blockEnd(i, window.count, spending);
      for (; i < stop; i++) {
        const start = from[i]!;
        const end = to[i]!;
        total += end - start;
        if (totalPerStep !== null) totalPerStep[i]! += end - start;
        const own = end - (fresh > start ? fresh : start);
        fresh = end;
        if (!reads || (fixed && i > 0)) continue;
        read += own;
        if (readPerStep !== null) readPerStep[i]! += own;
      }
    }
    this.total += total;
    this.read += read;
  }

  /** Adds what the windows of a range function saw of one series. `reads`: the samples come from the storage. */
  addWindows(samples: SampleColumn, window: Window, reads: boolean, { spending }: QueryBudget): void {
    const { times, length } = samples;
    const weights = samples.histograms === null ? null : prefixWeights(samples, spending);
    const fixed = window.step === 0;
    const { totalPerStep, readPerStep } = this;
    let total = 0;
    let read = 0;
    let from = 0;
    let to = 0;
    for (let i = 0; i < window.count; ) {
      const stop = blockEnd(i, window.count, spending);
      for (; i < stop; i++) {
        const end = window.firstEnd + i * window.step;
        const start = end - window.range;
        // Samples before this one were in reach of the previous step.
        const fresh = to;
        if (to < length && times[to]! <= end) to = firstLater(times, to, length, end);
        if (from < to && times[from]! <= start) from = firstLater(times, from, to, start);
        const all = weights === null ? to - from : weights[to]! - weights[from]!;
        total += all;
        if (totalPerStep !== null) totalPerStep[i]! += all;
        if (!reads || (fixed && i > 0)) continue;
        const first = fresh > from ? fresh : from;
        const own = weights === null ? to - first : weights[to]! - weights[first]!;
        read += own;
        if (readPerStep !== null) readPerStep[i]! += own;
      }
    }
    this.total += total;
    this.read += read;
  }

  /** Adds samples to one step; `read` as well. */
  addAt(step: number, samples: number): void {
    this.total += samples;
    this.read += samples;
    if (this.totalPerStep === null) return;
    this.totalPerStep[step]! += samples;
    this.readPerStep![step]! += samples;
  }

  /** Takes in the counts of all parts; to be called once, when the query has run. */
  collect(spend: Spend = untold): void {
    for (const { counts, role } of this.#children) {
      counts.collect(spend);
      switch (role.kind) {
        case 'invariant':
          this.#addTotal(counts.total, 0, this.grid.count, spend);
          this.#addRead(0, counts.read);
          break;
        case 'windows':
          this.#addSubqueryReads(counts, role.offsetMs, role.rangeMs, spend);
          break;
        case 'answer':
          this.#addTotal(counts.total, this.grid.count - 1, this.grid.count, spend);
          this.#addSubqueryReads(counts, 0, 0, spend);
          break;
      }
    }
    this.#children.length = 0;
  }

  #addTotal(samples: number, fromStep: number, toStep: number, spend: Spend): void {
    this.total += samples * Math.max(0, toStep - fromStep);
    if (this.totalPerStep === null || samples === 0) return;
    for (let i = fromStep; i < toStep; ) {
      const stop = blockEnd(i, toStep, spend);
      for (; i < stop; i++) this.totalPerStep[i]! += samples;
    }
  }

  #addRead(step: number, samples: number): void {
    this.read += samples;
    if (this.readPerStep !== null && step < this.grid.count) this.readPerStep[step]! += samples;
  }

  /** Each inner step belongs to the first outer step that can see it; those between two windows count for nobody. */
  #addSubqueryReads(inner: SampleCounts, offsetMs: number, rangeMs: number, spend: Spend): void {
    const { grid } = this;
    if (grid.count <= 1) {
      this.#addRead(0, inner.read);
      return;
    }
    for (let k = 0; k < inner.grid.count; k++) {
      if (k % READS_TOLD === 0) spend(READS_TOLD);
      const samples = inner.readPerStep![k]!;
      if (samples === 0) continue;
      const time = inner.grid.start + k * inner.grid.step + offsetMs;
      const step = time > grid.start ? Math.min(grid.count - 1, Math.ceil((time - grid.start) / grid.step)) : 0;
      const windowEnd = Math.min(grid.start + step * grid.step, gridEnd(grid));
      if (rangeMs > 0 && time <= windowEnd - rangeMs) continue;
      this.#addRead(step, samples);
    }
  }
}

/** Entry i: the weight of the first i samples. */
function prefixWeights(samples: SampleColumn, spend: Spend): Float64Array {
  const weights = new Float64Array(samples.length + 1);
  for (let i = 0; i < samples.length; ) {
    const stop = blockEnd(i, samples.length, spend);
    for (; i < stop; i++) {
      const histogram = samples.histograms![i];
      weights[i + 1] = weights[i]! + (histogram === undefined ? 1 : histogramWeight(histogram));
    }
  }
  return weights;
}
