import type { FloatHistogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';
import { createSampleColumn, type SampleColumn } from '../../storage/query.ts';
import type { QueryBudget } from './budget.ts';
import { sameLabelsetError } from './query-error.ts';
import { ENTRY_BYTES, histogramsBytes, keyBytes, LIST_BYTES, MAP_ENTRY_BYTES } from './sizes.ts';
import { labelsLength, UNITS_PER_WORK } from './text-work.ts';

interface Sample {
  readonly time: number;
  readonly value: number;
  readonly histogram: FloatHistogram | undefined;
}

/** Making the key of a label set takes as long as so many samples, and more where its texts are long. */
const KEY_WORK = 20;

/** Of a sample that is held: its object, its time and its value, and its entry in a list. */
const SAMPLE_BYTES = 48 + 2 * 16 + ENTRY_BYTES;
/** Of one in the column that is made of all: its time and its value. */
const MERGED_BYTES = 16;
/** Of a group: its object, its list, and where it is found. */
const GROUP_BYTES = 40 + LIST_BYTES + MAP_ENTRY_BYTES;

/** Makes one series of those of a range vector whose labels became equal; they may not have two floats or two histograms at once. */
export class EqualRanges {
  readonly #labels: readonly Labels[];
  readonly #budget: QueryBudget;
  /** For each key that several series have: what came of them so far. */
  readonly #groups = new Map<string, { readonly labels: Labels; readonly samples: Sample[] }>();

  constructor(labels: readonly Labels[], budget: QueryBudget) {
    this.#labels = labels;
    this.#budget = budget;
    const seen = new Set<string>();
    for (const each of labels) {
      budget.spend(KEY_WORK + labelsLength(each) / UNITS_PER_WORK);
      budget.takeBytes(keyBytes(each.key) + MAP_ENTRY_BYTES);
      if (!seen.has(each.key)) seen.add(each.key);
      else if (!this.#groups.has(each.key)) {
        budget.takeBytes(GROUP_BYTES);
        this.#groups.set(each.key, { labels: each, samples: [] });
      }
    }
  }

  /** Keeps the samples of a series that is not the only one with its labels; false where it is. */
  take(row: number, { length, times, values, histograms }: SampleColumn): boolean {
    const group = this.#groups.get(this.#labels[row]!.key);
    if (group === undefined) return false;
    const budget = this.#budget;
    budget.takeBytes(SAMPLE_BYTES * length);
    if (histograms !== null) budget.takeBytes(histogramsBytes(histograms, length, budget.spending));
    for (let i = 0; i < length; i++) {
      group.samples.push({ time: times[i]!, value: values[i]!, histogram: histograms?.[i] });
    }
    return true;
  }

  /** The series that were made of several. */
  *merged(): Generator<readonly [Labels, SampleColumn]> {
    for (const { labels, samples } of this.#groups.values()) {
      this.#budget.spend(samples.length);
      samples.sort((a, b) => a.time - b.time);
      const bytes = MERGED_BYTES * samples.length;
      this.#budget.takeBytes(bytes);
      const column = createSampleColumn(samples.length);
      column.length = samples.length;
      if (samples.some(({ histogram }) => histogram !== undefined)) column.histograms = [];
      const last = { float: Number.NaN, histogram: Number.NaN };
      samples.forEach(({ time, value, histogram }, i) => {
        const kind = histogram === undefined ? 'float' : 'histogram';
        if (last[kind] === time) throw sameLabelsetError();
        last[kind] = time;
        column.times[i] = time;
        column.values[i] = value;
        if (column.histograms !== null) column.histograms[i] = histogram;
      });
      yield [labels, column];
      this.#budget.giveBack(bytes);
    }
  }
}
