import { blockEnd } from '../../../kernels/blocks.ts';
import type { Labels } from '../../../model/labels.ts';
import { copyStepColumn, isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { VectorMatching } from '../../syntax/ast.ts';
import type { QueryBudget } from '../budget.ts';
import { GROUPING_WORK, LabelGroups } from '../label-groups.ts';
import { mergeInto } from '../merge-duplicates.ts';
import { nameSet } from '../name-set.ts';
import { ARRAY_BYTES, ENTRY_BYTES, LIST_BYTES, MAP_ENTRY_BYTES } from '../sizes.ts';

/** Series of the one side with the same match group and the same included labels, as one column. */
export interface Partner {
  readonly group: number;
  /** Labels of one of the series; they agree in everything that a result takes over. */
  readonly labels: Labels;
  /** null until a series with values has come. */
  column: StepColumn | null;
}

/** Of a partner: its object, and its entries in the lists. */
const PARTNER_BYTES = 48 + ENTRY_BYTES;
/** Of a match group: its entry in the map and its list of partners. */
const GROUP_BYTES = MAP_ENTRY_BYTES + LIST_BYTES;
const NUMBER_BYTES = 4;

/** Two series of one match group have a value on the same step. */
export interface Conflict {
  readonly first: number;
  readonly second: number;
}

/**
 * The side of a vector operation that has at most one series for each match group and step, read whole: groups x steps.
 * Several series of a group are fine as long as they take turns, as the instances of a restarted target do.
 */
export class OneSide {
  readonly partners: Partner[] = [];
  /** The partners of each match group. */
  readonly byGroup = new Map<number, Partner[]>();
  /** Step -> the first two series that collide there. */
  readonly conflicts = new Map<number, Conflict>();
  readonly #budget: QueryBudget;
  readonly #groups: Int32Array;
  readonly #partnerOf: Partner[] = [];
  /** For groups of several series: on each step, 1 + the row that has a value there. */
  readonly #owners = new Map<number, Int32Array>();
  /** What `presence` found for groups with several partners. */
  readonly #presence = new Map<number, Uint8Array | null>();

  constructor(
    labels: readonly Labels[],
    groups: Int32Array,
    matching: VectorMatching,
    stepCount: number,
    budget: QueryBudget,
  ) {
    this.#budget = budget;
    this.#groups = groups;
    const names = nameSet(matching.include, budget.spending);
    const included = new LabelGroups((name) => names.has(name), budget);
    const partners = new Map<string | number, Partner>();
    budget.takeBytes(ENTRY_BYTES * labels.length);
    for (let row = 0; row < labels.length; row++) {
      const group = groups[row]!;
      let others = this.byGroup.get(group);
      if (others === undefined) {
        budget.takeBytes(GROUP_BYTES);
        others = [];
        this.byGroup.set(group, others);
      }
      // By number: looking through all partners of a group would take quadratic time.
      const key = matching.include.length === 0 ? group : `${group}:${included.numberOf(labels[row]!)}`;
      let partner = partners.get(key);
      budget.spend(GROUPING_WORK);
      if (partner === undefined) {
        budget.takeBytes(PARTNER_BYTES);
        partner = { group, labels: labels[row]!, column: null };
        partners.set(key, partner);
        others.push(partner);
        this.partners.push(partner);
      }
      this.#partnerOf.push(partner);
    }
    included.done();
    const seen = new Set<number>();
    for (const group of groups) {
      if (seen.has(group) && !this.#owners.has(group)) {
        budget.keep(stepCount, NUMBER_BYTES);
        budget.takeBytes(MAP_ENTRY_BYTES + ARRAY_BYTES);
        this.#owners.set(group, new Int32Array(stepCount));
      }
      seen.add(group);
    }
  }

  /** Takes in the column of a row; where another series of its group has a value already, that is a conflict. */
  add(column: StepColumn, row: number): void {
    if (isEmptyColumn(column)) return;
    const partner = this.#partnerOf[row]!;
    const owners = this.#owners.get(this.#groups[row]!);
    if (owners !== undefined) this.#claim(owners, column, row);
    if (partner.column === null) {
      this.#budget.keepColumn(column);
      partner.column = copyStepColumn(column);
    } else mergeInto(partner.column, column, this.#budget.spending);
  }

  /** Steps on which the group has any value, to be read only; null where it never has. When all rows have been added. */
  presence(group: number): Uint8Array | null {
    const partners = this.byGroup.get(group);
    if (partners === undefined) return null;
    if (partners.length === 1) return partners[0]!.column?.present ?? null;
    // Once for each group: many rows of the other side may ask, and there may be many partners.
    const known = this.#presence.get(group);
    if (known !== undefined) return known;
    let mask: Uint8Array | null = null;
    for (const { column } of partners) {
      if (column === null) continue;
      this.#budget.spend(column.present.length);
      if (mask === null) {
        this.#budget.takeBytes(ARRAY_BYTES + column.present.length);
        mask = column.present.slice();
      } else for (let i = 0; i < mask.length; i++) mask[i]! |= column.present[i]!;
    }
    this.#presence.set(group, mask);
    return mask;
  }

  /** Marks the steps of a row as taken; a step that is taken already becomes a conflict and leaves the column. */
  #claim(owners: Int32Array, column: StepColumn, row: number): void {
    const { present } = column;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, this.#budget.spending);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        if (owners[i] === 0) {
          owners[i] = row + 1;
          continue;
        }
        if (!this.conflicts.has(i)) this.conflicts.set(i, { first: owners[i]! - 1, second: row });
        present[i] = 0;
      }
    }
  }
}
