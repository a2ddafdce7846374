import { isEmptyColumn, type StepColumn } from '../../steps/step-column.ts';

/** Groups that have a value, in the order of their first series that has one: the order of an instant answer. */
export class FirstSeen {
  readonly #seen: Uint8Array;
  readonly #groups: Uint32Array;
  #count = 0;
  #isRising = true;

  constructor(groupCount: number) {
    this.#seen = new Uint8Array(groupCount);
    this.#groups = new Uint32Array(groupCount);
  }

  /** A series of the group, in the order of the input. */
  note(group: number, column: StepColumn): void {
    if (this.#seen[group] === 1 || isEmptyColumn(column)) return;
    this.#seen[group] = 1;
    if (group !== this.#count) this.#isRising = false;
    this.#groups[this.#count++] = group;
  }

  /** All groups have a value, and their order is that of their numbers. */
  get isNatural(): boolean {
    return this.#isRising && this.#count === this.#groups.length;
  }

  get groups(): Uint32Array {
    return this.#groups.subarray(0, this.#count);
  }
}
