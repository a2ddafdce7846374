import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';

/** Selections of a generation, and rows in them: two generations take 2 MB at most. */
const SELECTIONS_MAX = 512;
const ROWS_MAX = 256 * 1024;
/** Larger ones are chosen anew: that costs little beside reading them. */
const SELECTION_ROWS_MAX = 16 * 1024;
/** Label sets in lists of all selections: some 8 MB where nobody else has them. */
const LISTED_MAX = 32 * 1024;
/** UTF-16 units of a selection's matchers; longer ones are not kept. */
const KEY_LENGTH_MAX = 1024;

/** What matchers choose of a block. Nothing of it ever changes. */
export interface KnownBlockRows {
  readonly rows: Uint32Array;
}

/**
 * Which rows of blocks matchers chose lately. A published block never changes, so what was chosen once is true as long as
 * the block is there. Two generations stand in for a list by last use, as in `PageCache`.
 */
export class KnownRows {
  #young = new Map<string, KnownBlockRows>();
  #old = new Map<string, KnownBlockRows>();
  /** Label sets of the rows, in their order, where they were asked for. */
  #labels = new WeakMap<KnownBlockRows, readonly Labels[]>();
  #listed = 0;
  #rows = 0;
  #blocks = 0;

  /** A number that no other block has. */
  enter(): number {
    return this.#blocks++;
  }

  /** The rows as `put` was given them, not to be changed. `block` is its number from `enter`. */
  get(block: number, matchers: readonly Matcher[]): KnownBlockRows | undefined {
    const key = keyOf(block, matchers);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old);
    return old;
  }

  /** What is known from now on; undefined where it is too much. */
  put(block: number, matchers: readonly Matcher[], rows: Uint32Array): KnownBlockRows | undefined {
    const key = keyOf(block, matchers);
    if (rows.length > SELECTION_ROWS_MAX || key.length > KEY_LENGTH_MAX) return undefined;
    const known = { rows: rows.slice() };
    this.#keep(key, known);
    return known;
  }

  /** The label sets of known rows, which `read` gives: the same list each time, for as long as the rows are known and others leave room. */
  labels(known: KnownBlockRows, read: (row: number) => Labels): readonly Labels[] {
    let labels = this.#labels.get(known);
    if (labels !== undefined) return labels;
    this.#listed += known.rows.length;
    if (this.#listed > LISTED_MAX) {
      this.#labels = new WeakMap();
      this.#listed = known.rows.length;
    }
    labels = Array.from(known.rows, read);
    this.#labels.set(known, labels);
    return labels;
  }

  #keep(key: string, known: KnownBlockRows): void {
    const { rows } = known;
    if (this.#young.size >= SELECTIONS_MAX || this.#rows + rows.length > ROWS_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#rows = 0;
    }
    this.#young.set(key, known);
    this.#rows += rows.length;
  }
}

/** Names and values may have any characters: their lengths keep them apart. */
function keyOf(block: number, matchers: readonly Matcher[]): string {
  let key = String(block);
  for (const { name, type, value } of matchers) key += ` ${name.length} ${name}${type}${value.length} ${value}`;
  return key;
}
