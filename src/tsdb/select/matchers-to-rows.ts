import {
  countMarked,
  dropMarked,
  gallop,
  intersectSorted,
  keepMarked,
  markedRows,
  markRows,
  subtractSorted,
} from '../../kernels/sorted-sets.ts';
import type { Matcher } from '../../model/matcher.ts';
import { matcherPredicate } from '../../model/matcher-predicate.ts';
import { compileRegex, type Regex } from '../../model/regex.ts';
import { runInTurns } from '../../std/turns.ts';
import type { RowIndex, ValueCondition } from './row-index.ts';

/** Looking at a row's own label costs about as much as testing a fraction of a value and marking its rows. */
const FILTER_ROWS_PER_VALUE = 4;

/** Of long lists so many rows are looked at in one step: some 100 µs. */
const PART_ROWS = 32_768;

/** A matcher with what is known of it before any row is looked at. */
interface Condition extends ValueCondition {
  readonly name: string;
  /** A series without the label is chosen as well. */
  readonly meetsEmpty: boolean;
  /** The only values that meet it (`=`, `=~"a|b"`), or the only ones that do not where `negated`; null: unknown. */
  readonly values: readonly string[] | null;
}

/**
 * The rows that all matchers choose, rising, in an array of their own. An absent label is an empty one: a matcher that
 * takes the empty string chooses series without the label too. No matchers choose everything.
 * Throws `RegexSyntaxError`, and what `check` throws, which is called now and then.
 *
 * Order: lists of known values, shortest first; then conditions that ask for a label; last those that only take away.
 */
export function matchersToRows(index: RowIndex, matchers: readonly Matcher[], check?: () => void): Uint32Array {
  const steps = matchersToRowsInSteps(index, matchers, check);
  if (check === undefined) return runInTurns(steps, null);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    check();
  }
}

/**
 * As `matchersToRows`, in steps of at most some milliseconds for a million rows. Where the index changes between them, rows
 * that were there all the time are chosen as they should; of others nothing is known.
 */
export function* matchersToRowsInSteps(
  index: RowIndex,
  matchers: readonly Matcher[],
  check?: () => void,
): Generator<undefined, Uint32Array> {
  const conditions: Condition[] = [];
  for (const matcher of withoutEquals(matchers)) {
    const condition = conditionOf(matcher, check);
    if (condition === 'nothing') return new Uint32Array(0);
    if (condition !== 'everything') conditions.push(condition);
    // Compiling a pattern takes up to 50 ms.
    if (condition !== 'everything' && condition.regex !== null) {
      check?.();
      yield;
    }
  }
  const selection = new Selection(index);
  const listed = conditions.filter(
    (condition) => !condition.meetsEmpty && condition.values !== null && !condition.negated,
  );
  const asking = conditions.filter((condition) => !condition.meetsEmpty && !listed.includes(condition));
  const taking = conditions.filter((condition) => condition.meetsEmpty);
  const counts = new Map<Condition, number>();
  for (const condition of listed) counts.set(condition, yield* rowsListed(index, condition));
  listed.sort((a, b) => counts.get(a)! - counts.get(b)!);
  for (const condition of listed) {
    yield* selection.keepListed(condition.name, condition.values!, counts.get(condition)!);
  }
  for (const condition of asking) yield* selection.keep(condition.name, condition);
  const dropped = new Map<string, string[]>();
  for (const { name, negated, values } of taking) {
    if (!negated || values === null) continue;
    const others = dropped.get(name);
    if (others === undefined) dropped.set(name, [...values]);
    else for (const value of values) others.push(value);
  }
  for (const [name, values] of dropped) yield* selection.dropListed(name, values);
  for (const condition of taking) {
    if (condition.values === null || !condition.negated) yield* selection.drop(condition.name, condition);
  }
  return selection.take();
}

/** Each matcher once. */
function withoutEquals(matchers: readonly Matcher[]): readonly Matcher[] {
  if (matchers.length < 2) return matchers;
  return [
    ...new Map(matchers.map((matcher) => [`${matcher.name}\0${matcher.type}${matcher.value}`, matcher])).values(),
  ];
}

/** Values looked up between two points at which the work may be interrupted: a tenth of a millisecond. */
const STEP_VALUES = 256;

function* rowsListed(index: RowIndex, condition: Condition): Generator<undefined, number> {
  let count = 0;
  let looked = 0;
  for (const value of condition.values!) {
    count += index.rowCountOf(condition.name, value);
    if (++looked % STEP_VALUES === 0) yield;
  }
  return count;
}

function conditionOf(matcher: Matcher, check?: () => void): Condition | 'everything' | 'nothing' {
  const { name, type, value } = matcher;
  const negated = type === '!=' || type === '!~';
  let values: readonly string[] | null = [value];
  let regex: Regex | null = null;
  if (type === '=~' || type === '!~') {
    regex = compileRegex(value);
    if (regex.matchesAll === 'all') return negated ? 'nothing' : 'everything';
    values = regex.setMatches;
  }
  const meets = checkedNowAndThen(matcherPredicate(matcher), regex?.stepsPerUnit ?? 0, check);
  // A list with the empty string in it does not say which series have the label.
  if (values?.includes('')) values = null;
  return { name, meets, regex, negated, meetsEmpty: meets(''), values };
}

/** Work between two checks, in steps of matching; a value is worth so many at least: 256 values, some 0.1 ms. */
const STEPS_PER_CHECK = 25_600;
const STEPS_PER_VALUE = 100;

function checkedNowAndThen(
  meets: (value: string) => boolean,
  stepsPerUnit: number,
  check?: () => void,
): (value: string) => boolean {
  if (check === undefined) return meets;
  let steps = 0;
  return (value) => {
    steps += STEPS_PER_VALUE + stepsPerUnit * value.length;
    if (steps > STEPS_PER_CHECK) {
      steps = 0;
      check();
    }
    return meets(value);
  };
}

/** The rows still chosen; null stands for all of them. */
class Selection {
  readonly #index: RowIndex;
  #rows: Uint32Array | null = null;
  #count = 0;

  constructor(index: RowIndex) {
    this.#index = index;
  }

  /** Keeps rows that have one of the values of a label; together these have `rowCount` rows. */
  *keepListed(name: string, values: readonly string[], rowCount: number): Generator<undefined, void> {
    if (values.length === 1) {
      const rows = this.#index.rowsOf(name, values[0]!);
      if (this.#rows === null) this.#start(rows.slice());
      else yield* this.#keepSorted(rows);
      yield;
      return;
    }
    if (this.#rows !== null && this.#count * FILTER_ROWS_PER_VALUE < rowCount) {
      const wanted = new Set(values);
      this.#count = yield* this.#index.filterRows(this.#rows, this.#count, name, {
        meets: (value) => wanted.has(value),
        regex: null,
        negated: false,
      });
      return;
    }
    const bitmap = this.#bitmap();
    for (const value of values) {
      const rows = this.#index.rowsOf(name, value);
      markRows(bitmap, rows, rows.length);
      yield;
    }
    yield* this.#keepMarked(bitmap);
  }

  /** Keeps rows that have a label whose value meets the condition; the empty string does not. */
  *keep(name: string, condition: ValueCondition): Generator<undefined, void> {
    if (this.#filterIsCheaper(name)) {
      this.#count = yield* this.#index.filterRows(this.#rows!, this.#count, name, condition);
      return;
    }
    const bitmap = this.#bitmap();
    yield* this.#index.markRows(name, condition, bitmap);
    yield* this.#keepMarked(bitmap);
  }

  /** Drops rows that have one of the values of a label. */
  *dropListed(name: string, values: readonly string[]): Generator<undefined, void> {
    const rows = this.#all();
    yield;
    if (values.length === 1) {
      yield* this.#dropSorted(rows, this.#index.rowsOf(name, values[0]!));
      return;
    }
    const bitmap = this.#bitmap();
    for (const value of values) {
      const dropped = this.#index.rowsOf(name, value);
      markRows(bitmap, dropped, dropped.length);
      yield;
    }
    yield* this.#keepParts(rows, (part, count, out) => dropMarked(part, count, bitmap, out));
  }

  /** Drops rows that have a label whose value does not meet the condition. */
  *drop(name: string, condition: ValueCondition): Generator<undefined, void> {
    if (this.#filterIsCheaper(name)) {
      this.#count = yield* this.#index.filterRows(this.#rows!, this.#count, name, condition);
      return;
    }
    const { meets, negated, regex } = condition;
    const bitmap = this.#bitmap();
    yield* this.#index.markRows(name, { meets: (value) => !meets(value), regex, negated: !negated }, bitmap);
    const rows = this.#all();
    yield;
    yield* this.#keepParts(rows, (part, count, out) => dropMarked(part, count, bitmap, out));
  }

  take(): Uint32Array {
    return this.#all().subarray(0, this.#count);
  }

  #all(): Uint32Array {
    if (this.#rows === null) this.#start(this.#index.allRows());
    return this.#rows!;
  }

  #start(rows: Uint32Array): void {
    this.#rows = rows;
    this.#count = rows.length;
  }

  #bitmap(): Uint32Array {
    return new Uint32Array((this.#index.rowLimit + 31) >>> 5);
  }

  #filterIsCheaper(name: string): boolean {
    return this.#rows !== null && this.#count < FILTER_ROWS_PER_VALUE * this.#index.valueCount(name);
  }

  *#keepMarked(bitmap: Uint32Array): Generator<undefined, void> {
    if (this.#rows !== null) {
      yield* this.#keepParts(this.#rows, (part, count, out) => keepMarked(part, count, bitmap, out));
      return;
    }
    const rows = new Uint32Array(countMarked(bitmap));
    yield;
    let count = 0;
    for (let from = 0; from < bitmap.length; from += PART_ROWS / 32) {
      count += markedRows(bitmap.subarray(from, from + PART_ROWS / 32), rows.subarray(count), 32 * from);
      yield;
    }
    this.#start(rows);
  }

  /** Lists that others own may change between two steps, so a copy of theirs is walked. */
  *#keepSorted(list: Uint32Array): Generator<undefined, void> {
    const others = this.#count > PART_ROWS ? list.slice() : list;
    let at = 0;
    yield* this.#keepParts(this.#rows!, (part, count, out) => {
      const from = at;
      at = gallop(others, at, others.length, part[count - 1]! + 1);
      return intersectSorted(part, count, others.subarray(from, at), at - from, out);
    });
  }

  *#dropSorted(rows: Uint32Array, list: Uint32Array): Generator<undefined, void> {
    const others = this.#count > PART_ROWS ? list.slice() : list;
    let at = 0;
    yield* this.#keepParts(rows, (part, count, out) => {
      const from = at;
      at = gallop(others, at, others.length, part[count - 1]! + 1);
      return subtractSorted(part, count, others.subarray(from, at), at - from, out);
    });
  }

  /** Lets `keep` move those rows of each part that stay to the front of `out`, which may be the part; it returns how many. */
  *#keepParts(
    rows: Uint32Array,
    keep: (part: Uint32Array, count: number, out: Uint32Array) => number,
  ): Generator<undefined, void> {
    const count = this.#count;
    let kept = 0;
    for (let from = 0; from < count; from += PART_ROWS) {
      if (from > 0) yield;
      const to = Math.min(count, from + PART_ROWS);
      kept += keep(rows.subarray(from, to), to - from, rows.subarray(kept, kept + to - from));
    }
    this.#count = kept;
  }
}
