import { markRows } from '../../kernels/sorted-sets.ts';
import { EMPTY_SYMBOL, NO_SYMBOL } from '../../memory/symbol-table.ts';
import type { RowIndex } from '../select/row-index.ts';
import type { HeadMemory } from './head-memory.ts';
import type { LabelIndex } from './label-index.ts';

const NO_ROWS = new Uint32Array(0);

/** The head's side of choosing rows by matchers: strings to symbol ids, then the label index. */
export class HeadRowIndex implements RowIndex {
  readonly #memory: HeadMemory;
  readonly #labels: LabelIndex;

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

  valueCount(name: string): number {
    const id = this.#memory.symbols.find(name);
    return id === NO_SYMBOL ? 0 : this.#labels.valueCount(id);
  }

  markRows(name: string, condition: (value: string) => boolean, bitmap: Uint32Array): void {
    const { symbols } = this.#memory;
    const id = symbols.find(name);
    if (id === NO_SYMBOL) return;
    const values = this.#labels.values(id);
    // A name with one value has no list of its own: the view would change under the loop.
    if (values.length === 1) {
      const only = values[0]!;
      if (condition(symbols.text(only))) this.#mark(id, only, bitmap);
      return;
    }
    for (let i = 0; i < values.length; i++) {
      if (condition(symbols.text(values[i]!))) this.#mark(id, values[i]!, bitmap);
    }
  }

  filterRows(rows: Uint32Array, count: number, name: string, condition: (value: string) => boolean): number {
    const { symbols, labelLog, series } = this.#memory;
    const id = symbols.find(name);
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
        verdict = condition(symbols.text(value));
        verdicts.set(value, verdict);
      }
      if (verdict) rows[kept++] = rows[i]!;
    }
    return kept;
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
