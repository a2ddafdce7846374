import type { Matcher } from '../../model/matcher.ts';

/** Selections of a generation, and rows in them: two generations take 2 MB at most. */
const SELECTIONS_MAX = 512;
const ROWS_MAX = 256 * 1024;
/** Larger ones are chosen anew: that costs little beside reading them. */
const SELECTION_ROWS_MAX = 16 * 1024;
/** UTF-16 units of a selection's matchers; longer ones are not kept. */
const KEY_LENGTH_MAX = 1024;

/**
 * Which rows of blocks matchers chose lately. A published block never changes, so what was chosen once is true as long as
 * the block is there. Two generations stand in for a list by last use, as in `PageCache`.
 */
export class KnownRows {
  #young = new Map<string, Uint32Array>();
  #old = new Map<string, Uint32Array>();
  #rows = 0;
  #blocks = 0;

  /** A number that no other block has. */
  enter(): number {
    return this.#blocks++;
  }

  /** The rows as `put` was given them, not to be changed. `block` is its number from `enter`. */
  get(block: number, matchers: readonly Matcher[]): Uint32Array | undefined {
    const key = keyOf(block, matchers);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old);
    return old;
  }

  put(block: number, matchers: readonly Matcher[], rows: Uint32Array): void {
    const key = keyOf(block, matchers);
    if (rows.length <= SELECTION_ROWS_MAX && key.length <= KEY_LENGTH_MAX) this.#keep(key, rows.slice());
  }

  #keep(key: string, rows: Uint32Array): void {
    if (this.#young.size >= SELECTIONS_MAX || this.#rows + rows.length > ROWS_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#rows = 0;
    }
    this.#young.set(key, rows);
    this.#rows += rows.length;
  }
}

/** Names and values may have any characters: their lengths keep them apart. */
function keyOf(block: number, matchers: readonly Matcher[]): string {
  let key = String(block);
  for (const { name, type, value } of matchers) key += ` ${name.length} ${name}${type}${value.length} ${value}`;
  return key;
}
