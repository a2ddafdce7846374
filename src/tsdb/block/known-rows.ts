import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { listToKeep } from '../../storage/list-to-keep.ts';

/** Selections of a generation, and rows in them: two generations take 2 MB at most. */
const SELECTIONS_MAX = 512;
const ROWS_MAX = 256 * 1024;
/** Larger ones are chosen anew: that costs little beside reading them. */
const SELECTION_ROWS_MAX = 16 * 1024;
/** Label sets in lists of all selections: some 8 MB where nobody else has them. */
const LISTED_MAX = 32 * 1024;
/** UTF-16 units of a selection's matchers; longer ones are not kept. */
const KEY_LENGTH_MAX = 1024;

/** Names or values of a list that is kept, and of all lists: some 4 MB. */
const TEXTS_MAX = 1024;
const ALL_TEXTS_MAX = 64 * 1024;

/** What matchers choose of a block. Nothing of it ever changes, `times` is filled in when it is first known. */
export interface KnownBlockRows {
  readonly rows: Uint32Array;
  times: SharedTimes | null;
}

/** Where all of some rows have a chunk, ms. */
export interface SharedTimes {
  /** The first chunk of each begins at `latest` or before, and ends at `earliest` or after. */
  readonly first: { readonly latest: number; readonly earliest: number };
  /** The same of the last chunk of each. */
  readonly last: { readonly latest: number; readonly earliest: number };
}

/**
 * Which rows of blocks matchers chose lately, and which names and values those have. A published block never changes, so what was
 * found once is true as long as the block is there. Two generations stand in for a list by last use, as in `PageCache`.
 */
export class KnownRows {
  #young = new Map<string, KnownBlockRows>();
  #old = new Map<string, KnownBlockRows>();
  /** Label sets of the rows, in their order, where they were asked for. */
  #labels = new WeakMap<KnownBlockRows, readonly Labels[] | null>();
  #listed = 0;
  readonly #texts = new Map<string, readonly string[]>();
  #textCount = 0;
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
    const known = { rows: rows.slice(), times: null };
    this.#keep(key, known);
    return known;
  }

  /**
   * The label sets of known rows, which `read` gives: the same list each time, for as long as the rows are known and others leave room.
   * null where their texts are too long to be kept.
   */
  labels(known: KnownBlockRows, read: (row: number) => Labels): readonly Labels[] | null {
    let labels = this.#labels.get(known);
    if (labels !== undefined) return labels;
    this.#listed += known.rows.length;
    if (this.#listed > LISTED_MAX) {
      this.#labels = new WeakMap();
      this.#listed = known.rows.length;
    }
    labels = listToKeep(known.rows.length, (at) => read(known.rows[at]!));
    this.#labels.set(known, labels);
    return labels;
  }

  /** Names or values of series that matchers chose; `what` tells them apart. Nobody may change them. */
  texts(block: number, what: string, matchers: readonly Matcher[]): readonly string[] | undefined {
    return this.#texts.get(`${keyOf(block, matchers)} ${what}`);
  }

  addTexts(block: number, what: string, matchers: readonly Matcher[], texts: readonly string[]): void {
    const key = `${keyOf(block, matchers)} ${what}`;
    if (texts.length > TEXTS_MAX || key.length > KEY_LENGTH_MAX) return;
    // An empty list takes some room, too.
    this.#textCount += texts.length + 1;
    if (this.#textCount > ALL_TEXTS_MAX) {
      this.#texts.clear();
      this.#textCount = texts.length + 1;
    }
    this.#texts.set(key, texts);
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
