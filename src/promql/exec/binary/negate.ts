import { blockEnd } from '../../../kernels/blocks.ts';
import { histogramWork } from '../../../model/histogram-work.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { droppedNames } from '../names.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { negateHistogram } from './histogram-elements.ts';

/** `-v`. */
export class NegateVector implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #context: QueryContext;

  constructor(input: VectorOperator, context: QueryContext) {
    this.#input = input;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    return droppedNames(await this.#input.series(), this.#context);
  }

  next(): StepColumn | null {
    const column = this.#input.next();
    if (column === null) return null;
    const { values, histograms } = column;
    for (let i = 0; i < values.length; ) {
      const stop = blockEnd(i, values.length, this.#context.budget.spending);
      for (; i < stop; i++) values[i] = -values[i]!;
    }
    if (histograms === null) return column;
    for (let i = 0; i < histograms.length; i++) {
      const histogram = histograms[i];
      this.#context.budget.spend(histogramWork(histogram));
      if (histogram !== undefined) histograms[i] = negateHistogram(histogram);
    }
    return column;
  }
}
