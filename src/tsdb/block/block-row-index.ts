import { markRows } from '../../kernels/sorted-sets.ts';
import type { RowIndex, ValueCondition } from '../select/row-index.ts';
import type { IndexReader } from './index-reader.ts';

const NO_ROWS = new Uint32Array(0);
/** Series looked at in one step: each may read a page of the index. */
const STEP_ROWS = 256;

/** A block's side of choosing rows by matchers. Whatever is damaged on the way throws `DamagedFile`. */
export class BlockRowIndex implements RowIndex {
  readonly #index: IndexReader;
  /** Symbols of label names that were asked for; -1 where the block has no such label. */
  readonly #nameSymbols = new Map<string, number>();
  #rows: Uint32Array = new Uint32Array(0);

  constructor(index: IndexReader) {
    this.#index = index;
  }

  get rowLimit(): number {
    return this.#index.rowLimit;
  }

  allRows(): Uint32Array {
    const offset = this.#index.table.find('', '');
    return offset < 0 ? new Uint32Array(0) : this.#index.postings(offset, NO_ROWS);
  }

  /** The last of them; -1 where there is none. */
  lastRow(): number {
    const offset = this.#index.table.find('', '');
    return offset < 0 ? -1 : this.#index.lastPosting(offset);
  }

  rowsOf(name: string, value: string): Uint32Array {
    const offset = name === '' ? -1 : this.#index.table.find(name, value);
    return offset < 0 ? NO_ROWS : this.#postings(offset);
  }

  rowCountOf(name: string, value: string): number {
    const offset = name === '' ? -1 : this.#index.table.find(name, value);
    return offset < 0 ? 0 : this.#index.postingsCount(offset);
  }

  valueCount(name: string): number {
    return this.#index.table.valueCount(name);
  }

  *markRows(name: string, condition: ValueCondition, bitmap: Uint32Array): Generator<undefined, void> {
    yield* this.#index.table.visitValuesInSteps(name, (value, offset) => {
      if (condition.meets(value)) {
        const rows = this.#postings(offset);
        markRows(bitmap, rows, rows.length);
      }
      return true;
    });
  }

  *filterRows(rows: Uint32Array, count: number, name: string, condition: ValueCondition): Generator<undefined, number> {
    const { series, symbols } = this.#index;
    const symbol = this.nameSymbol(name);
    const verdicts = new Map<number, boolean>();
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const value = symbol < 0 ? -1 : series.valueOf(rows[i]!, symbol);
      let verdict = verdicts.get(value);
      if (verdict === undefined) {
        verdict = condition.meets(value < 0 ? '' : symbols.text(value));
        verdicts.set(value, verdict);
      }
      if (verdict) rows[kept++] = rows[i]!;
      if (i % STEP_ROWS === STEP_ROWS - 1) yield;
    }
    return kept;
  }

  /** The symbol of a label name, or -1. */
  nameSymbol(name: string): number {
    if (this.#index.table.valueCount(name) === 0) return -1;
    let symbol = this.#nameSymbols.get(name);
    if (symbol === undefined) {
      symbol = this.#index.symbols.find(name);
      this.#nameSymbols.set(name, symbol);
    }
    return symbol;
  }

  #postings(offset: number): Uint32Array {
    const rows = this.#index.postings(offset, this.#rows);
    if (rows.buffer !== this.#rows.buffer) this.#rows = new Uint32Array(rows.buffer);
    return rows;
  }
}
