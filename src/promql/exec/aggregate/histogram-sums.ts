import type { Spend } from '../../../kernels/blocks.ts';
import { compactHistogram } from '../../../model/histogram-ops.ts';
import { HistogramTotal } from '../../../model/histogram-totals.ts';
import { histogramWork, partsWork } from '../../../model/histogram-work.ts';
import {
  counterResetCollision,
  mismatchedCustomBuckets,
  mixedExponentialCustom,
} from '../../functions/annotation-texts.ts';
import type { Annotations } from '../../steps/annotations.ts';
import { dropHistograms, type StepColumn } from '../../steps/step-column.ts';
import type { PositionRange } from '../../syntax/ast.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { MAP_ENTRY_BYTES } from '../sizes.ts';

/** Of a running sum; and of each bucket in it: its index, its count and what compensates that. */
const TOTAL_BYTES = 600;
const BUCKET_BYTES = 24;

/**
 * The native histograms of a `sum` or `avg`, beside the floats that the fold itself adds up. A group that has both on a
 * step, or histograms that can not be added, has no answer there.
 */
export class HistogramSums {
  readonly #op: 'sum' | 'avg';
  readonly #position: PositionRange;
  readonly #annotations: Annotations;
  readonly #budget: QueryBudget;
  readonly #nameOf: (row: number) => string;
  /** Cell of group and step -> its histograms; null where a float came first, after which no histogram is looked at. */
  readonly #totals = new Map<number, HistogramTotal | null>();
  /** What `#totals` takes. */
  #bytes = 0;
  /** Cells whose histograms can not be added, and that had a float before: later floats are not looked at there. */
  readonly #mixed = new Set<number>();

  /** `nameOf` gives the metric name of an input row; `position` is that of the input. */
  constructor(
    op: 'sum' | 'avg',
    position: PositionRange,
    { annotations, budget }: Pick<QueryContext, 'annotations' | 'budget'>,
    nameOf: (row: number) => string,
  ) {
    this.#op = op;
    this.#position = position;
    this.#annotations = annotations;
    this.#budget = budget;
    this.#nameOf = nameOf;
  }

  /**
   * Takes the histograms out of a column and adds them to the group whose first cell is `base`. `floats` is not 0 for the cells
   * that had a float.
   */
  take(column: StepColumn, base: number, row: number, floats: Uint8Array | Float64Array, spend: Spend): void {
    const histograms = column.histograms!;
    for (let i = 0; i < column.present.length; i++) {
      const histogram = histograms[i];
      if (column.present[i] === 0 || histogram === undefined) continue;
      spend(histogramWork(histogram));
      const total = this.#totals.get(base + i);
      if (total === undefined) {
        const isFirst = floats[base + i] === 0;
        const buckets = histogram.positiveCounts.length + histogram.negativeCounts.length;
        const bytes = MAP_ENTRY_BYTES + (isFirst ? TOTAL_BYTES + BUCKET_BYTES * buckets : 0);
        this.#budget.takeBytes(bytes);
        this.#bytes += bytes;
        this.#totals.set(base + i, isFirst ? new HistogramTotal(histogram, this.#op === 'avg') : null);
        continue;
      }
      if (total === null) continue;
      const { isCompatible, boundsReconciled } = total;
      spend(partsWork(total.buckets));
      total.add(histogram);
      if (isCompatible && !total.isCompatible) {
        this.#annotations.warn(mixedExponentialCustom(this.#nameOf(row)), this.#position);
        if (floats[base + i] !== 0) this.#mixed.add(base + i);
      }
      if (!boundsReconciled && total.boundsReconciled) {
        this.#annotations.info(mismatchedCustomBuckets('aggregation'), this.#position);
      }
    }
    dropHistograms(column, spend);
  }

  /** Forgets a cell; all of them take about the same. */
  #letGo(cell: number): void {
    const bytes = Math.floor(this.#bytes / this.#totals.size);
    this.#totals.delete(cell);
    this.#bytes -= bytes;
    this.#budget.giveBack(bytes);
  }

  /** Writes the group's histograms beside the floats that `out` has already. */
  give(base: number, out: StepColumn, spend: Spend): void {
    if (this.#totals.size === 0) return;
    const { present } = out;
    for (let i = 0; i < present.length; i++) {
      const total = this.#totals.get(base + i);
      if (total === undefined) continue;
      this.#letGo(base + i);
      const isMixed = total === null || total.isCompatible ? present[i] === 1 : this.#mixed.has(base + i);
      if (isMixed) this.#annotations.warn('encountered a mix of histograms and floats for aggregation', this.#position);
      if (isMixed || total === null || !total.isCompatible) {
        present[i] = 0;
        continue;
      }
      if (total.counterResetCollision) this.#annotations.warn(counterResetCollision('aggregation'), this.#position);
      out.histograms ??= new Array(present.length).fill(undefined);
      const result = this.#op === 'sum' ? total.sum() : total.mean();
      spend(histogramWork(result));
      out.histograms[i] = compactHistogram(result);
      present[i] = 1;
    }
  }
}
