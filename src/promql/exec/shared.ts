import { copyStepColumn, type StepColumn } from '../steps/step-column.ts';
import type { QueryBudget } from './budget.ts';
import { drain } from './drain.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from './operator.ts';

/** A vector that several parts of a query read: evaluated when the first of them asks, and held. */
export class SharedVector {
  readonly #input: VectorOperator;
  readonly #budget: QueryBudget;
  readonly columns: StepColumn[] = [];
  #heads: Promise<SeriesHeads> | null = null;

  constructor(input: VectorOperator, budget: QueryBudget) {
    this.#input = input;
    this.#budget = budget;
  }

  /** Resolves when all columns are there. */
  heads(): Promise<SeriesHeads> {
    this.#heads ??= this.#hold();
    return this.#heads;
  }

  async #hold(): Promise<SeriesHeads> {
    // Starts from a fresh call stack, whoever asks.
    await null;
    const heads = await this.#input.series();
    const budget = this.#budget;
    const place = budget.held.hold(heads);
    await drain(this.#input, budget, (column) => {
      budget.takeColumn(column);
      this.columns.push(copyStepColumn(column));
    });
    budget.held.letGo(place);
    return heads;
  }
}

/** One reader of a shared vector; its columns are copies, which the reader's user may overwrite. */
export class SharedVectorReader implements VectorOperator {
  readonly #source: SharedVector;
  readonly #count: number;
  readonly #budget: QueryBudget;
  #out: StepColumn | null = null;
  #at = 0;

  constructor(source: SharedVector, count: number, budget: QueryBudget) {
    this.#source = source;
    this.#count = count;
    this.#budget = budget;
  }

  series(): Promise<SeriesHeads> {
    return this.#source.heads();
  }

  next(): StepColumn | null {
    const column = this.#source.columns[this.#at++];
    if (column === undefined) return null;
    const out = (this.#out ??= this.#budget.column(this.#count));
    out.values.set(column.values);
    out.present.set(column.present);
    out.histograms = column.histograms === null ? null : column.histograms.slice();
    return out;
  }
}

/** A number on every step that several parts of a query read. */
export class SharedScalar implements ScalarOperator {
  readonly #input: ScalarOperator;
  #values: Promise<Float64Array> | null = null;

  constructor(input: ScalarOperator) {
    this.#input = input;
  }

  async read(): Promise<Float64Array> {
    await null;
    this.#values ??= this.#input.read();
    // Who asked may overwrite what he gets.
    return (await this.#values).slice();
  }
}
