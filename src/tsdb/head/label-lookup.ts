import type { SharedWords } from '../../memory/shared-words.ts';
import type { SeriesTable } from './series-table.ts';

/**
 * From a label set to its row: open addressing over the ids of its symbols. Two label sets are equal exactly if their
 * ids are, so neither hashing nor comparing touches a string. Slots of two words: hash, row + 1.
 */
export class LabelLookup {
  readonly #log: SharedWords;
  readonly #series: SeriesTable;
  #slots = new Uint32Array(2 * 1024);
  #mask = 1023;
  #used = 0;

  /** `log` has an entry for each series: the number of pairs, then name and value ids. */
  constructor(log: SharedWords, series: SeriesTable) {
    this.#log = log;
    this.#series = series;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** The row of an entry (the number of pairs, then the pairs), or -1. */
  find(entry: Uint32Array): number {
    const slots = this.#slots;
    const hash = hashOf(entry, 0);
    let slot = hash & this.#mask;
    for (;;) {
      const row = slots[2 * slot + 1]!;
      if (row === 0) return -1;
      if (slots[2 * slot] === hash && this.#equals(row - 1, entry)) return row - 1;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Enters a row whose labels no other row has. */
  add(row: number, entry: Uint32Array): void {
    this.#place(this.#slots, this.#mask, hashOf(entry, 0), row);
    this.#used++;
    if (4 * this.#used > 3 * this.#mask) this.#grow();
  }

  /** Takes a row out, whose labels are still in the log. */
  delete(row: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    const position = this.#series.labels(row);
    let hole = hashOf(this.#log.slabOf(position), this.#log.offsetOf(position)) & mask;
    while (slots[2 * hole + 1] !== row + 1) {
      if (slots[2 * hole + 1] === 0) return;
      hole = (hole + 1) & mask;
    }
    // Entries that had to step over the freed slot move back.
    let at = hole;
    for (;;) {
      at = (at + 1) & mask;
      if (slots[2 * at + 1] === 0) break;
      if (((at - slots[2 * at]!) & mask) < ((at - hole) & mask)) continue;
      slots[2 * hole] = slots[2 * at]!;
      slots[2 * hole + 1] = slots[2 * at + 1]!;
      hole = at;
    }
    slots[2 * hole + 1] = 0;
    this.#used--;
  }

  #equals(row: number, entry: Uint32Array): boolean {
    const position = this.#series.labels(row);
    const words = this.#log.slabOf(position);
    const offset = this.#log.offsetOf(position);
    const length = 1 + 2 * entry[0]!;
    for (let i = 0; i < length; i++) if (words[offset + i] !== entry[i]) return false;
    return true;
  }

  #place(slots: Uint32Array, mask: number, hash: number, row: number): void {
    let slot = hash & mask;
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = row + 1;
  }

  #grow(): void {
    const old = this.#slots;
    const mask = 2 * this.#mask + 1;
    const slots = new Uint32Array(2 * (mask + 1));
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#place(slots, mask, old[i]!, old[i + 1]! - 1);
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}

function hashOf(words: Uint32Array, offset: number): number {
  const length = 1 + 2 * words[offset]!;
  let hash = 0x9e3779b9;
  for (let i = 1; i < length; i++) {
    hash = Math.imul(hash ^ words[offset + i]!, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
