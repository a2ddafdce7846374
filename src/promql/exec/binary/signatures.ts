import type { Spend } from '../../../kernels/blocks.ts';
import { Labels, METRIC_NAME } from '../../../model/labels.ts';
import { NO_INT32 } from '../../../std/empty-arrays.ts';
import type { VectorMatching } from '../../syntax/ast.ts';
import type { QueryBudget } from '../budget.ts';
import { GROUPING_WORK, LabelGroups } from '../label-groups.ts';
import { isLasting, keep, kept, type LabelList } from '../lasting-labels.ts';
import { nameSet } from '../name-set.ts';

/** The number of a series' group. */
const GROUP_NUMBER_BYTES = 4;

/** Numbers the match groups of both sides of a vector operation: series with equal numbers belong together. */
export class Signatures {
  readonly #groups: LabelGroups;
  readonly #budget: QueryBudget;
  readonly #place: number;

  constructor(matching: VectorMatching, budget: QueryBudget) {
    this.#budget = budget;
    this.#groups = new LabelGroups(matchedNames(matching, budget.spending), budget);
    this.#place = budget.held.hold(this.#groups);
  }

  /** To be called when no more are numbered. */
  done(): void {
    this.#groups.done();
    this.#budget.held.letGo(this.#place);
  }

  /** How many groups there are. */
  get size(): number {
    return this.#groups.size;
  }

  /** The group of every series. */
  ofAll(labels: readonly Labels[]): Int32Array {
    if (labels.length === 0) return NO_INT32;
    this.#budget.takeBytes(GROUP_NUMBER_BYTES * labels.length);
    const groups = new Int32Array(labels.length);
    for (let row = 0; row < labels.length; row++) {
      groups[row] = this.#groups.numberOf(labels[row]!);
      this.#budget.spend(GROUPING_WORK);
    }
    return groups;
  }
}

/** The match groups of two lists, numbered alike. Shared between queries: nobody changes them. */
export interface MatchGroups {
  readonly leftGroups: Int32Array;
  readonly rightGroups: Int32Array;
}

/** The match groups of both sides, as they were found before where both lists last. */
export function matchGroups(
  left: LabelList,
  right: LabelList,
  matching: VectorMatching,
  budget: QueryBudget,
): MatchGroups {
  const { on, matchingLabels } = matching;
  const key = `match ${on} ${JSON.stringify(matchingLabels)}`;
  const bytes = GROUP_NUMBER_BYTES * (left.length + right.length);
  const known = kept(left, key) as (MatchGroups & { readonly right: LabelList }) | undefined;
  if (known?.right === right) {
    budget.takeBytes(bytes);
    return known;
  }
  const signatures = new Signatures(matching, budget);
  const groups = { leftGroups: signatures.ofAll(left), rightGroups: signatures.ofAll(right), right };
  signatures.done();
  if (isLasting(right)) keep(left, key, groups, bytes);
  return groups;
}

/** Those labels whose names pass; the same object where all do. */
export function keepLabels(labels: Labels, passes: (name: string) => boolean): Labels {
  const { pairs } = labels;
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (passes(pairs[i]!)) kept.push(pairs[i]!, pairs[i + 1]!);
  return kept.length === pairs.length ? labels : new Labels(kept.slice());
}

/** Says of a label name whether it takes part in the matching. */
export function matchedNames({ on, matchingLabels }: VectorMatching, spend: Spend): (name: string) => boolean {
  const names = on ? nameSet(matchingLabels, spend) : nameSet(matchingLabels, spend, METRIC_NAME);
  return (name) => names.has(name) === on;
}
