import { Labels } from '../../../model/labels.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';

/** `vector(s)`: one series without labels. */
export class VectorOf implements VectorOperator {
  readonly #input: ScalarOperator;
  #column: StepColumn | null = null;

  constructor(input: ScalarOperator) {
    this.#input = input;
  }

  async series(): Promise<SeriesHeads> {
    const values = await this.#input.read();
    this.#column = { values, present: new Uint8Array(values.length).fill(1), histograms: null };
    return { labels: [Labels.EMPTY], dropName: null };
  }

  next(): StepColumn | null {
    const column = this.#column;
    this.#column = null;
    return column;
  }
}
