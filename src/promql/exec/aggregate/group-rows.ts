import { Labels, METRIC_NAME } from '../../../model/labels.ts';
import { NO_UINT32 } from '../../../std/empty-arrays.ts';
import type { QueryBudget } from '../budget.ts';
import { LabelGroups } from '../label-groups.ts';
import { isLasting, keep, kept, makeLasting } from '../lasting-labels.ts';
import { nameSet } from '../name-set.ts';
import type { SeriesHeads } from '../operator.ts';
import { ENTRY_BYTES } from '../sizes.ts';

/** Which group each input series belongs to, and the labels of the groups in order of first appearance. */
export interface Groups {
  readonly groupOf: Uint32Array;
  readonly labels: readonly Labels[];
  readonly dropName: Uint8Array | null;
}

const NO_GROUPS: Groups = { groupOf: NO_UINT32, labels: [], dropName: null };

/** What follows from the labels alone. Shared between queries: nobody changes it. */
interface LabelGrouping {
  readonly groupOf: Uint32Array;
  readonly labels: readonly Labels[];
  /** What all of it takes. */
  readonly bytes: number;
}

/** Series grouped between two looks at the budget, each about as much work as so many samples. */
const BLOCK = 512;
const GROUPING_WORK = 50;
/** Of a series: the number of its group. */
const ROW_BYTES = 4;

/** Groups series by the labels of `by (...)`, or by all others than those of `without (...)` and the metric name. */
export async function groupRows(
  heads: SeriesHeads,
  grouping: readonly string[],
  without: boolean,
  budget: QueryBudget,
): Promise<Groups> {
  if (heads.labels.length === 0) return NO_GROUPS;
  const key = `${without ? 'without' : 'by'} ${JSON.stringify(grouping)}`;
  const known = kept(heads.labels, key) as LabelGrouping | undefined;
  if (known !== undefined) {
    budget.takeBytes(known.bytes);
    return { ...known, dropName: groupMarks(heads, known.groupOf, known.labels.length) };
  }
  const names = without ? nameSet(grouping, budget.spending, METRIC_NAME) : nameSet(grouping, budget.spending);
  const { labels } = heads;
  const bytesBefore = budget.bytes;
  budget.takeBytes(ROW_BYTES * labels.length);
  const groupOf = new Uint32Array(labels.length);
  const groupLabels: Labels[] = [];
  const place = budget.held.hold(groupLabels);
  if (names.size === 0 || labels.length === 1) {
    groupLabels.push(labelsOfGroup(labels[0]!, names, without));
    budget.takeLabels(groupLabels[0]!, ENTRY_BYTES);
  } else {
    const groups = new LabelGroups((name) => names.has(name) !== without, budget);
    const groupsPlace = budget.held.hold(groups);
    for (let row = 0; row < labels.length; row++) {
      const group = groups.numberOf(labels[row]!);
      if (group === groupLabels.length) {
        groupLabels.push(labelsOfGroup(labels[row]!, names, without));
        budget.takeLabels(groupLabels[group]!, ENTRY_BYTES);
      }
      groupOf[row] = group;
      if (row % BLOCK !== BLOCK - 1) continue;
      budget.spend(GROUPING_WORK * BLOCK);
      if (budget.pauseDue) await budget.pause();
    }
    groups.done();
    budget.held.letGo(groupsPlace);
  }
  budget.held.letGo(place);
  if (isLasting(labels)) {
    makeLasting(groupLabels);
    const bytes = budget.bytes - bytesBefore;
    keep(labels, key, { groupOf, labels: groupLabels, bytes } satisfies LabelGrouping, bytes);
  }
  return { groupOf, labels: groupLabels, dropName: groupMarks(heads, groupOf, groupLabels.length) };
}

/** The labels that a group of series with these labels has in common. */
export function labelsOfGroup({ pairs }: Labels, names: ReadonlySet<string>, without: boolean): Labels {
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    if (names.has(pairs[i]!) !== without) kept.push(pairs[i]!, pairs[i + 1]!);
  }
  return kept.length === 0 ? Labels.EMPTY : new Labels(kept.slice());
}

/** A group loses its metric name at the end if one of its series does. */
function groupMarks(heads: SeriesHeads, groupOf: Uint32Array, groupCount: number): Uint8Array | null {
  if (heads.dropName === null) return null;
  const marks = new Uint8Array(groupCount);
  for (let row = 0; row < groupOf.length; row++) marks[groupOf[row]!]! |= heads.dropName[row]!;
  return marks;
}
