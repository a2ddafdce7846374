import type { VectorMatching } from './ast.ts';

const NO_LABELS: readonly string[] = [];

/** The matching of an operator of vectors where nothing is written: one object for all, of which a chain may have a million. */
export const DEFAULT_MATCHING: VectorMatching = {
  card: 'one-to-one',
  matchingLabels: NO_LABELS,
  on: false,
  include: NO_LABELS,
  fillLeft: null,
  fillRight: null,
};

/** The same for `and`, `or` and `unless`. */
export const DEFAULT_SET_MATCHING: VectorMatching = { ...DEFAULT_MATCHING, card: 'many-to-many' };
