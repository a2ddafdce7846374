import type { Labels } from '../../model/labels.ts';
import { createSampleColumn, type SampleColumn, type SelectRequest, type SeriesSet } from '../../storage/query.ts';
import type { BlockQuerier } from './block-querier.ts';
import { type PageCache, PageMissing } from './paged-file.ts';

/** More are not for a thread that must not be held: reading one series of one block takes some 10 µs. */
const SERIES_MAX = 32;
/** Pages of 32 KiB that one select may bring into memory: it takes about eight of each block. */
const LOADS_MAX = 128;

/** The pages of blocks that a thread has in memory, for work that must not wait for a file. */
export class ResidentPages {
  readonly #caches: readonly PageCache[];
  #isLoading = false;

  constructor(caches: readonly PageCache[]) {
    this.#caches = caches;
  }

  /** Does something that no file is read for: throws `PageMissing` where one had to be. */
  within<T>(work: () => T): T {
    for (const cache of this.#caches) cache.residentOnly = true;
    try {
      return work();
    } finally {
      for (const cache of this.#caches) cache.residentOnly = false;
    }
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /**
   * Reads what some work misses, beside the event loop, until it misses nothing, and calls `done`. To be called for one
   * work after the other.
   */
  bring(work: () => void, done: () => void): void {
    this.#isLoading = true;
    void this.#load(work).finally(() => {
      this.#isLoading = false;
      done();
    });
  }

  async #load(work: () => void): Promise<void> {
    for (let loads = 0; loads < LOADS_MAX; loads++) {
      try {
        this.within(work);
        return;
      } catch (error) {
        if (!(error instanceof PageMissing) || error.page < 0) return;
        try {
          await error.file.load(error.page);
        } catch {
          // Whoever reads it where waiting is allowed meets the same, and tells of it.
          return;
        }
      }
    }
  }
}

/**
 * Blocks for a reader that must not wait for files. What is not in memory throws `PageMissing`, and is in memory soon, for
 * the next one who asks.
 */
export class ResidentBlocks {
  readonly #open: () => readonly BlockQuerier[];
  readonly #pages: ResidentPages;
  readonly #queriers: readonly BlockQuerier[];

  /** `open` gives a querier of each block there is, later as well. */
  constructor(open: () => readonly BlockQuerier[], pages: ResidentPages) {
    this.#open = open;
    this.#pages = pages;
    this.#queriers = open();
  }

  /**
   * A set of each block, oldest first; null where these are more series than are looked at here, or where choosing them is
   * more than looking up lists. The sets throw `PageMissing`, too.
   */
  select(request: SelectRequest): SeriesSet[] | null {
    const { matchers } = request;
    if (!matchers.some(({ name }) => name !== '')) return null;
    if (!matchers.every(({ type, value }) => type === '=' && value !== '')) return null;
    const wanted = { ...request, limit: 0 };
    const sets = this.#resident(wanted, () => this.#queriers.map((block) => block.select(wanted)));
    const length = sets.reduce((sum, set) => sum + set.length, 0);
    if (length > SERIES_MAX * sets.length) return null;
    return sets.map((set) => new ResidentSet(set, (read) => this.#resident(wanted, read)));
  }

  close(): void {
    for (const querier of this.#queriers) querier.close();
  }

  #resident<T>(request: SelectRequest, read: () => T): T {
    try {
      return this.#pages.within(read);
    } catch (error) {
      if (error instanceof PageMissing) this.#bring(request);
      throw error;
    }
  }

  #bring(request: SelectRequest): void {
    if (this.#pages.isLoading) return;
    const queriers = this.#open();
    const column = createSampleColumn(0);
    const { matchers, range } = request;
    const readAll = () => {
      for (const querier of queriers) {
        const set = querier.select({ matchers, range, sorted: true, limit: 0 });
        if (set.length > SERIES_MAX) return;
        for (let row = 0; row < set.length; row++) {
          set.labels(row);
          set.read(row, column);
        }
      }
    };
    this.#pages.bring(readAll, () => {
      for (const querier of queriers) querier.close();
    });
  }
}

class ResidentSet implements SeriesSet {
  readonly #set: SeriesSet;
  readonly #resident: <T>(read: () => T) => T;

  constructor(set: SeriesSet, resident: <T>(read: () => T) => T) {
    this.#set = set;
    this.#resident = resident;
  }

  get length(): number {
    return this.#set.length;
  }

  get warnings(): readonly string[] {
    return this.#set.warnings;
  }

  get hasNoTypes(): boolean {
    return this.#set.hasNoTypes === true;
  }

  labels(row: number): Labels {
    return this.#resident(() => this.#set.labels(row));
  }

  read(row: number, into: SampleColumn): void {
    this.#resident(() => this.#set.read(row, into));
  }

  append(row: number, into: SampleColumn): boolean {
    return this.#resident(() => this.#set.append!(row, into));
  }
}
