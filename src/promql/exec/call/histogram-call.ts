import { blockEnd } from '../../../kernels/blocks.ts';
import { goFloatCompact } from '../../../model/go-float.ts';
import type { Labels } from '../../../model/labels.ts';
import type { AskedQuantile, FunctionContext } from '../../functions/contracts.ts';
import type { HistogramCallPlan, HistogramQuantilesPlan } from '../../plan/plan.ts';
import { countPresent, type StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import { droppedNames } from '../names.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { type CollectedHistogram, HistogramGroups, toGroup } from './histogram-groups.ts';

/** One output series: a histogram and what is asked of it; with `histogram_quantiles` on some steps only. */
interface Answer {
  readonly histogram: CollectedHistogram;
  readonly labels: Labels;
  readonly context: FunctionContext;
  /** null: not one of several quantiles. */
  readonly asked: AskedQuantile | null;
}

/** histogram_quantile, histogram_quantiles and histogram_fraction: one call for each histogram fills the whole grid. */
export class HistogramCall implements VectorOperator {
  readonly #plan: HistogramCallPlan | HistogramQuantilesPlan;
  readonly #input: VectorOperator;
  readonly #args: readonly ScalarOperator[];
  readonly #scope: Scope;
  readonly #context: QueryContext;
  #out: StepColumn | null = null;
  #answers: Answer[] = [];
  #at = 0;

  constructor(
    plan: HistogramCallPlan | HistogramQuantilesPlan,
    input: VectorOperator,
    args: readonly ScalarOperator[],
    scope: Scope,
    context: QueryContext,
  ) {
    this.#plan = plan;
    this.#input = input;
    this.#args = args;
    this.#scope = scope;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const { budget } = this.#context;
    const args: Float64Array[] = [];
    for (const arg of this.#args) args.push(await arg.read());
    this.#checkQuantiles(args);
    const before = budget.current;
    const heads = await this.#input.series();
    const headsPlace = budget.held.hold(heads);
    const vectorArgument = this.#plan.kind === 'histogramCall' ? this.#plan.vectorArgument : 0;
    const vectorPosition = this.#plan.call.argPositions[vectorArgument]!;
    this.#context.annotations.setMonotonicityGrid(vectorPosition, this.#scope.grid);
    const groups = new HistogramGroups(this.#context, vectorPosition);
    const groupsPlace = budget.held.hold(groups);
    await drain(this.#input, budget, (column, row) => {
      groups.add(heads.labels[row]!, column);
    });
    budget.settle(before, 0);
    const { labels } = droppedNames(
      { labels: groups.histograms.map((each) => each.labels), dropName: null },
      this.#context,
    );
    this.#answers =
      this.#plan.kind === 'histogramCall'
        ? this.#single(groups, labels, args)
        : this.#perQuantile(groups, labels, args);
    budget.held.letGo(groupsPlace);
    budget.held.letGo(headsPlace);
    const answered = this.#answers.map((answer) => answer.labels);
    const dropName = this.#context.features.delayedNameRemoval ? new Uint8Array(answered.length).fill(1) : null;
    return { labels: answered, dropName };
  }

  next(): StepColumn | null {
    const answer = this.#answers[this.#at++];
    if (answer === undefined) return null;
    const { budget } = this.#context;
    const out = (this.#out ??= budget.column(this.#scope.grid.count));
    out.histograms = null;
    const group = toGroup(answer.histogram, this.#context);
    answer.context.metricName = group.metricName;
    if (this.#plan.kind === 'histogramCall') this.#plan.run(group, out, answer.context);
    else this.#plan.run(group, out, answer.asked!, answer.context);
    budget.hold(countPresent(out, budget.spending));
    budget.spend(out.present.length * (1 + group.buckets.length));
    return out;
  }

  #single({ histograms }: HistogramGroups, labels: readonly Labels[], args: readonly Float64Array[]): Answer[] {
    const context = this.#functionContext(args);
    return histograms.map((histogram, i) => ({ histogram, labels: labels[i]!, context, asked: null }));
  }

  /** The quantile is a label, so each of its values makes a series of its own; it may change from step to step. */
  #perQuantile({ histograms }: HistogramGroups, heads: readonly Labels[], args: readonly Float64Array[]): Answer[] {
    const { label } = this.#plan as HistogramQuantilesPlan;
    const answers: Answer[] = [];
    if (histograms.length === 0) return answers;
    const { budget } = this.#context;
    const context = this.#functionContext(args);
    args.forEach((quantiles, index) => {
      for (const [text, steps] of stepsByText(quantiles, budget)) {
        for (let i = 0; i < histograms.length; i++) {
          const labels = heads[i]!.with(label, text);
          budget.takeLabels(labels, text.length);
          budget.spend(ANSWER_WORK);
          answers.push({ histogram: histograms[i]!, labels, context, asked: { index, steps } });
        }
      }
    });
    return answers;
  }

  #functionContext(args: readonly Float64Array[]): FunctionContext {
    const { annotations, budget, features } = this.#context;
    const { argPositions, position } = this.#plan.call;
    const { grid } = this.#scope;
    const spend = budget.spending;
    return { grid, args, annotations, metricName: '', position, argPositions, features, spend };
  }

  /**
   * Quantiles out of range are pointed out even where there is no histogram. Of equal ones the position is told that has the
   * value last: on the latest step, and there as the latest argument.
   */
  #checkQuantiles(args: readonly Float64Array[]): void {
    const { call, kind } = this.#plan;
    if (kind === 'histogramCall' && call.func !== 'histogram_quantile') return;
    const firstArgument = kind === 'histogramCall' ? 0 : 2;
    const { annotations, budget } = this.#context;
    const lastOf = new Map<number, { step: number; index: number }>();
    args.forEach((quantiles, index) => {
      for (let step = 0; step < quantiles.length; ) {
        const stop = blockEnd(step, quantiles.length, budget.spending);
        for (; step < stop; step++) {
          const quantile = quantiles[step]!;
          if (quantile >= 0 && quantile <= 1) continue;
          const last = lastOf.get(quantile);
          if (last === undefined) {
            lastOf.set(quantile, { step, index });
          } else if (step >= last.step) {
            last.step = step;
            last.index = index;
          }
        }
      }
    });
    for (const [quantile, { index }] of lastOf) {
      budget.spend(ANSWER_WORK);
      const text = `quantile value should be between 0 and 1, got ${goFloatCompact(quantile)}`;
      annotations.warn(text, call.argPositions[firstArgument + index]!, call.position);
    }
  }
}

/** Making the labels of an answer, or the text of a quantile, takes as long as so many samples. */
const ANSWER_WORK = 100;

function stepsByText(quantiles: Float64Array, budget: QueryBudget): Map<string, Uint8Array> {
  const steps = new Map<string, Uint8Array>();
  for (let i = 0; i < quantiles.length; i++) {
    budget.spend(ANSWER_WORK);
    const text = openMetricsText(quantiles[i]!);
    let mask = steps.get(text);
    if (mask === undefined) {
      budget.takeBytes(quantiles.length);
      mask = new Uint8Array(quantiles.length);
      steps.set(text, mask);
    }
    mask[i] = 1;
  }
  return steps;
}

/** As label values hold numbers: always with a point or an exponent. */
function openMetricsText(value: number): string {
  const text = value === 0 ? '0' : goFloatCompact(value);
  return !Number.isFinite(value) || /[.e]/.test(text) ? text : `${text}.0`;
}
