import { blockEnd } from '../../../kernels/blocks.ts';
import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import { TextMap } from '../../../std/text-map.ts';
import type { TimeRange } from '../../../storage/query.ts';
import type { InfoPlan } from '../../plan/plan.ts';
import { gridEnd } from '../../steps/grid.ts';
import { copyStepColumn, isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { QueryError } from '../query-error.ts';
import type { Scope } from '../scope.ts';
import { queryRange } from '../select-all.ts';
import { ARRAY_BYTES, ENTRY_BYTES, keyBytes, MAP_ENTRY_BYTES } from '../sizes.ts';
import { comparingTexts, UNITS_PER_WORK } from '../text-work.ts';
import { InfoSelector } from './info-selector.ts';
import { InfoTable } from './info-table.ts';

/** A series of the first argument, held whole. */
interface BaseSeries {
  readonly labels: Labels;
  readonly dropName: number;
  readonly column: StepColumn;
  /** It is an info series itself and stays as it is. */
  readonly isInfo: boolean;
}

/** An output series: a base series on those steps on which it gets the same labels. */
interface Enriched {
  readonly base: BaseSeries;
  readonly labels: Labels;
  readonly steps: Uint8Array;
}

/** Looking at a series on a step takes as long as so many samples, and finding its info series. */
const STEP_WORK = 5;
const ENRICHING_WORK = 400;
/** Reading an info series takes as long as so many samples, beside its steps. */
const INFO_WORK = 500;
/** Looking whether an info series belongs to any other. */
const LOOKING_WORK = 20;

/** Of an output series beside its label set and its steps: the object, its array of steps, and its entry in a list. */
const ANSWER_BYTES = 48 + ARRAY_BYTES + ENTRY_BYTES;

/**
 * `info(v, {...})`: adds the labels of info series (such as `target_info`) that share `instance` and `job` with a
 * series. The newest info sample of each step decides, so one series may get other labels from step to step.
 */
export class InfoCall implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;
  readonly #selector: InfoSelector;
  readonly #firstTime: number;
  readonly #timeStep: number;
  readonly #range: TimeRange;
  /** No selector for the info series is written. */
  readonly #isImplicit: boolean;
  #out: StepColumn | null = null;
  #answers: Enriched[] = [];
  #at = 0;

  constructor(plan: InfoPlan, input: VectorOperator, scope: Scope, context: QueryContext) {
    const { grid } = scope;
    this.#input = input;
    this.#scope = scope;
    this.#context = context;
    this.#selector = new InfoSelector(plan.matchers);
    this.#firstTime = (plan.at ?? grid.start) - plan.offsetMs;
    this.#timeStep = plan.at === null ? grid.step : 0;
    const lastTime = plan.at === null ? gridEnd(grid) - plan.offsetMs : this.#firstTime;
    this.#range = { minTime: this.#firstTime - context.lookbackMs + 1, maxTime: lastTime };
    this.#isImplicit = plan.matchers === null;
    context.laterRanges.push(this.#isImplicit ? null : this.#range);
  }

  async series(): Promise<SeriesHeads> {
    const { budget } = this.#context;
    const bases: BaseSeries[] = [];
    const basesPlace = budget.held.hold(bases);
    await this.#readBases(bases);
    const table = await this.#readInfo(bases);
    const tablePlace = budget.held.hold(table);
    const answers: Enriched[] = [];
    this.#answers = answers;
    const { count } = this.#scope.grid;
    const known = new TextMap<Enriched>(comparingTexts(budget));
    let knownBytes = 0;
    for (let step = 0; step < count; step++) {
      budget.spend(STEP_WORK * (1 + bases.length));
      const present: number[] = [];
      for (const [row, { column }] of bases.entries()) if (column.present[step] === 1) present.push(row);
      if (present.length === 0) continue;
      table.checkStep(step);
      for (const row of present) {
        budget.spend(ENRICHING_WORK);
        const base = bases[row]!;
        const labels = base.isInfo ? base.labels : table.enrich(base.labels, step);
        if (labels === null) continue;
        const key = `${row}:${labels.key}`;
        let answer = known.get(key);
        if (answer === undefined) {
          const knownMore = keyBytes(key) + MAP_ENTRY_BYTES;
          budget.takeBytes(knownMore + ANSWER_BYTES + count);
          knownBytes += knownMore;
          // The label set keeps its own, and those that were read are counted.
          if (labels !== base.labels) budget.takeLabels(labels, keyBytes(labels.key));
          answer = { base, labels, steps: new Uint8Array(count) };
          known.set(key, answer);
          answers.push(answer);
        }
        answer.steps[step] = 1;
      }
    }
    budget.giveBack(knownBytes);
    table.done();
    budget.held.letGo(tablePlace);
    budget.held.letGo(basesPlace);
    budget.check();
    const marks = new Uint8Array(answers.length);
    for (const [i, { base }] of answers.entries()) marks[i] = base.dropName;
    return {
      labels: answers.map(({ labels }) => labels),
      dropName: this.#context.features.delayedNameRemoval ? marks : null,
    };
  }

  next(): StepColumn | null {
    const answer = this.#answers[this.#at++];
    if (answer === undefined) return null;
    const { base, steps } = answer;
    const { budget } = this.#context;
    const out = (this.#out ??= budget.column(this.#scope.grid.count));
    out.values.set(base.column.values);
    out.histograms = base.column.histograms?.slice() ?? null;
    for (let i = 0; i < steps.length; ) {
      const stop = blockEnd(i, steps.length, budget.spending);
      for (; i < stop; i++) out.present[i] = steps[i]!;
    }
    return out;
  }

  async #readBases(bases: BaseSeries[]): Promise<void> {
    const heads = await this.#input.series();
    const { labels, dropName } = heads;
    const { budget } = this.#context;
    const place = budget.held.hold(heads);
    await drain(this.#input, budget, (column, row) => {
      if (isEmptyColumn(column)) return;
      budget.keepColumn(column);
      const base = labels[row]!;
      // Whatever is found for it is found by its key, which it keeps.
      budget.takeBytes(keyBytes(base.key));
      budget.spend(base.key.length / UNITS_PER_WORK);
      const isInfo = this.#selector.isInfoName(base.get(METRIC_NAME));
      const mark = dropName === null ? 0 : dropName[row]!;
      bases.push({ labels: base, dropName: mark, column: copyStepColumn(column), isInfo });
    });
    budget.held.letGo(place);
  }

  /** A selector that is not written makes a query read no longer a time than its other selectors do, as in the reference. */
  #visibleRange(): TimeRange {
    if (!this.#isImplicit) return this.#range;
    const { minTime, maxTime } = queryRange(this.#context);
    return { minTime: Math.max(minTime, this.#range.minTime), maxTime: Math.min(maxTime, this.#range.maxTime) };
  }

  async #readInfo(bases: readonly BaseSeries[]): Promise<InfoTable> {
    const { lookbackMs, selectLater, budget } = this.#context;
    const { count } = this.#scope.grid;
    const table = new InfoTable(this.#selector, count, budget);
    const series: Labels[] = [];
    for (const { isInfo, labels } of bases) if (!isInfo) series.push(labels);
    budget.check();
    const request = this.#selector.requestFor(series, budget);
    if (request === null) return table;
    const { matchers, isWanted } = request;
    const range = this.#visibleRange();
    if (range.minTime > range.maxTime) return table;
    // What was put together is read again now.
    budget.check();
    const set = await selectLater({ matchers, range, sorted: false, limit: 0 });
    const place = budget.held.hold(table);
    const look = { first: this.#firstTime, step: this.#timeStep, lookback: lookbackMs };
    for (let row = 0; row < set.length; row++) {
      if (budget.pauseDue) await budget.pause();
      budget.spend(LOOKING_WORK);
      if (isWanted !== null && !isWanted(set.labels(row))) continue;
      const found = table.read(set, row, look);
      if (found === null) continue;
      if (found.histograms !== null) {
        throw new QueryError('execution', `this should be an info metric, with float samples: ${set.labels(row)}`);
      }
      budget.hold(this.#scope.counts.addColumn(found, budget));
      budget.spend(INFO_WORK + count);
    }
    budget.held.letGo(place);
    return table;
  }
}
