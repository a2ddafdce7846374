import { compareUtf8 } from '../model/utf8.ts';
import { runInTurns } from '../std/turns.ts';

/** Texts between two steps. */
const STEP = 4096;

/**
 * One sorted list of two, each entry once, in steps: lists of label values may have a million texts, which took a second to put into a set
 * and sort. `compare` gives 0 for equal entries alone.
 */
function* unionSteps<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (a: T, b: T) => number,
): Generator<undefined, readonly T[]> {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const both: T[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const stop = both.length + STEP;
    while (both.length < stop && i < a.length && j < b.length) {
      const order = compare(a[i]!, b[j]!);
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
export class SortedUnion<T> {
  /** Each more than twice as long as the next. */
  readonly #lists: (readonly T[])[] = [];
  readonly #compare: (a: T, b: T) => number;

  /** `compare` gives 0 for equal entries alone. */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  /** Takes a sorted list. */
  *add(entries: readonly T[]): Generator<undefined, void> {
    let list = entries;
    for (
      let last = this.#lists.at(-1);
      last !== undefined && last.length <= 2 * list.length;
      last = this.#lists.at(-1)
    ) {
      this.#lists.pop();
      list = yield* unionSteps(last, list, this.#compare);
    }
    this.#lists.push(list);
  }

  /** All entries, sorted, each once. */
  *all(): Generator<undefined, readonly T[]> {
    let list: readonly T[] = [];
    for (const longer of this.#lists.reverse()) list = yield* unionSteps(longer, list, this.#compare);
    return list;
  }
}

/** As `SortedUnion`, of texts in the order of their UTF-8 bytes. */
export class TextUnion extends SortedUnion<string> {
  constructor() {
    super(compareUtf8);
  }
}

/** One sorted list of sorted lists, each text once; 0 = no limit. */
export function unionOf(lists: readonly (readonly string[])[], limit: number): readonly string[] {
  const union = new TextUnion();
  for (const list of lists) runInTurns(union.add(list), null);
  const all = runInTurns(union.all(), null);
  return limit > 0 && all.length > limit ? all.slice(0, limit) : all;
}
