import type { HeadSnapshot } from '../head/head-snapshot.ts';
import { type KnownSelection, UNKNOWN } from '../head/known-selections.ts';

/** Rows of all selections that a thread knows; each counts as some more, or those without rows would be any number. */
const ALL_ROWS_MAX = 1 << 16;
const SELECTION_ROWS = 32;

/**
 * The main thread's known selections in another thread, so that the label sets of what is asked again are the same list there,
 * too. They are told by their numbers, which are never given again; those used longest ago are forgotten.
 */
export class ThreadSelections {
  readonly #byNumber = new Map<number, KnownSelection>();
  #rows = 0;

  /** The selection whose rows a snapshot has; null where it has only some of one, or where they are too many. */
  of({ rows, selection: number }: HeadSnapshot): KnownSelection | null {
    if (number === 0 || rows.length > ALL_ROWS_MAX) return null;
    let known = this.#byNumber.get(number);
    // A map keeps the order in which its entries came.
    if (known === undefined) {
      // The rows of many snapshots come in one buffer.
      const isWhole = rows.byteLength === rows.buffer.byteLength;
      known = { number, rows: isWhole ? rows : rows.slice(), ...UNKNOWN };
      this.#rows += SELECTION_ROWS + rows.length;
    } else this.#byNumber.delete(number);
    this.#byNumber.set(number, known);
    for (const [oldest, { rows: forgotten }] of this.#byNumber) {
      if (this.#rows <= ALL_ROWS_MAX) break;
      this.#byNumber.delete(oldest);
      this.#rows -= SELECTION_ROWS + forgotten.length;
    }
    return known;
  }
}
