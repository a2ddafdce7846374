import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { TimeRange } from './query.ts';

/** One observation with labels of its own, most often a trace. */
export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface SeriesExemplars {
  readonly labels: Labels;
  /** Oldest first. */
  readonly exemplars: readonly Exemplar[];
}

export interface ExemplarQueryable {
  /**
   * The exemplars in the range of every series that meets all matchers of at least one set, in label order. Series
   * without any are left out. Throws or rejects with `RegexSyntaxError`.
   */
  exemplars(
    range: TimeRange,
    matcherSets: readonly (readonly Matcher[])[],
  ): SeriesExemplars[] | Promise<SeriesExemplars[]>;
}
