import { compareLabels, type Labels } from '../model/labels.ts';
import type { SeriesSet } from './query.ts';

interface Head {
  readonly set: SeriesSet;
  /** The place of the set in the list. */
  readonly index: number;
  row: number;
  labels: Labels;
}

/** Looked at in one step: some 0.5 ms. */
const STEP_SETS = 256;

/** The series of sorted sets in label order; of equal ones that of the earlier set comes first. */
export class SetHeap {
  /** A binary heap: none of the heads stands before the one at half its place. */
  readonly #heads: Head[] = [];
  /** Of the series that `take` gave last. */
  set = -1;
  row = -1;

  constructor(sets: readonly SeriesSet[]) {
    for (const _ of this.#fill(sets));
  }

  /** As the constructor, in steps: there may be thousands of sets, and each of them is asked for its first labels. */
  static *inSteps(sets: readonly SeriesSet[]): Generator<undefined, SetHeap> {
    const heap = new SetHeap([]);
    yield* heap.#fill(sets);
    return heap;
  }

  *#fill(sets: readonly SeriesSet[]): Generator<undefined, void> {
    const heads = this.#heads;
    for (const [index, set] of sets.entries()) {
      if (index % STEP_SETS === STEP_SETS - 1) yield;
      if (set.length > 0) heads.push({ set, index, row: 0, labels: set.labels(0) });
    }
    for (let at = (heads.length >>> 1) - 1; at >= 0; at--) {
      if (at % STEP_SETS === STEP_SETS - 1) yield;
      this.#sink(at);
    }
  }

  /** The labels of the next series, or null after the last; `set` and `row` say which it is. */
  take(): Labels | null {
    const heads = this.#heads;
    const first = heads[0];
    if (first === undefined) return null;
    const { labels } = first;
    this.set = first.index;
    this.row = first.row++;
    if (first.row < first.set.length) first.labels = first.set.labels(first.row);
    else {
      const last = heads.pop()!;
      if (last === first) return labels;
      heads[0] = last;
    }
    this.#sink(0);
    return labels;
  }

  #sink(from: number): void {
    const heads = this.#heads;
    const head = heads[from]!;
    let at = from;
    for (let child = 2 * at + 1; child < heads.length; child = 2 * at + 1) {
      if (child + 1 < heads.length && compareHeads(heads[child + 1]!, heads[child]!) < 0) child++;
      if (compareHeads(head, heads[child]!) <= 0) break;
      heads[at] = heads[child]!;
      at = child;
    }
    heads[at] = head;
  }
}

function compareHeads(a: Head, b: Head): number {
  return compareLabels(a.labels, b.labels) || a.index - b.index;
}
