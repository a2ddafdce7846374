import { dropMarked, markRows } from '../../kernels/sorted-sets.ts';
import { EMPTY_SYMBOL, NO_SYMBOL } from '../../memory/symbol-table.ts';
import type { Matcher } from '../../model/matcher.ts';
import { matcherPredicate } from '../../model/matcher-predicate.ts';
import { compileRegex } from '../../model/regex.ts';
import { runInTurns } from '../../std/turns.ts';
import { matchersToRowsInSteps } from '../select/matchers-to-rows.ts';
import type { RowIndex, ValueCondition } from '../select/row-index.ts';
import type { HeadMemory } from './head-memory.ts';
import type { LabelIndex } from './label-index.ts';
import { RegexVerdicts } from './regex-verdicts.ts';

const NO_ROWS = new Uint32Array(0);
/** A pattern on a label with fewer values is simply matched: some 0.3 ms. */
const REMEMBERED_VALUES_MIN = 1024;

/** Values looked at before the work done is counted: some 10 µs, or a hundred times that where the code has not been run yet. */
const STEP_VALUES = 32;
/** Rows marked between two points at which the work may be interrupted, and how many of them finding a value's list is like. */
const STEP_WORK = 8192;
const VALUE_WORK = 50;
/** Rows whose labels are looked at between two such points: some 50 µs. */
const STEP_ROWS = 512;

/** Values whose verdicts are kept while rows are looked at one by one. */
const VERDICTS_MAX = 32_768;

/** So many series that came while rows were chosen are left for the turn that settles them: one or two milliseconds. */
const ADDED_ROWS_MAX = 1024;

/** Rows chosen in several turns of the event loop. */
export interface ChosenRows {
  readonly matchers: readonly Matcher[];
  /** In an array of their own, rising. Of rows that were added meanwhile there may be any. */
  readonly rows: Uint32Array;
  /** The rows that were added since the choice began; grows. */
  readonly added: readonly number[];
  /** How many of them were looked at, and which of these are chosen. */
  readonly seen: number;
  readonly late: readonly Uint32Array[];
}

/** The head's side of choosing rows by matchers: strings to symbol ids, then the label index. */
export class HeadRowIndex implements RowIndex {
  readonly #memory: HeadMemory;
  readonly #labels: LabelIndex;
  readonly #verdicts = new RegexVerdicts();

  constructor(memory: HeadMemory, labels: LabelIndex) {
    this.#memory = memory;
    this.#labels = labels;
  }

  get rowLimit(): number {
    return this.#memory.series.rowCount;
  }

  allRows(): Uint32Array {
    return this.#memory.series.liveRows();
  }

  rowsOf(name: string, value: string): Uint32Array {
    const ids = this.#ids(name, value);
    return ids === null ? NO_ROWS : this.#labels.rows(ids.name, ids.value);
  }

  rowCountOf(name: string, value: string): number {
    const ids = this.#ids(name, value);
    return ids === null ? 0 : this.#labels.rowCount(ids.name, ids.value);
  }

  /** How many rows matchers choose at most, by those that ask for one value. */
  rowsMax(matchers: readonly Matcher[]): number {
    let most = this.#memory.series.liveCount;
    for (const { name, type, value } of matchers) {
      if (type === '=' && value !== '') most = Math.min(most, this.rowCountOf(name, value));
    }
    return most;
  }

  valueCount(name: string): number {
    const id = this.#memory.symbols.find(name);
    return id === NO_SYMBOL ? 0 : this.#labels.valueCount(id);
  }

  /**
   * Chooses rows in steps. What is given is to be settled in the turn that looks at the rows' samples, and until then the
   * caller's pin keeps rows and symbols from being used again. Throws `RegexSyntaxError`.
   */
  *choose(matchers: readonly Matcher[]): Generator<undefined, ChosenRows> {
    const added = this.#labels.watch();
    let isDone = false;
    try {
      yield* this.learning(matchers);
      const rows = yield* matchersToRowsInSteps(this, matchers);
      const late: Uint32Array[] = [];
      let seen = 0;
      while (added.length - seen > ADDED_ROWS_MAX) {
        const some = Uint32Array.from(added.slice(seen, seen + ADDED_ROWS_MAX));
        seen += some.length;
        late.push(yield* this.#matched(some, matchers));
        yield;
      }
      isDone = true;
      return { matchers, rows, added, seen, late };
    } finally {
      if (!isDone) this.#labels.unwatch(added);
    }
  }

  /**
   * The rows that the matchers choose now, in an array of their own, rising up to those that were added meanwhile. Series that were removed since may still be among
   * them: they have no samples. Once for each choice, instead of `giveUp`.
   */
  settle(chosen: ChosenRows): Uint32Array {
    this.giveUp(chosen);
    const { added, matchers, rows, seen } = chosen;
    if (added.length === 0) return rows;
    const rest = runInTurns(this.#matched(Uint32Array.from(added.slice(seen)), matchers), null);
    // Whether a row that came meanwhile is among the others depends on the step in which it came.
    const bitmap = new Uint32Array((this.rowLimit + 31) >>> 5);
    for (const row of added) bitmap[row >>> 5]! |= 1 << (row & 31);
    const lists = [rows.subarray(0, dropMarked(rows, rows.length, bitmap, rows)), ...chosen.late, rest];
    const settled = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const list of lists) {
      settled.set(list, at);
      at += list.length;
    }
    return settled;
  }

  /** Ends a choice that is not wanted any more. */
  giveUp({ added }: ChosenRows): void {
    this.#labels.unwatch(added);
  }

  /**
   * What takes longest of choosing rows where a label has many values: patterns meet them, in steps. Choosing then finds the
   * verdicts; values that came in between it tests itself. Throws `RegexSyntaxError`.
   */
  *learning(matchers: readonly Matcher[]): Generator<undefined, void> {
    for (const { name, type, value } of matchers) {
      if (type !== '=~' && type !== '!~') continue;
      const regex = compileRegex(value);
      yield;
      if (regex.matchesAll === 'all' || regex.setMatches !== null) continue;
      const { symbols } = this.#memory;
      const id = symbols.find(name);
      if (id === NO_SYMBOL || !this.#isRemembered(id)) continue;
      yield* this.#verdicts.learn(symbols, regex, this.#labels.values(id).slice());
    }
  }

  /** Those of the rows that all matchers choose. `rows` is used up. */
  *#matched(rows: Uint32Array, matchers: readonly Matcher[]): Generator<undefined, Uint32Array> {
    let count = rows.length;
    for (const matcher of matchers) {
      const condition = { meets: matcherPredicate(matcher), regex: null, negated: false };
      count = yield* this.filterRows(rows, count, matcher.name, condition);
    }
    return rows.subarray(0, count);
  }

  *markRows(name: string, condition: ValueCondition, bitmap: Uint32Array): Generator<undefined, void> {
    const { symbols } = this.#memory;
    const id = symbols.find(name);
    if (id === NO_SYMBOL) return;
    // Of their own: others may come between two steps, and a name with one value has no list that stays.
    const values = this.#labels.values(id).slice();
    const { negated, regex } = condition;
    const isRemembered = regex !== null && this.#isRemembered(id);
    const meets = isRemembered ? null : this.#testOf(id, condition);
    const stepsPerUnit = isRemembered ? 0 : (regex?.stepsPerUnit ?? 0);
    let work = 0;
    for (let from = 0; from < values.length; ) {
      let end = Math.min(from + STEP_VALUES, values.length);
      if (stepsPerUnit > 0) {
        for (let i = from; i < end && work < STEP_WORK; i++) {
          // A step of matching takes as long as marking a row.
          work += stepsPerUnit * symbols.text(values[i]!).length;
          if (work >= STEP_WORK) end = i + 1;
        }
      }
      const some = values.subarray(from, end);
      from = end;
      const chosen = isRemembered ? this.#verdicts.chosen(symbols, regex, some, negated) : some.filter(meets!);
      for (const value of chosen) {
        const rows = this.#labels.rows(id, value);
        markRows(bitmap, rows, rows.length);
        work += rows.length;
        if (work < STEP_WORK) continue;
        work = 0;
        yield;
      }
      work += VALUE_WORK * chosen.length + some.length;
      if (work < STEP_WORK) continue;
      work = 0;
      yield;
    }
  }

  *filterRows(rows: Uint32Array, count: number, name: string, condition: ValueCondition): Generator<undefined, number> {
    const { symbols, labelLog, series } = this.#memory;
    const id = symbols.find(name);
    const meets = this.#testOf(id, condition);
    const verdicts = new Map<number, boolean>();
    const stepsPerUnit = condition.regex?.stepsPerUnit ?? 0;
    let steps = 0;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const position = series.labels(rows[i]!);
      const words = labelLog.slabOf(position);
      const offset = labelLog.offsetOf(position);
      const end = offset + 2 * words[offset]!;
      let value = EMPTY_SYMBOL;
      for (let at = offset + 1; at < end; at += 2) {
        if (words[at] === id) {
          value = words[at + 1]!;
          break;
        }
      }
      let verdict = verdicts.get(value);
      if (verdict === undefined) {
        // A map of a million entries is grown in one piece of 80 ms.
        if (verdicts.size === VERDICTS_MAX) verdicts.clear();
        verdict = meets(value);
        verdicts.set(value, verdict);
        if (stepsPerUnit > 0) steps += stepsPerUnit * symbols.text(value).length;
      }
      if (verdict) rows[kept++] = rows[i]!;
      if (i % STEP_ROWS !== STEP_ROWS - 1 && steps < STEP_WORK) continue;
      steps = 0;
      yield;
    }
    return kept;
  }

  /** The condition on the symbol of a value of the label `name`. */
  #testOf(name: number, { meets, negated, regex }: ValueCondition): (value: number) => boolean {
    const { symbols } = this.#memory;
    if (regex === null || !this.#isRemembered(name)) return (value) => meets(symbols.text(value));
    const matches = this.#verdicts.tester(symbols, regex);
    return negated ? (value) => !matches(value) : matches;
  }

  #isRemembered(name: number): boolean {
    return this.#labels.valueCount(name) >= REMEMBERED_VALUES_MIN;
  }

  #ids(name: string, value: string): { name: number; value: number } | null {
    const nameId = this.#memory.symbols.find(name);
    if (nameId === NO_SYMBOL) return null;
    const valueId = this.#memory.symbols.find(value);
    // The empty value stands, inside the index, for the list of a name's values.
    return valueId === NO_SYMBOL || valueId === EMPTY_SYMBOL ? null : { name: nameId, value: valueId };
  }
}
