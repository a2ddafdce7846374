import type { HeadSnapshot } from '../head/head-snapshot.ts';
import { type KnownSelection, UNKNOWN } from '../head/known-selections.ts';

/** Rows of all selections that a thread knows. */
const ALL_ROWS_MAX = 1 << 16;

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
      known = { number, rows, ...UNKNOWN };
      this.#rows += rows.length;
    } else this.#byNumber.delete(number);
    this.#byNumber.set(number, known);
    for (const [oldest, { rows: forgotten }] of this.#byNumber) {
      if (this.#rows <= ALL_ROWS_MAX) break;
      this.#byNumber.delete(oldest);
      this.#rows -= forgotten.length;
    }
    return known;
  }
}
