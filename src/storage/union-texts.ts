import { compareUtf8 } from '../model/utf8.ts';
import { runInTurns } from '../std/turns.ts';

/** Texts between two steps. */
const STEP = 4096;

/** One sorted list of two, each text once, in steps: lists of label values may have a million texts, which took a second to put into a set and sort. */
function* unionSteps(a: readonly string[], b: readonly string[]): Generator<undefined, readonly string[]> {
  const both: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const stop = both.length + STEP;
    while (both.length < stop && i < a.length && j < b.length) {
      const order = compareUtf8(a[i]!, b[j]!);
      both.push(order <= 0 ? a[i]! : b[j]!);
      if (order <= 0) i++;
      if (order >= 0) j++;
    }
    for (; both.length < stop && j === b.length && i < a.length; i++) both.push(a[i]!);
    for (; both.length < stop && i === a.length && j < b.length; j++) both.push(b[j]!);
    yield;
  }
  return both;
}

/** Sorted lists that are put together one after the other, lists of like length first: no entry is moved more often than it must be. */
export class SortedUnion<List extends { readonly length: number }> {
  /** Each more than twice as long as the next. */
  readonly #lists: List[] = [];
  readonly #merge: (a: List, b: List) => Generator<undefined, List>;

  /** `merge` makes one sorted list of two, each entry once, in steps. */
  constructor(merge: (a: List, b: List) => Generator<undefined, List>) {
    this.#merge = merge;
  }

  /** Takes a sorted list. */
  *add(entries: List): Generator<undefined, void> {
    if (entries.length === 0) return;
    let list = entries;
    for (
      let last = this.#lists.at(-1);
      last !== undefined && last.length <= 2 * list.length;
      last = this.#lists.at(-1)
    ) {
      this.#lists.pop();
      list = yield* this.#merge(last, list);
    }
    this.#lists.push(list);
  }

  /** All entries, sorted, each once; null where there are none. */
  *all(): Generator<undefined, List | null> {
    let list: List | null = null;
    for (const longer of this.#lists.reverse()) list = list === null ? longer : yield* this.#merge(longer, list);
    return list;
  }
}

/** As `SortedUnion`, of texts in the order of their UTF-8 bytes. */
export class TextUnion extends SortedUnion<readonly string[]> {
  constructor() {
    super(unionSteps);
  }
}

/** One sorted list of sorted lists, each text once; 0 = no limit. */
export function unionOf(lists: readonly (readonly string[])[], limit: number): readonly string[] {
  const union = new TextUnion();
  for (const list of lists) runInTurns(union.add(list), null);
  const all = runInTurns(union.all(), null) ?? [];
  return limit > 0 && all.length > limit ? all.slice(0, limit) : all;
}
