import { blockEnd } from '../../../kernels/blocks.ts';
import type { Labels } from '../../../model/labels.ts';
import { compareUtf8 } from '../../../model/utf8.ts';
import type { VectorBinaryPlan } from '../../plan/plan.ts';
import { arithmeticInto, compareInto } from '../../steps/arithmetic.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import { isArithmetic, isComparison } from '../../syntax/operators.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { afterLeft, drain } from '../drain.ts';
import { GROUPING_WORK, LabelGroups } from '../label-groups.ts';
import { isLasting, keep, kept, type LabelList, makeLasting } from '../lasting-labels.ts';
import { nameSet } from '../name-set.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { QueryError } from '../query-error.ts';
import type { Scope } from '../scope.ts';
import { ARRAY_BYTES, ENTRY_BYTES, labelListBytes, MAP_ENTRY_BYTES } from '../sizes.ts';
import type { ElementOptions } from './element-options.ts';
import { elementsInto, needsElements } from './elements.ts';
import { OneSide, type Partner } from './one-side.ts';
import { NAMES_IN_TURN_MAX, resultLabels } from './result-labels.ts';
import { keepLabels, matchedNames, matchGroups } from './signatures.ts';
import { StepNotes } from './step-notes.ts';

/** Passing a column on takes as long as so many samples; there may be hundreds of these operators on its way. */
const COLUMN_WORK = 20;

/** One output series: a row of the many side with a partner, or with the fill value where `partner` is null. */
interface Pairing {
  readonly row: number;
  readonly group: number;
  readonly partner: Partner | null;
  /** Steps taken by pairings that must not meet this one; null where there are none. */
  readonly taken: Uint8Array | null;
}

/**
 * Arithmetic and comparison between two vectors. The one side is read whole, the many side streams (one-to-one: right
 * and left). Whether series collide is decided on values, step by step, never on labels alone; of several errors that
 * of the earliest step is reported, when everything was seen.
 */
export class VectorBinary implements VectorOperator {
  readonly #plan: VectorBinaryPlan;
  readonly #left: VectorOperator;
  readonly #right: VectorOperator;
  readonly #context: QueryContext;
  readonly #count: number;
  readonly #isSwapped: boolean;
  readonly #notes = new StepNotes();
  readonly #options: ElementOptions;
  #out: StepColumn | null = null;
  readonly #holds: Uint8Array;
  #oneSide: OneSide | null = null;
  #oneHeads: SeriesHeads = { labels: [], dropName: null };
  #pairings: Pairing[] = [];
  #at = 0;
  #manyRow = -1;
  #manyColumn: StepColumn | null = null;
  /** With `fill_left`: for each match group the steps on which the many side found a partner. */
  readonly #matched = new Map<number, Uint8Array>();
  #leftFills: Partner[] = [];
  #leftFillAt = 0;
  #failure: { readonly step: number; readonly error: () => QueryError } | null = null;

  constructor(
    plan: VectorBinaryPlan,
    left: VectorOperator,
    right: VectorOperator,
    scope: Scope,
    context: QueryContext,
  ) {
    this.#plan = plan;
    this.#left = left;
    this.#right = right;
    this.#context = context;
    this.#count = scope.grid.count;
    this.#isSwapped = plan.matching.card === 'one-to-many';
    const { op, returnBool } = plan;
    this.#options = { op, returnBool, notes: this.#notes, keep: 'left', spend: context.budget.spending };
    context.budget.takeBytes(this.#count);
    this.#holds = new Uint8Array(this.#count);
  }

  async series(): Promise<SeriesHeads> {
    const { matching } = this.#plan;
    const { budget } = this.#context;
    const left = await this.#left.series();
    const leftPlace = budget.held.hold(left);
    const right = await afterLeft([this.#left], 1, budget, () => this.#right.series());
    const rightPlace = budget.held.hold(right);
    const { leftGroups, rightGroups } = matchGroups(left.labels, right.labels, matching, budget);
    const [many, manyGroups] = this.#isSwapped ? [right, rightGroups] : [left, leftGroups];
    const [one, oneGroups] = this.#isSwapped ? [left, leftGroups] : [right, rightGroups];
    const oneSide = new OneSide(one.labels, oneGroups, matching, this.#count, budget);
    this.#oneSide = oneSide;
    this.#oneHeads = one;
    const add = (column: StepColumn, row: number) => oneSide.add(column, row);
    if (this.#isSwapped) await drain(this.#left, budget, add);
    else await afterLeft([this.#left], 1, budget, () => drain(this.#right, budget, add));
    if (matching.fillLeft !== null || matching.fillRight !== null) this.#failOnAllConflicts();
    const heads = await this.#pair(many, manyGroups, oneSide);
    budget.held.letGo(rightPlace);
    budget.held.letGo(leftPlace);
    return heads;
  }

  next(): StepColumn | null {
    this.#context.budget.spend(COLUMN_WORK);
    const pairing = this.#pairings[this.#at];
    if (pairing !== undefined) {
      this.#at++;
      while (this.#manyRow < pairing.row) this.#advance();
      return this.#combine(pairing, this.#manyColumn!);
    }
    while (this.#advance()) {}
    const fill = this.#leftFills[this.#leftFillAt++];
    if (fill !== undefined) return this.#combineFilled(fill);
    if (this.#failure !== null) throw this.#failure.error();
    this.#notes.tell(this.#context.annotations, this.#plan.position);
    return null;
  }

  /** Decides the output series: every row with every partner of its group, then with the fill values. */
  async #pair(many: SeriesHeads, manyGroups: Int32Array, oneSide: OneSide): Promise<SeriesHeads> {
    const { matching, op, returnBool } = this.#plan;
    const { budget } = this.#context;
    const labels: Labels[] = [];
    const dropsMetric = isArithmetic(op) || (returnBool && !this.#context.features.delayedNameRemoval);
    const drafts: { row: number; group: number; partner: Partner | null; labels: Labels }[] = [];
    const place = budget.held.hold(drafts);
    const results = this.#knownResults(many.labels, oneSide, dropsMetric);
    const names = nameSet(matching.matchingLabels, budget.spending);
    const included = nameSet(matching.include, budget.spending);
    const isFilled = matching.fillLeft !== null || matching.fillRight !== null;
    const isMatched = isFilled ? matchedNames(matching, budget.spending) : () => true;
    const work = PAIRING_WORK * (1 + Math.min(matching.include.length, NAMES_IN_TURN_MAX));
    for (let row = 0; row < many.labels.length; row++) {
      const group = manyGroups[row]!;
      const from = many.labels[row]!;
      for (const partner of oneSide.byGroup.get(group) ?? []) {
        if (partner.column === null) continue;
        const known = results?.known?.[drafts.length];
        const result = known ?? resultLabels(from, partner.labels, matching, names, included, dropsMetric);
        budget.takeLabels(result, PAIRING_BYTES);
        budget.spend(work);
        drafts.push({ row, group, partner, labels: result });
      }
      budget.spend(PAIRING_WORK);
      if (budget.pauseDue) await budget.pause();
      if (matching.fillRight !== null) {
        const matched = keepLabels(from, isMatched);
        const result = resultLabels(from, matched, matching, names, included, dropsMetric);
        budget.spend(work);
        budget.takeLabels(result, PAIRING_BYTES);
        drafts.push({ row, group, partner: null, labels: result });
      }
    }
    const allKnown = results?.known ?? null;
    const rivals = new Rivals(matching.card === 'one-to-one', this.#count, budget);
    for (const draft of drafts) rivals.note(draft.row, draft.group, draft.labels);
    for (const { row, group, partner, labels: result } of drafts) {
      if (allKnown === null) labels.push(result);
      this.#pairings.push({ row, group, partner, taken: rivals.taken(group, result) });
    }
    if (matching.fillLeft !== null) {
      this.#leftFills = oneSide.partners.filter((partner) => partner.column !== null);
      for (const partner of this.#leftFills) {
        const matched = keepLabels(partner.labels, isMatched);
        labels.push(resultLabels(matched, partner.labels, matching, names, included, dropsMetric));
        budget.takeLabels(labels[labels.length - 1]!, ENTRY_BYTES);
        budget.spend(work);
      }
    }
    rivals.done();
    budget.held.letGo(place);
    budget.giveBack(DRAFT_BYTES * drafts.length);
    if (results !== null && allKnown === null) results.keep(labels);
    const marked = returnBool && this.#context.features.delayedNameRemoval;
    const dropName = marked ? new Uint8Array(drafts.length + this.#leftFills.length).fill(1) : null;
    return { labels: allKnown ?? labels, dropName };
  }

  /**
   * The labels of all results as they were when the same lists met before, or what keeps them; null where they depend on more
   * than on the lists.
   */
  #knownResults(many: LabelList, oneSide: OneSide, dropsMetric: boolean): KnownResults | null {
    const { matching } = this.#plan;
    const one = this.#oneHeads.labels;
    if (matching.fillLeft !== null || matching.fillRight !== null || !isLasting(many) || !isLasting(one)) return null;
    if (oneSide.partners.some((partner) => partner.column === null)) return null;
    const key = `results ${dropsMetric} ${JSON.stringify(matching)}`;
    const before = kept(many, key) as { readonly one: LabelList; readonly labels: LabelList } | undefined;
    return {
      known: before?.one === one ? before.labels : null,
      keep: (labels) => {
        makeLasting(labels);
        keep(many, key, { one, labels }, labelListBytes(labels));
      },
    };
  }

  /** Reads the next row of the many side; false at its end. */
  #advance(): boolean {
    this.#context.budget.spend(COLUMN_WORK);
    const column = (this.#isSwapped ? this.#right : this.#left).next();
    this.#manyColumn = column;
    if (column === null) return false;
    this.#manyRow++;
    const { conflicts } = this.#oneSide!;
    if (conflicts.size > 0) {
      for (const step of conflicts.keys()) if (column.present[step] === 1) this.#failOnConflict(step);
    }
    return true;
  }

  #combine(pairing: Pairing, many: StepColumn): StepColumn {
    const { group, partner, taken } = pairing;
    const { fillLeft, fillRight } = this.#plan.matching;
    const out = (this.#out ??= this.#context.budget.column(this.#count));
    let one: StepColumn;
    if (partner !== null) {
      one = partner.column!;
      for (let i = 0; i < this.#count; ) {
        const stop = blockEnd(i, this.#count, this.#context.budget.spending);
        for (; i < stop; i++) out.present[i] = many.present[i]! & one.present[i]!;
      }
    } else {
      one = this.#constantColumn(fillRight!);
      const presence = this.#oneSide!.presence(group);
      for (let i = 0; i < this.#count; ) {
        const stop = blockEnd(i, this.#count, this.#context.budget.spending);
        for (; i < stop; i++) out.present[i] = many.present[i]! & (presence === null ? 1 : presence[i]! ^ 1);
      }
    }
    const met = taken === null && fillLeft === null ? null : out.present.slice();
    const failed = this.#apply(many, one, out);
    if (met === null) return out;
    // A pair that does not go together counts as if it had not met.
    if (failed !== null) for (let i = 0; i < this.#count; i++) met[i]! &= failed[i]! ^ 1;
    if (taken !== null) this.#take(taken, met);
    if (fillLeft !== null) this.#markMatched(group, met);
    return out;
  }

  /** A partner that the many side left alone on some steps meets the fill value there. */
  #combineFilled(partner: Partner): StepColumn {
    const out = (this.#out ??= this.#context.budget.column(this.#count));
    const matched = this.#matched.get(partner.group);
    const one = partner.column!;
    for (let i = 0; i < this.#count; ) {
      const stop = blockEnd(i, this.#count, this.#context.budget.spending);
      for (; i < stop; i++) {
        out.present[i] = one.present[i]! & (matched === undefined ? 1 : matched[i]! ^ 1);
      }
    }
    this.#apply(this.#constantColumn(this.#plan.matching.fillLeft!), one, out);
    return out;
  }

  /** Calculates on the steps that `out` has marked; gives those on which the two do not go together. */
  #apply(many: StepColumn, one: StepColumn, out: StepColumn): Uint8Array | null {
    const { op, returnBool } = this.#plan;
    const spend = this.#context.budget.spending;
    const left = this.#isSwapped ? one : many;
    const right = this.#isSwapped ? many : one;
    out.histograms = null;
    if (needsElements(op, left, right)) return elementsInto(left, right, out, this.#options);
    if (isArithmetic(op)) arithmeticInto(op, left.values, right.values, out.values, spend);
    else if (isComparison(op)) {
      if (returnBool) {
        compareInto(op, left.values, right.values, out.values, spend);
        return null;
      }
      const holds = this.#holds;
      compareInto(op, left.values, right.values, holds, spend);
      out.values.set(left.values);
      for (let i = 0; i < this.#count; ) {
        const stop = blockEnd(i, this.#count, this.#context.budget.spending);
        for (; i < stop; i++) out.present[i]! &= holds[i]!;
      }
    }
    return null;
  }

  #constantColumn(value: number): StepColumn {
    return { values: new Float64Array(this.#count).fill(value), present: new Uint8Array(0), histograms: null };
  }

  #take(taken: Uint8Array, present: Uint8Array): void {
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, this.#context.budget.spending);
      for (; i < stop; i++) {
        if (present[i] === 0) continue;
        if (taken[i] === 1) {
          this.#fail(i, () => multipleMatchesError(this.#plan.matching.card === 'one-to-one'));
          return;
        }
        taken[i] = 1;
      }
    }
  }

  #markMatched(group: number, present: Uint8Array): void {
    let mask = this.#matched.get(group);
    if (mask === undefined) {
      this.#context.budget.takeBytes(MAP_ENTRY_BYTES + ARRAY_BYTES + this.#count);
      mask = new Uint8Array(this.#count);
      this.#matched.set(group, mask);
    }
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, this.#context.budget.spending);
      for (; i < stop; i++) mask[i]! |= present[i]!;
    }
  }

  #failOnAllConflicts(): void {
    for (const step of this.#oneSide!.conflicts.keys()) this.#failOnConflict(step);
  }

  /** Comes before other errors of the same step. */
  #failOnConflict(step: number): void {
    const { first, second } = this.#oneSide!.conflicts.get(step)!;
    const { labels } = this.#oneHeads;
    const side = this.#isSwapped ? 'left' : 'right';
    const error = () =>
      duplicateSeriesError(
        labels[first]!,
        labels[second]!,
        keepLabels(labels[second]!, matchedNames(this.#plan.matching, this.#context.budget.spending)),
        side,
      );
    if (this.#failure === null || step <= this.#failure.step) this.#failure = { step, error };
  }

  #fail(step: number, error: () => QueryError): void {
    if (this.#failure === null || step < this.#failure.step) this.#failure = { step, error };
  }
}

interface KnownResults {
  readonly known: LabelList | null;
  keep(labels: LabelList): void;
}

/** Of a row with its partner until all are known; then, beside the labels; and how much work finding it is, in samples. */
const DRAFT_BYTES = 56 + ENTRY_BYTES;
const PAIRING_BYTES = DRAFT_BYTES + 56 + 2 * ENTRY_BYTES;
const PAIRING_WORK = 100;

/** Finds output series that must not have a value on the same step, and gives each such set one mask. */
class Rivals {
  readonly #oneToOne: boolean;
  readonly #count: number;
  readonly #budget: QueryBudget;
  readonly #results: LabelGroups;
  readonly #firstRow = new Map<string | number, number>();
  readonly #masks = new Map<string | number, Uint8Array>();

  constructor(oneToOne: boolean, count: number, budget: QueryBudget) {
    this.#oneToOne = oneToOne;
    this.#count = count;
    this.#budget = budget;
    this.#results = new LabelGroups(() => true, budget);
  }

  /** To be called when all are noted and taken. */
  done(): void {
    this.#results.done();
    this.#budget.giveBack(MAP_ENTRY_BYTES * this.#firstRow.size);
  }

  note(row: number, group: number, labels: Labels): void {
    const key = this.#key(group, labels);
    const first = this.#firstRow.get(key);
    if (first === undefined) {
      this.#budget.takeBytes(MAP_ENTRY_BYTES);
      this.#firstRow.set(key, row);
    } else if (first !== row && !this.#masks.has(key)) {
      this.#budget.takeBytes(MAP_ENTRY_BYTES + ARRAY_BYTES + this.#count);
      this.#masks.set(key, new Uint8Array(this.#count));
    }
  }

  taken(group: number, labels: Labels): Uint8Array | null {
    return this.#masks.size === 0 ? null : (this.#masks.get(this.#key(group, labels)) ?? null);
  }

  #key(group: number, labels: Labels): string | number {
    this.#budget.spend(GROUPING_WORK);
    return this.#oneToOne ? group : `${group}:${this.#results.numberOf(labels)}`;
  }
}

function multipleMatchesError(oneToOne: boolean): QueryError {
  return new QueryError(
    'execution',
    oneToOne
      ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
      : 'multiple matches for labels: grouping labels must ensure unique matches',
  );
}

function duplicateSeriesError(a: Labels, b: Labels, matched: Labels, side: 'left' | 'right'): QueryError {
  const [first, second] = [a.toString(), b.toString()].sort(compareUtf8);
  return new QueryError(
    'execution',
    `found duplicate series for the match group ${matched} on the ${side} hand-side of the operation: ` +
      `[${first}, ${second}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}
