import type { Labels } from '../../../model/labels.ts';
import { NO_INT32 } from '../../../std/empty-arrays.ts';
import { isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';
import type { VectorMatching } from '../../syntax/ast.ts';
import type { QueryContext } from '../context.ts';
import { afterLeft } from '../drain.ts';
import { EMPTY_VECTOR, NO_SERIES } from '../empty-vector.ts';
import type { SeriesHeads, VectorOperator } from '../operator.ts';
import { ARRAY_BYTES, ENTRY_BYTES } from '../sizes.ts';
import { Signatures } from './signatures.ts';
import { addToMask, filterByMask } from './step-mask.ts';

/** Asking an operand for its series, even where it has none. */
const SERIES_WORK = 200;

/** Passing a column on takes as long as so many samples. */
const COLUMN_WORK = 20;

/** Series named between two looks at the budget. */
const BLOCK = 512;

/**
 * `or`, of any number of operands: a series has a value where none of a series before its own operand has one that is in the same match group.
 * All operands stream through; what is kept is a mask for each group that comes again in a later one.
 */
export class Union implements VectorOperator {
  readonly #matching: VectorMatching;
  readonly #inputs: VectorOperator[];
  readonly #context: QueryContext;
  /** By operand: the groups of its series. null where only one has series, which pass as they are. */
  #groups: readonly Int32Array[] | null = null;
  /** By group: the last operand that has it. */
  #lastInput: Int32Array = NO_INT32;
  readonly #masks: (Uint8Array | undefined)[] = [];
  /** Of the operand at hand: series of one operand do not hide each other. */
  #marks: { readonly group: number; readonly present: Uint8Array }[] = [];
  #at = 0;
  #row = 0;

  constructor(matching: VectorMatching, inputs: VectorOperator[], context: QueryContext) {
    this.#matching = matching;
    this.#inputs = inputs;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const { budget } = this.#context;
    const all: SeriesHeads[] = [];
    const place = budget.held.hold(all);
    for (const [i, input] of this.#inputs.entries()) {
      budget.spend(SERIES_WORK);
      all.push(i === 0 ? await input.series() : await this.#seriesAfter(i));
      if (budget.pauseDue) await budget.pause();
    }
    const filled = all.filter(({ labels }) => labels.length > 0);
    if (filled.length > 1) await this.#findGroups(all);
    const heads = filled.length > 1 ? await this.#joined(filled) : (filled[0] ?? NO_SERIES);
    budget.held.letGo(place);
    return heads;
  }

  next(): StepColumn | null {
    const { budget } = this.#context;
    while (this.#at < this.#inputs.length) {
      budget.spend(COLUMN_WORK);
      const column = this.#inputs[this.#at]!.next();
      if (column !== null) {
        if (this.#groups !== null) this.#pass(column, this.#groups[this.#at]![this.#row++]!);
        return column;
      }
      this.#settle();
      this.#inputs[this.#at++] = EMPTY_VECTOR;
      this.#row = 0;
    }
    return null;
  }

  #seriesAfter(i: number): Promise<SeriesHeads> {
    const input = this.#inputs[i]!;
    return afterLeft(this.#inputs, i, this.#context.budget, () => input.series());
  }

  async #findGroups(all: readonly SeriesHeads[]): Promise<void> {
    const { budget } = this.#context;
    const signatures = new Signatures(this.#matching, budget);
    const groups: Int32Array[] = [];
    for (const { labels } of all) {
      groups.push(signatures.ofAll(labels));
      if (budget.pauseDue) await budget.pause();
    }
    budget.takeBytes(Int32Array.BYTES_PER_ELEMENT * signatures.size);
    const lastInput = new Int32Array(signatures.size);
    for (const [i, own] of groups.entries()) for (const group of own) lastInput[group] = i;
    signatures.done();
    this.#groups = groups;
    this.#lastInput = lastInput;
  }

  async #joined(filled: readonly SeriesHeads[]): Promise<SeriesHeads> {
    const { budget } = this.#context;
    const count = filled.reduce((sum, { labels }) => sum + labels.length, 0);
    budget.takeBytes(ENTRY_BYTES * count);
    const labels: Labels[] = [];
    const dropName = filled.some((heads) => heads.dropName !== null) ? new Uint8Array(count) : null;
    const place = budget.held.hold(labels);
    for (const heads of filled) {
      if (heads.dropName !== null) dropName!.set(heads.dropName, labels.length);
      for (const each of heads.labels) {
        labels.push(each);
        if (labels.length % BLOCK === 0) budget.spend(BLOCK);
      }
      if (budget.pauseDue) await budget.pause();
    }
    budget.held.letGo(place);
    return { labels, dropName };
  }

  #pass(column: StepColumn, group: number): void {
    const { budget } = this.#context;
    const mask = this.#masks[group];
    if (mask !== undefined) filterByMask(column, mask, false, budget.spending);
    if (this.#lastInput[group]! <= this.#at || isEmptyColumn(column)) return;
    budget.takeBytes(ARRAY_BYTES + column.present.length);
    this.#marks.push({ group, present: column.present.slice() });
  }

  /** The operand at hand has ended: now those after it see its marks. */
  #settle(): void {
    const { budget } = this.#context;
    for (const { group, present } of this.#marks) {
      const mask = this.#masks[group];
      if (mask === undefined) {
        budget.keep(present.length, 0);
        this.#masks[group] = present;
      } else {
        addToMask(mask, present, budget.spending);
        budget.giveBack(ARRAY_BYTES + present.length);
      }
    }
    this.#marks = [];
  }
}
