import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import { firstLater } from '../../../kernels/first-later.ts';
import type { Labels } from '../../../model/labels.ts';
import type { Window } from '../../steps/grid.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import type { RangeOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** One series with value 1 on every step on which the input has nothing. */
export class Absent implements VectorOperator {
  readonly #labels: Labels;
  readonly #input: VectorOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;
  #answer: StepColumn | null = null;

  constructor(labels: Labels, input: VectorOperator, scope: Scope, context: QueryContext) {
    this.#labels = labels;
    this.#input = input;
    this.#scope = scope;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const answer = onesColumn(this.#scope.grid.count, this.#context.budget);
    const { budget } = this.#context;
    const before = budget.current;
    await this.#input.series();
    await drain(this.#input, budget, ({ present }) => {
      for (let i = 0; i < present.length; ) {
        const stop = blockEnd(i, present.length, budget.spending);
        for (; i < stop; i++) if (present[i] === 1) answer.present[i] = 0;
      }
    });
    budget.settle(before, answer.present.length);
    this.#answer = answer;
    return { labels: [this.#labels], dropName: null };
  }

  next(): StepColumn | null {
    const answer = this.#answer;
    this.#answer = null;
    return answer;
  }
}

/** The same for windows: value 1 where no series has a sample in the window. */
export class AbsentOverTime implements VectorOperator {
  readonly #labels: Labels;
  readonly #input: RangeOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;
  #answer: StepColumn | null = null;

  constructor(labels: Labels, input: RangeOperator, scope: Scope, context: QueryContext) {
    this.#labels = labels;
    this.#input = input;
    this.#scope = scope;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const answer = onesColumn(this.#scope.grid.count, this.#context.budget);
    const { budget } = this.#context;
    await this.#input.series();
    const samples = budget.samples();
    while (this.#input.next(samples)) {
      clearSeen(samples.times, samples.length, this.#input.window, answer.present, budget.spending);
      this.#scope.counts.addWindows(samples, this.#input.seen, this.#input.isRead, budget);
      budget.spend(samples.length + answer.present.length);
      if (budget.pauseDue) await budget.pause();
    }
    this.#answer = answer;
    return { labels: [this.#labels], dropName: this.#context.features.delayedNameRemoval ? new Uint8Array([1]) : null };
  }

  next(): StepColumn | null {
    const answer = this.#answer;
    this.#answer = null;
    return answer;
  }
}

function onesColumn(count: number, budget: QueryBudget): StepColumn {
  const column = budget.column(count);
  column.values.fill(1);
  column.present.fill(1);
  return column;
}

function clearSeen(times: Float64Array, length: number, window: Window, present: Uint8Array, spend: Spend): void {
  let next = 0;
  for (let i = 0; i < window.count; ) {
    const stop = blockEnd(i, window.count, spend);
    for (; i < stop; i++) {
      const end = window.firstEnd + i * window.step;
      if (next < length && times[next]! <= end) next = firstLater(times, next, length, end);
      if (next > 0 && times[next - 1]! > end - window.range) present[i] = 0;
    }
  }
}
