import { patternSort } from '../../../kernels/pattern-sort.ts';
import type { Labels } from '../../../model/labels.ts';
import { copyStepColumn, dropHistograms, isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { labelsLength, UNITS_PER_WORK } from '../text-work.ts';

interface Row {
  readonly labels: Labels;
  readonly dropName: number;
  readonly column: StepColumn;
}

/** Comparing two series is as much work as so many samples, and asking for a label to sort by. */
const COMPARING_WORK = 20;
const LABEL_WORK = 2;

/**
 * Gives the series of an instant query in order: `compare` gets two of them. In a range query the order of series is
 * that of their labels whatever anyone says, so nothing is sorted there.
 */
export class Sort implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #context: QueryContext;
  readonly #floatsOnly: boolean;
  readonly #compare: ((a: SortRow, b: SortRow) => number) | null;
  readonly #labelCount: number;
  #rows: Row[] = [];
  #at = 0;

  /** `labelCount`: labels that `compare` sorts by; 0 where it looks at none. */
  constructor(
    input: VectorOperator,
    context: QueryContext,
    floatsOnly: boolean,
    compare: ((a: SortRow, b: SortRow) => number) | null,
    labelCount: number,
  ) {
    this.#input = input;
    this.#context = context;
    this.#floatsOnly = floatsOnly;
    this.#compare = compare;
    this.#labelCount = labelCount;
  }

  async series(): Promise<SeriesHeads> {
    const heads = await this.#input.series();
    if (this.#compare === null) return heads;
    const { labels, dropName } = heads;
    const place = this.#context.budget.held.hold(heads);
    const rows: Row[] = [];
    this.#rows = rows;
    let longest = 0;
    await drain(this.#input, this.#context.budget, (column, row) => {
      if (this.#floatsOnly) dropHistograms(column, this.#context.budget.spending);
      if (isEmptyColumn(column)) return;
      this.#context.budget.keepColumn(column);
      if (this.#labelCount > 0) longest = Math.max(longest, labelsLength(labels[row]!));
      rows.push({
        labels: labels[row]!,
        dropName: dropName === null ? 0 : dropName[row]!,
        column: copyStepColumn(column),
      });
    });
    const compare = this.#compare;
    const { budget } = this.#context;
    // Texts that are the same but for their ends are compared unit by unit.
    const work = COMPARING_WORK + LABEL_WORK * this.#labelCount + longest / UNITS_PER_WORK;
    sortRows(rows, (a, b) => {
      budget.spend(work);
      return compare(a, b);
    });
    budget.held.letGo(place);
    return {
      labels: rows.map((row) => row.labels),
      dropName: dropName === null ? null : Uint8Array.from(rows, (row) => row.dropName),
    };
  }

  next(): StepColumn | null {
    if (this.#compare !== null) return this.#rows[this.#at++]?.column ?? null;
    const column = this.#input.next();
    if (column !== null && this.#floatsOnly) dropHistograms(column, this.#context.budget.spending);
    return column;
  }
}

/** Sorts as the reference does: where equal values, NaN, and labels that are not there end up follows from how it sorts. */
function sortRows(rows: Row[], compare: (a: SortRow, b: SortRow) => number): void {
  patternSort(
    {
      isLess: (a, b) => compare(rows[a]!, rows[b]!) < 0,
      swap: (a, b) => {
        const row = rows[a]!;
        rows[a] = rows[b]!;
        rows[b] = row;
      },
    },
    rows.length,
  );
}

export interface SortRow {
  readonly labels: Labels;
  readonly column: StepColumn;
}

/** Ascending by value; NaN comes last in both directions. */
export function compareAscending(a: SortRow, b: SortRow): number {
  return compareValues(a.column.values[0]!, b.column.values[0]!);
}

export function compareDescending(a: SortRow, b: SortRow): number {
  const x = a.column.values[0]!;
  const y = b.column.values[0]!;
  if (Number.isNaN(x) || Number.isNaN(y)) return compareValues(x, y);
  return compareValues(y, x);
}

/** Of two NaN the later one comes first, as in the reference. */
function compareValues(x: number, y: number): number {
  if (Number.isNaN(y)) return -1;
  if (Number.isNaN(x)) return 1;
  return x < y ? -1 : x > y ? 1 : 0;
}
