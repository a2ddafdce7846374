import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';

/** Longer lists of rows are seldom asked for, and take long for other reasons. */
const ROWS_MAX = 4096;
/** Rows of all selections together: with their label sets some 12 bytes each. */
const ALL_ROWS_MAX = 1 << 17;
/** Lists of texts are kept up to so many. */
export const KNOWN_TEXTS_MAX = 1024;
const ENTRIES_MAX = 512;
/** UTF-16 units of a selection's matchers; what longer ones choose is not kept. */
const KEY_LENGTH_MAX = 4096;

/** What matchers choose. Nothing of it ever changes, all but the rows is filled in when it is first asked for. */
export interface KnownSelection {
  /** No other selection has it, at any time; above 0. */
  readonly number: number;
  readonly rows: Uint32Array;
  /** The label sets of the rows, in their order. */
  labels: readonly Labels[] | null;
  /** The rows in the order in which their series came. */
  arrival: Uint32Array | null;
  /** The places of the rows in the order of their labels, and the label sets in that order. */
  order: Uint32Array | null;
  orderedLabels: readonly Labels[] | null;
  /** The texts of the label sets are too long to keep these. */
  hasLongTexts: boolean;
}

/** What is not known of a selection in the beginning. */
export const UNKNOWN = { labels: null, arrival: null, order: null, orderedLabels: null, hasLongTexts: false } as const;

/**
 * What was selected last, for as long as no series comes or goes: dashboards and rules ask for the same again and again, and
 * what is worked out of a list of label sets can be kept with a list that stays the same.
 *
 * `version` is that of the series table: with another one nothing is known any more.
 */
export class KnownSelections {
  readonly #selections = new Map<string, KnownSelection>();
  readonly #texts = new Map<string, readonly string[]>();
  #version = -1;
  #rows = 0;
  #lastNumber = 0;

  get(version: number, matchers: readonly Matcher[]): KnownSelection | undefined {
    this.#keepOnly(version);
    return this.#selections.get(keyOf(matchers));
  }

  /** Takes rows that nobody changes any more, and gives them back in what is known from now on; null where that is too long. */
  add(version: number, matchers: readonly Matcher[], rows: Uint32Array): KnownSelection | null {
    const key = keyOf(matchers);
    if (rows.length > ROWS_MAX || key.length > KEY_LENGTH_MAX) return null;
    this.#keepOnly(version);
    if (this.#rows + rows.length > ALL_ROWS_MAX || this.#selections.size === ENTRIES_MAX) {
      this.#selections.clear();
      this.#rows = 0;
    }
    // Rows are often the beginning of a longer buffer.
    const isWhole = rows.byteLength === rows.buffer.byteLength;
    const known: KnownSelection = { number: ++this.#lastNumber, rows: isWhole ? rows : rows.slice(), ...UNKNOWN };
    this.#rows += rows.length;
    this.#selections.set(key, known);
    return known;
  }

  /** The names or values that series chosen by matchers have; `what` tells them apart. Nobody changes them. */
  texts(version: number, what: string, matchers: readonly Matcher[]): readonly string[] | undefined {
    this.#keepOnly(version);
    return this.#texts.get(keyOf(matchers) + what);
  }

  addTexts(version: number, what: string, matchers: readonly Matcher[], texts: readonly string[]): void {
    this.#keepOnly(version);
    const key = keyOf(matchers) + what;
    if (texts.length > KNOWN_TEXTS_MAX || key.length > KEY_LENGTH_MAX) return;
    if (this.#texts.size === ENTRIES_MAX) this.#texts.clear();
    this.#texts.set(key, texts);
  }

  #keepOnly(version: number): void {
    if (version === this.#version) return;
    this.#version = version;
    this.#selections.clear();
    this.#texts.clear();
    this.#rows = 0;
  }
}

function keyOf(matchers: readonly Matcher[]): string {
  let key = '';
  // With lengths: names and values may hold any character.
  for (const { name, type, value } of matchers) key += `${name.length}:${name}${type}${value.length}:${value}`;
  return key;
}
