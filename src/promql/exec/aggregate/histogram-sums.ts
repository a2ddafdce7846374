import { QueryError } from '../query-error.ts';
import type { StepColumn } from '../step-column.ts';

/** The native histograms of a `sum` or `avg`. */
export class HistogramSums {
  readonly #op: string;

  constructor(op: 'sum' | 'avg') {
    this.#op = op;
  }

  /** Takes the histograms out of a column and adds them to the group whose first cell is `base`. */
  take(column: StepColumn, base: number): void {
    void column;
    void base;
    throw new QueryError('execution', `${this.#op} of native histograms is not supported yet`);
  }

  /** Writes the group's histograms beside the floats that `out` has already. */
  give(base: number, out: StepColumn): void {
    void base;
    void out;
  }
}
