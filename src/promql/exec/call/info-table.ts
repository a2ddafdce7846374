import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import { TextMap } from '../../../std/text-map.ts';
import type { SampleColumn, SeriesSet } from '../../../storage/query.ts';
import { isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import { QueryError } from '../query-error.ts';
import { addNewestHistograms, fillNewest, type LookTimes } from '../select/fill-newest.ts';
import { ENTRY_BYTES, keyBytes, LIST_BYTES, MAP_ENTRY_BYTES } from '../sizes.ts';
import { comparingTexts, UNITS_PER_WORK } from '../text-work.ts';
import { IDENTIFYING_LABELS, type InfoSelector } from './info-selector.ts';

interface InfoSeries {
  readonly labels: Labels;
  /** Per step the time (ms) of the sample that counts there. */
  readonly times: StepColumn;
}

/** The info series of one metric with equal identifying labels; on each step the newest sample counts. */
interface InfoGroup {
  readonly name: string;
  readonly series: InfoSeries[];
  /** For the step that was checked last: its series, or null. */
  current: InfoSeries | null;
}

/** Of an info series beside its column and its label set: its object and its entry in the list of its group. */
const SERIES_BYTES = 40 + ENTRY_BYTES;
/** Of a group beside its key and its series: its object, its list, and where it is found. */
const GROUP_BYTES = 48 + LIST_BYTES + MAP_ENTRY_BYTES;

/** Joins label texts to keys; not part of any valid UTF-8 text. */
const SEPARATOR = '\ud800';

/** Info series by what identifies their targets. Steps are visited in order: first `checkStep`, then `enrich`. */
export class InfoTable {
  readonly #selector: InfoSelector;
  readonly #count: number;
  readonly #groups = new Map<string, InfoGroup>();
  readonly #names = new Set<string>();
  readonly #budget: QueryBudget;
  readonly #samples: SampleColumn;
  /** Base labels and the info series of a step -> result; most steps repeat the one before. */
  readonly #results: TextMap<Labels | null>;
  /** Counted for groups, results and the keys of info series. */
  #bytes = 0;

  constructor(selector: InfoSelector, count: number, budget: QueryBudget) {
    this.#budget = budget;
    this.#results = new TextMap(comparingTexts(budget));
    this.#samples = budget.samples();
    this.#selector = selector;
    this.#count = count;
  }

  /** Reads an info series; gives its column, or null where it has no sample on any step. */
  read(set: SeriesSet, row: number, look: LookTimes): StepColumn | null {
    const budget = this.#budget;
    const times = budget.column(this.#count);
    set.read(row, this.#samples);
    fillNewest(this.#samples, look, this.#samples.times, times, budget);
    if (this.#samples.histograms !== null) addNewestHistograms(this.#samples, look, times, budget);
    if (isEmptyColumn(times)) return null;
    const labels = set.labels(row);
    budget.takeReadLabels(labels);
    const name = labels.get(METRIC_NAME);
    this.#names.add(name);
    const key = groupKey(name, labels);
    const group = this.#groups.get(key);
    // Its label set keeps its key, which whatever it belongs to is found by.
    this.#take(SERIES_BYTES + keyBytes(labels.key));
    this.#budget.spend(labels.key.length / UNITS_PER_WORK);
    if (group === undefined) {
      this.#take(GROUP_BYTES + keyBytes(key));
      this.#groups.set(key, { name, series: [{ labels, times }], current: null });
    } else group.series.push({ labels, times });
    return times;
  }

  /** Decides which info series count on a step; two with equally new samples are an error. */
  checkStep(step: number): void {
    for (const group of this.#groups.values()) {
      this.#budget.spend(1 + group.series.length);
      let best: InfoSeries | null = null;
      for (const series of group.series) {
        if (series.times.present[step] === 0) continue;
        if (best === null) {
          best = series;
          continue;
        }
        const newest = best.times.values[step]!;
        const time = series.times.values[step]!;
        if (time === newest) throw duplicateError(best.labels, series.labels, time);
        if (time > newest) best = series;
      }
      group.current = best;
    }
  }

  /** The labels of a series with those of its info series; null where the selector requires one and there is none. */
  enrich(base: Labels, step: number): Labels | null {
    const matching: Labels[] = [];
    for (const name of this.#names) {
      const current = this.#groups.get(groupKey(name, base))?.current;
      if (current !== undefined && current !== null && current.times.present[step] === 1) matching.push(current.labels);
    }
    const key = [base, ...matching].map((labels) => labels.key).join(SEPARATOR + SEPARATOR);
    this.#budget.spend(key.length / UNITS_PER_WORK);
    let result = this.#results.get(key);
    if (result === undefined) {
      // Without any it is the series' own, which is counted with that.
      this.#take(MAP_ENTRY_BYTES + (matching.length === 0 ? 0 : keyBytes(key)));
      result = this.#combine(base, matching);
      this.#results.set(key, result);
    }
    return result;
  }

  /** Takes back what was counted for what only the table has; nobody asks it any more. */
  done(): void {
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }

  #take(bytes: number): void {
    this.#budget.takeBytes(bytes);
    this.#bytes += bytes;
  }

  #combine(base: Labels, matching: readonly Labels[]): Labels | null {
    if (matching.length === 0) return this.#selector.requiresInfo ? null : base;
    const added = new Map<string, string>();
    for (const { pairs } of matching) {
      for (let i = 0; i < pairs.length; i += 2) {
        const name = pairs[i]!;
        const value = pairs[i + 1]!;
        if (!this.#selector.takes(name)) continue;
        const known = added.get(name);
        if (known !== undefined && known !== value) {
          throw new QueryError('execution', `conflicting label: ${name}`);
        }
        if (!base.has(name)) added.set(name, value);
      }
    }
    let result = base;
    for (const [name, value] of added) result = result.with(name, value);
    return result;
  }
}

function groupKey(name: string, labels: Labels): string {
  return [name, ...IDENTIFYING_LABELS.map((label) => labels.get(label))].join(SEPARATOR);
}

function duplicateError(existing: Labels, other: Labels, time: number): QueryError {
  const found = `existing ${existing} @ ${time}, new ${other} @ ${time}`;
  return new QueryError('execution', `found duplicate series for info metric: ${found}`);
}
