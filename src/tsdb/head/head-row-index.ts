import { markRows } from '../../kernels/sorted-sets.ts';
import { EMPTY_SYMBOL, NO_SYMBOL } from '../../memory/symbol-table.ts';
import type { Matcher } from '../../model/matcher.ts';
import { compileRegex } from '../../model/regex.ts';
import type { RowIndex, ValueCondition } from '../select/row-index.ts';
import type { HeadMemory } from './head-memory.ts';
import type { LabelIndex } from './label-index.ts';
import { RegexVerdicts } from './regex-verdicts.ts';

const NO_ROWS = new Uint32Array(0);
/** A pattern on a label with fewer values is simply matched: some 0.3 ms. */
const REMEMBERED_VALUES_MIN = 1024;

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
   * The part of choosing rows that takes long where a label has many values: matching patterns against them, in steps.
   * `matchersToRows` then finds the verdicts; values that came in between it tests itself. Throws `RegexSyntaxError`.
   */
  *learning(matchers: readonly Matcher[]): Generator<undefined, void> {
    for (const { name, type, value } of matchers) {
      if (type !== '=~' && type !== '!~') continue;
      const regex = compileRegex(value);
      if (regex.matchesAll === 'all' || regex.setMatches !== null) continue;
      const { symbols } = this.#memory;
      const id = symbols.find(name);
      if (id === NO_SYMBOL || !this.#isRemembered(id)) continue;
      yield* this.#verdicts.learn(symbols, regex, this.#labels.values(id).slice());
    }
  }

  markRows(name: string, condition: ValueCondition, bitmap: Uint32Array): void {
    const { symbols } = this.#memory;
    const id = symbols.find(name);
    if (id === NO_SYMBOL) return;
    const values = this.#labels.values(id);
    const { negated, regex } = condition;
    if (regex !== null && this.#isRemembered(id)) {
      for (const value of this.#verdicts.chosen(symbols, regex, values, negated)) this.#mark(id, value, bitmap);
      return;
    }
    const meets = this.#testOf(id, condition);
    // A name with one value has no list of its own: the view would change under the loop.
    if (values.length === 1) {
      const only = values[0]!;
      if (meets(only)) this.#mark(id, only, bitmap);
      return;
    }
    for (let i = 0; i < values.length; i++) {
      if (meets(values[i]!)) this.#mark(id, values[i]!, bitmap);
    }
  }

  filterRows(rows: Uint32Array, count: number, name: string, condition: ValueCondition): number {
    const { symbols, labelLog, series } = this.#memory;
    const id = symbols.find(name);
    const meets = this.#testOf(id, condition);
    const verdicts = new Map<number, boolean>();
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
        verdict = meets(value);
        verdicts.set(value, verdict);
      }
      if (verdict) rows[kept++] = rows[i]!;
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

  #mark(name: number, value: number, bitmap: Uint32Array): void {
    const rows = this.#labels.rows(name, value);
    markRows(bitmap, rows, rows.length);
  }

  #ids(name: string, value: string): { name: number; value: number } | null {
    const nameId = this.#memory.symbols.find(name);
    if (nameId === NO_SYMBOL) return null;
    const valueId = this.#memory.symbols.find(value);
    // The empty value stands, inside the index, for the list of a name's values.
    return valueId === NO_SYMBOL || valueId === EMPTY_SYMBOL ? null : { name: nameId, value: valueId };
  }
}
