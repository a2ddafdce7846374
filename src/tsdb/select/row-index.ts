import type { Regex } from '../../model/regex.ts';

/** A condition on the value of a label. */
export interface ValueCondition {
  meets(value: string): boolean;
  /** Where the condition is that a pattern matches or does not: what it says of a value may be remembered. */
  readonly regex: Regex | null;
  /** The condition is that `regex` does not match. */
  readonly negated: boolean;
}

/**
 * What choosing series by matchers needs to know of a head or a block. Rows are the numbers of its series; all lists of
 * rows rise strictly.
 */
export interface RowIndex {
  /** Every row is below. */
  readonly rowLimit: number;
  /** All rows, in an array that becomes the caller's. */
  allRows(): Uint32Array;
  /** The rows that have this label. A view, valid until the next call. */
  rowsOf(name: string, value: string): Uint32Array;
  rowCountOf(name: string, value: string): number;
  /** How many different values the label has. */
  valueCount(name: string): number;
  /** Sets the bit of each row whose value of the label (which it has) meets the condition, in steps. */
  markRows(name: string, condition: ValueCondition, bitmap: Uint32Array): Generator<undefined, void>;
  /**
   * Keeps, of the first `count` rows, those whose value ('' where absent) meets the condition, in steps; returns how
   * many.
   */
  filterRows(rows: Uint32Array, count: number, name: string, condition: ValueCondition): Generator<undefined, number>;
}
