import { blockEnd, type Spend } from '../../kernels/blocks.ts';
import type { Labels } from '../../model/labels.ts';
import { copyStepColumn, isEmptyColumn, type StepColumn } from '../steps/step-column.ts';
import type { QueryBudget } from './budget.ts';
import type { DroppedLabels } from './context.ts';
import { drain } from './drain.ts';
import { GROUPING_WORK, LabelGroups } from './label-groups.ts';
import { keep, kept } from './lasting-labels.ts';
import type { SeriesHeads, VectorOperator } from './operator.ts';
import { sameLabelsetError } from './query-error.ts';

/**
 * What two series with equal labels mean: an error at a shared step, or one wherever both have any value. `sharedStepAndKind`,
 * which is for instant queries alone: an error only where both are floats or both histograms; a histogram hides a float.
 */
export type DuplicateRule = 'sharedStep' | 'sharedQuery' | 'sharedStepAndKind';

/**
 * Makes one series of those whose labels became equal, as long as they never have a value on the same step. Series
 * without a double pass through untouched; the others are held, and come last. In an instant query, whose order clients see,
 * each series stays where it has its value: there the doubles without one are left out.
 */
export class MergeDuplicates implements VectorOperator {
  readonly #input: VectorOperator;
  readonly #rule: DuplicateRule;
  readonly #budget: QueryBudget;
  /** For each input series: -1, or the group of equal ones that it belongs to. */
  #groupOf: Int32Array | null = null;
  #merged: (StepColumn | null)[] = [];
  #row = 0;
  #isBroken = false;
  #emitted = 0;

  /** In an instant query with doubles: what has a value. */
  #kept: StepColumn[] | null = null;
  readonly #isInstant: boolean;

  /** Not null: equal series are looked for only when labels were dropped beside the names. */
  readonly #unless: DroppedLabels | null;

  constructor(
    input: VectorOperator,
    rule: DuplicateRule,
    isInstant: boolean,
    budget: QueryBudget,
    unless: DroppedLabels | null = null,
  ) {
    this.#budget = budget;
    this.#unless = unless;
    this.#input = input;
    this.#rule = rule;
    this.#isInstant = isInstant;
  }

  async series(): Promise<SeriesHeads> {
    const heads = await this.#input.series();
    if (this.#unless !== null && !this.#unless.typesOrUnits) return heads;
    const { labels } = heads;
    if (this.#unless !== null && labels.length > 0 && this.#unless.unread.has(labels[0]!)) return heads;
    const { held } = this.#budget;
    const place = held.hold(heads);
    const groups = groupEqual(heads, this.#budget);
    const merged = groups === null ? heads : await this.#withoutDoubles(heads, groups);
    held.letGo(place);
    return merged;
  }

  async #withoutDoubles(heads: SeriesHeads, groups: EqualSets): Promise<SeriesHeads> {
    if (this.#isInstant) return await this.#keepPresent(heads, groups);
    const { labels } = heads;
    this.#groupOf = groups.groupOf;
    this.#merged = new Array(groups.firstOf.length).fill(null);
    const rows: number[] = [];
    for (let row = 0; row < labels.length; row++) if (groups.groupOf[row] === -1) rows.push(row);
    for (const row of groups.firstOf) rows.push(row);
    return {
      labels: rows.map((row) => labels[row]!),
      dropName: heads.dropName === null ? null : Uint8Array.from(rows, (row) => heads.dropName![row]!),
    };
  }

  /** With a single step, two doubles that both have a value break either rule. */
  async #keepPresent(heads: SeriesHeads, { groupOf, firstOf }: EqualSets): Promise<SeriesHeads> {
    const rows: number[] = [];
    const columns: StepColumn[] = [];
    this.#kept = columns;
    /** For each group: bit 1 a float, bit 2 a histogram. */
    const seen = new Uint8Array(firstOf.length);
    const perKind = this.#rule === 'sharedStepAndKind';
    await drain(this.#input, this.#budget, (column, row) => {
      if (isEmptyColumn(column)) return;
      const group = groupOf[row]!;
      if (group !== -1) {
        const kind = perKind && column.histograms?.[0] !== undefined ? 2 : 1;
        const before = seen[group]!;
        if ((before & kind) !== 0) this.#isBroken = true;
        seen[group] = before | kind;
        if (before === 2) return;
        if (before === 1 && kind === 2) {
          this.#budget.spend(rows.length);
          const hidden = rows.findIndex((each) => groupOf[each] === group);
          rows.splice(hidden, 1);
          columns.splice(hidden, 1);
        }
      }
      this.#budget.keepColumn(column);
      rows.push(row);
      columns.push(copyStepColumn(column));
    });
    if (this.#isBroken) throw sameLabelsetError();
    return {
      labels: rows.map((row) => heads.labels[row]!),
      dropName: heads.dropName === null ? null : Uint8Array.from(rows, (row) => heads.dropName![row]!),
    };
  }

  next(): StepColumn | null {
    if (this.#kept !== null) return this.#kept[this.#row++] ?? null;
    const groupOf = this.#groupOf;
    if (groupOf === null) return this.#input.next();
    for (let column = this.#input.next(); column !== null; column = this.#input.next()) {
      const group = groupOf[this.#row++]!;
      if (group === -1) return column;
      this.#budget.spend(column.present.length);
      this.#add(group, column);
    }
    if (this.#isBroken) throw sameLabelsetError();
    if (this.#emitted === this.#merged.length) return null;
    const column = this.#merged[this.#emitted]!;
    this.#merged[this.#emitted++] = null;
    return column;
  }

  /** A collision is reported when the input has ended well: its own errors come first. */
  #add(group: number, column: StepColumn): void {
    const target = this.#merged[group]!;
    if (target === null) {
      this.#budget.keepColumn(column);
      this.#merged[group] = copyStepColumn(column);
    } else if (this.#rule === 'sharedQuery' && !isEmptyColumn(target) && !isEmptyColumn(column)) this.#isBroken = true;
    else if (!mergeInto(target, column, this.#budget.spending)) this.#isBroken = true;
  }
}

/** Adds the steps of `column` to `target`; false where both have a value, which stops it. */
export function mergeInto(target: StepColumn, column: StepColumn, spend: Spend): boolean {
  const { values, present } = column;
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) {
      if (present[i] === 0) continue;
      if (target.present[i] === 1) return false;
      target.present[i] = 1;
      target.values[i] = values[i]!;
    }
  }
  if (column.histograms === null) return true;
  target.histograms ??= new Array(present.length).fill(undefined);
  for (let i = 0; i < present.length; ) {
    const stop = blockEnd(i, present.length, spend);
    for (; i < stop; i++) {
      if (present[i] === 1 && column.histograms[i] !== undefined) target.histograms[i] = column.histograms[i];
    }
  }
  return true;
}

/** The sets of equal labels that have more than one member. Shared between queries: nobody changes it. */
interface EqualSets {
  readonly groupOf: Int32Array;
  readonly firstOf: readonly number[];
}

const EQUAL_SETS = 'equal sets';
/** Of the number of a row or set, in a list of any kind at most. */
const NUMBER_BYTES = 8;

/** Numbers the sets of equal labels that have more than one member; null where there is none. */
function groupEqual({ labels }: SeriesHeads, budget: QueryBudget): EqualSets | null {
  if (labels.length < 2) return null;
  const known = kept(labels, EQUAL_SETS) as EqualSets | null | undefined;
  if (known !== undefined) return known;
  const found = findEqual(labels, budget);
  keep(labels, EQUAL_SETS, found, found === null ? 0 : NUMBER_BYTES * (found.groupOf.length + found.firstOf.length));
  return found;
}

function findEqual(labels: readonly Labels[], budget: QueryBudget): EqualSets | null {
  const sets = new LabelGroups(() => true, budget);
  const place = budget.held.hold(sets);
  const numbers = new Int32Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    numbers[row] = sets.numberOf(labels[row]!);
    budget.spend(GROUPING_WORK);
  }
  sets.done();
  budget.held.letGo(place);
  if (sets.size === labels.length) return null;
  const firstRows = new Int32Array(sets.size).fill(-1);
  const groupOf = new Int32Array(labels.length).fill(-1);
  const firstOf: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    const first = firstRows[numbers[row]!]!;
    if (first === -1) {
      firstRows[numbers[row]!] = row;
      continue;
    }
    if (groupOf[first] === -1) {
      groupOf[first] = firstOf.length;
      firstOf.push(first);
    }
    groupOf[row] = groupOf[first]!;
  }
  return { groupOf, firstOf };
}
