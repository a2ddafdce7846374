import type { Matcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../storage/query.ts';

/** A list that an answer is made of. */
export interface ListRequest {
  /** `series`: label sets; `names`: label names; else the values of a label. */
  readonly what: 'series' | 'names' | { readonly valuesOf: string };
  readonly range: TimeRange;
  /** What any of these finds; names and values of everything where there are none. */
  readonly matcherSets: readonly (readonly Matcher[])[];
  /** Series are in label order even where the head alone has them; always so where a block has samples of the range. */
  readonly sorted: boolean;
  /** Items shown; 0 = all. */
  readonly limit: number;
}

/** What a thread is told of a list: which it can read by itself, but for names and values of the head. */
export interface ThreadList extends Omit<ListRequest, 'matcherSets'> {
  /** One without matchers where names and values of everything are listed. */
  readonly selectors: readonly ThreadSelector[];
}

export interface ThreadSelector {
  readonly matchers: readonly Matcher[];
  /**
   * The symbols of what it finds of the head's names or values and none before it has found, in any order; null where series are
   * listed.
   */
  readonly headSymbols: Uint32Array | null;
}

/** What is asked of the storage, so that it is known whether there are more than `limit`. */
export function storageLimit(limit: number): number {
  return limit > 0 ? limit + 1 : 0;
}

/** Of an answer that leaves items out. */
export const TRUNCATED = 'results truncated due to limit';

/** What stands before the items. */
export const BEFORE_ITEMS = '{"status":"success","data":[';

/** Thrown instead of a list that is more than the main thread makes: a thread is to write it (`ListRunner`). */
export class LongList extends Error {
  override readonly name = 'LongList';

  constructor() {
    super('Cannot list this here: it is for a query thread');
  }
}
