import { markRows } from '../../kernels/sorted-sets.ts';
import type { LabelIndex } from './label-index.ts';

/** Rows looked at between two points at which the work may be interrupted: some 50 µs. */
const STEP_ROWS = 512;

/**
 * The values of a label that any of the rows has, in the order of their first rows, found by the values' lists, in steps: each until the first
 * row that is wanted. `orderOf`: of a row, where rows that rise are in another order than the one that counts.
 */
export function* valuesWithRows(
  { labelIndex, rowLimit }: { readonly labelIndex: LabelIndex; readonly rowLimit: number },
  name: number,
  rows: Uint32Array,
  orderOf: ((row: number) => number) | null,
): Generator<undefined, Uint32Array> {
  const wanted = new Uint32Array((rowLimit + 31) >>> 5);
  markRows(wanted, rows, rows.length);
  const found: { readonly value: number; readonly order: number }[] = [];
  let looks = 0;
  for (const value of labelIndex.values(name).slice()) {
    let order = Number.POSITIVE_INFINITY;
    for (const row of labelIndex.rows(name, value)) {
      looks++;
      if (((wanted[row >>> 5]! >>> (row & 31)) & 1) === 0) continue;
      order = Math.min(order, orderOf === null ? row : orderOf(row));
      if (orderOf === null) break;
    }
    if (order < Number.POSITIVE_INFINITY) found.push({ value, order });
    looks++;
    if (looks < STEP_ROWS) continue;
    looks = 0;
    yield;
  }
  found.sort((a, b) => a.order - b.order);
  return Uint32Array.from(found, ({ value }) => value);
}
