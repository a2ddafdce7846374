import type { Labels } from '../../model/labels.ts';

/** A slot for each place of a table by block and row: about 8 MB where all are in use. */
const SLOTS_LOG2 = 15;
const SLOTS = 1 << SLOTS_LOG2;

/**
 * Label sets of the blocks' series that were read last. Reading one takes the entry's checksum and a look at every symbol;
 * queries ask for the same series again and again.
 */
export class KeptLabels {
  readonly #keys = new Float64Array(SLOTS).fill(-1);
  readonly #labels: Labels[] = [];
  #blocks = 0;

  /** A number that no other block has. */
  enter(): number {
    return this.#blocks++;
  }

  /** The labels of a row of a block, read with `read` where they are not kept. The same object comes while it is. */
  get(block: number, row: number, read: (row: number) => Labels): Labels {
    const key = block * 2 ** 32 + row;
    const slot = (Math.imul(row, 0x9e3779b1) ^ Math.imul(block, 0x85ebca6b)) >>> (32 - SLOTS_LOG2);
    if (this.#keys[slot] === key) return this.#labels[slot]!;
    const labels = read(row);
    while (this.#labels.length <= slot) this.#labels.push(labels);
    this.#labels[slot] = labels;
    this.#keys[slot] = key;
    return labels;
  }
}
