import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { createSampleColumn, type SampleColumn, type SelectRequest, type SeriesSet } from '../../storage/query.ts';
import { NotResident } from '../not-resident.ts';
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

/** How much lists of series, names and values may be that are made where nobody must be held. */
export interface ListLimits {
  /** Series of one block. */
  readonly seriesMax: number;
  /** Values of a label in one block, where all of them are listed. */
  readonly valuesMax: number;
  /** Begins a list; what it gives is called now and then, and throws `NotResident` when that takes too long. */
  begin(): () => void;
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

  /** The label sets that a request finds in each block, oldest first, in label order. Throws `NotResident`, too where they are too many. */
  labelSets({ matchers, range }: SelectRequest, limits: ListLimits): SeriesSet[] {
    return this.#listed(limits, (block, check) => {
      const set = block.select({ matchers, range, sorted: true, limit: 0, labelsOnly: true, check });
      if (set.length > limits.seriesMax)
        throw new NotResident(`${set.length} series are more than ${limits.seriesMax}`);
      check();
      return new LabelSets(set.lastingLabels ?? Array.from({ length: set.length }, (_, row) => set.labels(row)));
    });
  }

  /** The label names of each block, or with a `name` its values, as a `Querier` gives them. Throws as `labelSets`. */
  texts(name: string | null, matchers: readonly Matcher[], limit: number, limits: ListLimits): (readonly string[])[] {
    return this.#listed(limits, (block, check) => {
      check();
      if (name === null) return block.labelNames(matchers, limit, check);
      const all = matchers.length === 0 ? block.valueCount(name) : 0;
      const count = limit > 0 ? Math.min(limit, all) : all;
      if (count > limits.valuesMax) throw new NotResident(`${count} values are more than ${limits.valuesMax}`);
      return block.labelValues(name, matchers, limit, check);
    });
  }

  close(): void {
    for (const querier of this.#queriers) querier.close();
  }

  #listed<T>(limits: ListLimits, list: (block: BlockQuerier, check: () => void) => T): T[] {
    const read = (queriers: readonly BlockQuerier[]) => {
      const check = limits.begin();
      return queriers.map((querier) => list(querier, check));
    };
    try {
      return this.#pages.within(() => read(this.#queriers));
    } catch (error) {
      if (error instanceof PageMissing) this.#bringAll(read);
      throw error;
    }
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
    const column = createSampleColumn(0);
    const { matchers, range } = request;
    this.#bringAll((queriers) => {
      for (const querier of queriers) {
        const set = querier.select({ matchers, range, sorted: true, limit: 0 });
        if (set.length > SERIES_MAX) return;
        for (let row = 0; row < set.length; row++) {
          set.labels(row);
          set.read(row, column);
        }
      }
    });
  }

  #bringAll(read: (queriers: readonly BlockQuerier[]) => void): void {
    if (this.#pages.isLoading) return;
    const queriers = this.#open();
    this.#pages.bring(
      () => read(queriers),
      () => {
        for (const querier of queriers) querier.close();
      },
    );
  }
}

/** Series of which only the labels are asked for. */
class LabelSets implements SeriesSet {
  readonly warnings: readonly string[] = [];
  readonly lastingLabels: readonly Labels[];

  constructor(labels: readonly Labels[]) {
    this.lastingLabels = labels;
  }

  get length(): number {
    return this.lastingLabels.length;
  }

  labels(row: number): Labels {
    return this.lastingLabels[row]!;
  }

  read(): never {
    throw new Error('Cannot read samples here: only labels were asked for');
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
