import { blockEnd } from '../../../kernels/blocks.ts';
import { goFloatFromText } from '../../../model/go-float.ts';
import { goQuote, type Labels, METRIC_NAME } from '../../../model/labels.ts';
import type { HistogramGroup } from '../../functions/contracts.ts';
import { copyStepColumn, dropHistograms, isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { PositionRange } from '../../syntax/ast.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { LabelGroups } from '../label-groups.ts';
import { ENTRY_BYTES, keyBytes, LIST_BYTES, MAP_ENTRY_BYTES } from '../sizes.ts';

/** The label that holds the upper bound of a classic bucket. */
const BUCKET_LABEL = 'le';

/** Of a histogram beside its labels: its object, two lists, and its entries in two more. */
const GROUP_BYTES = 64 + 2 * LIST_BYTES + 2 * ENTRY_BYTES;

/** A histogram as the engine knows it; what functions see of it is made by `toGroup`. */
export interface CollectedHistogram {
  /** Labels without `le`, metric name included. */
  readonly labels: Labels;
  readonly bounds: number[];
  readonly buckets: StepColumn[];
  native: StepColumn | null;
}

/**
 * Sorts series into histograms: classic buckets by their labels without `le`, native histograms by all their labels.
 * Needs all buckets at once, so it holds its input: series x steps.
 */
export class HistogramGroups {
  readonly histograms: CollectedHistogram[] = [];
  /** Numbers series by their labels without `le`. */
  readonly #numbers: LabelGroups;
  readonly #byNumber: (CollectedHistogram | undefined)[] = [];
  /** Native histograms that have an `le` of their own. */
  readonly #odd = new Map<string, CollectedHistogram>();
  readonly #context: QueryContext;
  readonly #position: PositionRange;

  /** `position` is that of the vector argument. */
  constructor(context: QueryContext, position: PositionRange) {
    this.#context = context;
    this.#numbers = new LabelGroups((name) => name !== BUCKET_LABEL, context.budget);
    this.#position = position;
  }

  /** Takes in a series; its column is changed. */
  add(labels: Labels, column: StepColumn): void {
    if (column.histograms !== null) {
      const native = nativePart(column, this.#context.budget);
      if (native !== null) this.#nativeGroupOf(labels).native = native;
      dropHistograms(column, this.#context.budget.spending);
    }
    if (isEmptyColumn(column)) return;
    const text = labels.get(BUCKET_LABEL);
    this.#context.budget.spend(text.length);
    const bound = goFloatFromText(text);
    if (bound === null) {
      this.#warnOfBound(labels, text);
      return;
    }
    const group = this.#groupOf(labels);
    group.bounds.push(bound);
    this.#context.budget.keepColumn(column);
    group.buckets.push(copyStepColumn(column));
  }

  /** The group of a series of classic buckets, whose labels are the series' without `le`. */
  #groupOf(labels: Labels): CollectedHistogram {
    const number = this.#numbers.numberOf(labels);
    let group = this.#byNumber[number];
    if (group === undefined) {
      group = this.#create(labels.without(BUCKET_LABEL));
      this.#byNumber[number] = group;
    }
    return group;
  }

  /** The group of a native histogram, whose labels are all of the series'. */
  #nativeGroupOf(labels: Labels): CollectedHistogram {
    if (!labels.has(BUCKET_LABEL)) return this.#groupOf(labels);
    let group = this.#odd.get(labels.key);
    if (group === undefined) {
      group = this.#create(labels);
      this.#context.budget.takeBytes(keyBytes(labels.key) + MAP_ENTRY_BYTES);
      this.#odd.set(labels.key, group);
    }
    return group;
  }

  #create(labels: Labels): CollectedHistogram {
    this.#context.budget.takeLabels(labels, GROUP_BYTES);
    const group = { labels, bounds: [], buckets: [], native: null };
    this.histograms.push(group);
    return group;
  }

  #warnOfBound(labels: Labels, text: string): void {
    const name = this.#context.features.delayedNameRemoval ? labels.get(METRIC_NAME) : '';
    const of = name === '' ? '' : ` for metric name ${goQuote(name)}`;
    this.#context.annotations.warn(
      `bucket label "le" is missing or has a malformed value of ${goQuote(text)}${of}`,
      this.#position,
    );
  }
}

/** The form in which functions see a histogram: buckets by rising bound. */
export function toGroup(histogram: CollectedHistogram, context: QueryContext): HistogramGroup {
  const { bounds, buckets, labels, native } = histogram;
  const order = bounds.map((_, index) => index).sort((a, b) => bounds[a]! - bounds[b]!);
  return {
    labels,
    metricName: context.features.delayedNameRemoval ? labels.get(METRIC_NAME) : '',
    upperBounds: Float64Array.from(order, (index) => bounds[index]!),
    hasNaNBound: bounds.some(Number.isNaN),
    buckets: order.map((index) => buckets[index]!),
    places: order,
    native,
  };
}

/** The steps of a column that hold histograms, as a column of their own; null where there are none. */
function nativePart(column: StepColumn, budget: QueryBudget): StepColumn | null {
  const histograms = column.histograms!;
  const { length } = column.present;
  budget.keepColumn(column);
  const present = new Uint8Array(length);
  let found = false;
  for (let i = 0; i < length; ) {
    const stop = blockEnd(i, length, budget.spending);
    for (; i < stop; i++) {
      if (column.present[i] === 0 || histograms[i] === undefined) continue;
      present[i] = 1;
      found = true;
    }
  }
  return found ? { values: new Float64Array(length), present, histograms: histograms.slice() } : null;
}
