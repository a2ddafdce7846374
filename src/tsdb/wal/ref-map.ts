import type { RefSet } from './ref-set.ts';

const PAGE_LOG2 = 10;
const PAGE_REFS = 1 << PAGE_LOG2;
const FOLDER_PAGES_LOG2 = 12;
const FOLDER_PAGES = 1 << FOLDER_PAGES_LOG2;

/** Refs stay below this: at a thousand new series a second it is reached after 34 years. */
export const REF_LIMIT = 2 ** 40;

/** Pages walked in one step. */
const STEP_PAGES = 16;

const NO_PAGE = new Uint32Array(0);

interface Folder {
  /** Row + 1 for each ref of a page, and in one more word how many of them are set; null where no ref is left. */
  readonly pages: (Uint32Array | null)[];
  count: number;
}

/**
 * From refs, which rise for ever, to rows, which are reused. Pages of 1,024 refs in folders of 4,096 pages: series made
 * together lie together, so a batch walks along a page, and a page whose series are all gone is dropped. A ref that is
 * not here is unknown, so no generation has to be compared.
 */
export class RefMap {
  readonly #folders: (Folder | null)[] = [];
  /** The page that was looked at last, and its first ref: most refs are in the same page as the one before. */
  #page: Uint32Array = NO_PAGE;
  #pageStart = 0;

  /** The row of a ref, or -1. Anything that can not be a ref (a fraction, NaN, a negative number) is unknown. */
  row(ref: number): number {
    const slot = ref - this.#pageStart;
    if (slot >= 0 && slot < PAGE_REFS) {
      const entry = this.#page[slot];
      if (entry !== undefined) return entry - 1;
    }
    return this.#rowOfAnyPage(ref);
  }

  /** Writes the rows of `refs[start..end-1]` to `rows`, from `at` on; for a ref without one, 0xffffffff. */
  writeRows(refs: Float64Array, start: number, end: number, rows: Uint32Array, at: number): void {
    let page = this.#page;
    let pageStart = this.#pageStart;
    const shift = at - start;
    for (let i = start; i < end; i++) {
      const slot = refs[i]! - pageStart;
      const entry = slot >= 0 && slot < PAGE_REFS ? page[slot] : undefined;
      if (entry !== undefined) {
        rows[shift + i] = entry - 1;
        continue;
      }
      rows[shift + i] = this.#rowOfAnyPage(refs[i]!);
      page = this.#page;
      pageStart = this.#pageStart;
    }
  }

  #rowOfAnyPage(ref: number): number {
    if (!(ref >= 0 && ref < REF_LIMIT)) return -1;
    const index = (ref / PAGE_REFS) | 0;
    const folder = this.#folders[index >>> FOLDER_PAGES_LOG2];
    if (folder === undefined || folder === null) return -1;
    const page = folder.pages[index & (FOLDER_PAGES - 1)]!;
    if (page === null) return -1;
    this.#page = page;
    this.#pageStart = index * PAGE_REFS;
    const entry = page[ref - index * PAGE_REFS];
    return entry === undefined ? -1 : entry - 1;
  }

  /** `ref` is an integer below `REF_LIMIT`. */
  set(ref: number, row: number): void {
    const index = (ref / PAGE_REFS) | 0;
    const page = this.#pageOf(index);
    const slot = ref - index * PAGE_REFS;
    if (page[slot] === 0) page[PAGE_REFS]!++;
    page[slot] = row + 1;
  }

  /**
   * As `set`, for `count` refs and rows, each one above the one before. False where one of these refs has a row already, or
   * can not be one; the map then has some of them.
   */
  setRun(firstRef: number, firstRow: number, count: number): boolean {
    if (!(firstRef >= 0 && firstRef + count <= REF_LIMIT && Number.isInteger(firstRef))) return false;
    for (let done = 0; done < count; ) {
      const index = ((firstRef + done) / PAGE_REFS) | 0;
      const page = this.#pageOf(index);
      const slot = firstRef + done - index * PAGE_REFS;
      const size = Math.min(count - done, PAGE_REFS - slot);
      for (let i = 0; i < size; i++) {
        if (page[slot + i] !== 0) return false;
        page[slot + i] = firstRow + done + i + 1;
      }
      page[PAGE_REFS]! += size;
      done += size;
    }
    return true;
  }

  /** The page of that number, which is made where there is none. */
  #pageOf(index: number): Uint32Array {
    const at = index >>> FOLDER_PAGES_LOG2;
    while (this.#folders.length <= at) this.#folders.push(null);
    const folder = (this.#folders[at] ??= { pages: new Array<null>(FOLDER_PAGES).fill(null), count: 0 });
    const known = folder.pages[index & (FOLDER_PAGES - 1)]!;
    if (known !== null) return known;
    const page = new Uint32Array(PAGE_REFS + 1);
    folder.pages[index & (FOLDER_PAGES - 1)] = page;
    folder.count++;
    return page;
  }

  /** Visits every ref that has a row; `visit` may delete it. */
  forEach(visit: (row: number, ref: number) => void): void {
    for (const [folderIndex, folder] of this.#folders.entries()) {
      for (let pageIndex = 0; folder !== null && pageIndex < FOLDER_PAGES; pageIndex++) {
        const page = folder.pages[pageIndex]!;
        if (page === null) continue;
        const first = (folderIndex * FOLDER_PAGES + pageIndex) * PAGE_REFS;
        for (let slot = 0; slot < PAGE_REFS; slot++) if (page[slot] !== 0) visit(page[slot]! - 1, first + slot);
      }
    }
  }

  delete(ref: number): void {
    if (this.row(ref) < 0) return;
    const index = (ref / PAGE_REFS) | 0;
    const at = index >>> FOLDER_PAGES_LOG2;
    const folder = this.#folders[at]!;
    const page = folder.pages[index & (FOLDER_PAGES - 1)]!;
    page[ref - index * PAGE_REFS] = 0;
    if (--page[PAGE_REFS]! > 0) return;
    if (page === this.#page) this.#page = NO_PAGE;
    folder.pages[index & (FOLDER_PAGES - 1)] = null;
    if (--folder.count === 0) this.#folders[at] = null;
  }

  /** Adds all refs to a set. Yields after less than a millisecond; what changes meanwhile may be in it or not. */
  *addTo(refs: RefSet): Generator<undefined, void> {
    for (let at = 0; at < this.#folders.length; at++) {
      for (let page = 0; page < FOLDER_PAGES; page++) {
        const entries = this.#folders[at]?.pages[page];
        if (entries === undefined || entries === null) continue;
        const base = (at * FOLDER_PAGES + page) * PAGE_REFS;
        for (let slot = 0; slot < PAGE_REFS; slot++) if (entries[slot] !== 0) refs.add(base + slot);
        if (page % STEP_PAGES === 0) yield;
      }
    }
  }
}
