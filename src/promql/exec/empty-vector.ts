import type { RangeOperator, ScalarOperator, SeriesHeads, VectorOperator } from './operator.ts';

export const NO_SERIES: SeriesHeads = { labels: [], dropName: null };
const NO_WINDOWS = { firstEnd: 0, step: 0, count: 0, range: 0 };

/** These stand for any part of a query that runs on a grid without steps. */
export const EMPTY_VECTOR: VectorOperator = {
  series: async () => NO_SERIES,
  next: () => null,
};

export const EMPTY_RANGE: RangeOperator = {
  window: NO_WINDOWS,
  seen: NO_WINDOWS,
  isRead: false,
  series: async () => NO_SERIES,
  next: () => false,
};

export const EMPTY_SCALAR: ScalarOperator = { read: async () => new Float64Array(0) };
