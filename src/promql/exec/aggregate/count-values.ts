import type { Spend } from '../../../kernels/blocks.ts';
import { goFloatPlain } from '../../../model/go-float.ts';
import { histogramWork } from '../../../model/histogram-work.ts';
import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import { TextMap } from '../../../std/text-map.ts';
import type { AggregatePlan } from '../../plan/plan.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import { histogramText } from '../histogram-text.ts';
import { nameSet } from '../name-set.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { keyBytes } from '../sizes.ts';
import { comparingTexts, labelsLength, UNITS_PER_WORK } from '../text-work.ts';
import { labelsOfGroup } from './group-rows.ts';
import { StepCounts } from './step-counts.ts';

/** Of an output series with its own map, beside labels and texts. */
const OUTPUT_BYTES = 500;
/** Finding the output series of a value is as much work as so many samples, beside its texts. */
const OUTPUT_WORK = 200;
/** The text of a value, in samples looked at. */
const TEXT_WORK = 20;

/** count_values: labels depend on the values, so the input is read before the labels are known. */
export class CountValues implements VectorOperator {
  readonly #plan: AggregatePlan;
  readonly #input: VectorOperator;
  readonly #context: QueryContext;
  readonly #count: number;
  #out: StepColumn | null = null;
  /** Labels that are left out, or those that stay. */
  readonly #names: ReadonlySet<string>;
  /** For each output series: how many have its value on each step. Most steps of most values have none. */
  #rows: StepCounts[] = [];
  #at = 0;

  constructor(plan: AggregatePlan, input: VectorOperator, scope: Scope, context: QueryContext) {
    this.#plan = plan;
    this.#input = input;
    this.#context = context;
    this.#count = scope.grid.count;
    const { grouping, without, valueLabel } = plan;
    this.#names = nameSet(grouping, context.budget.spending, without ? METRIC_NAME : valueLabel);
  }

  async series(): Promise<SeriesHeads> {
    const { budget } = this.#context;
    const before = budget.current;
    const heads = await this.#input.series();
    const headsPlace = budget.held.hold(heads);
    const comparing = comparingTexts(budget);
    const numbers = new TextMap<number>(comparing);
    const numbersPlace = budget.held.hold(numbers);
    const labels: Labels[] = [];
    const labelsPlace = budget.held.hold(labels);
    const rows: StepCounts[] = [];
    this.#rows = rows;
    let held = 0;
    await drain(this.#input, budget, (column, row) => {
      const known = new TextMap<number>(comparing);
      for (let step = 0; step < column.present.length; step++) {
        if (column.present[step] === 0) continue;
        budget.spend(TEXT_WORK * (1 + histogramWork(column.histograms?.[step])));
        const text = valueText(column, step, budget.spending);
        let output = known.get(text);
        if (output === undefined) {
          output = this.#outputOf(heads.labels[row]!, text, numbers, labels);
          known.set(text, output);
        }
        const counts = (rows[output] ??= new StepCounts(this.#count));
        if (counts.add(step, budget)) held++;
      }
    });
    budget.settle(before, held);
    for (const place of [labelsPlace, numbersPlace, headsPlace]) budget.held.letGo(place);
    return { labels, dropName: null };
  }

  next(): StepColumn | null {
    const counts = this.#rows[this.#at++];
    if (counts === undefined) return null;
    const { budget } = this.#context;
    const out = (this.#out ??= budget.column(this.#count));
    out.histograms = null;
    counts.fill(out, budget);
    return out;
  }

  /** The value becomes a label before the series is grouped, and stays in the group's labels. */
  #outputOf(series: Labels, text: string, numbers: TextMap<number>, labels: Labels[]): number {
    const { budget } = this.#context;
    const { without, valueLabel } = this.#plan;
    const group = labelsOfGroup(series.with(valueLabel, text), this.#names, without);
    // The key has all of its texts, which may be long.
    budget.spend(OUTPUT_WORK + labelsLength(group) / UNITS_PER_WORK);
    let output = numbers.get(group.key);
    if (output === undefined) {
      output = labels.length;
      numbers.set(group.key, output);
      budget.takeLabels(group, OUTPUT_BYTES + text.length + keyBytes(group.key));
      labels.push(group);
    }
    return output;
  }
}

function valueText(column: StepColumn, step: number, spend: Spend): string {
  const histogram = column.histograms === null ? undefined : column.histograms[step];
  return histogram === undefined ? goFloatPlain(column.values[step]!) : histogramText(histogram, spend);
}
