import { goFloatCompact } from '../model/go-float.ts';
import type { Labels } from '../model/labels.ts';
import { REFUSED } from '../storage/append.ts';
import { createSampleColumn, type Queryable } from '../storage/query.ts';

/** A refused sample. */
export interface RefusedSample {
  readonly labels: Labels;
  readonly time: number;
  /** null for a histogram. */
  readonly value: number | null;
  /** The last value of its series, where that is known. */
  readonly last: number | 'histogram' | null;
  /** A `REFUSED` number. */
  readonly reason: number;
}

/** What the sender is told, in the reference's words. The stored value is looked up where it belongs to the text. */
export function refusalText(sample: RefusedSample, queryable: Queryable): string {
  switch (sample.reason) {
    case REFUSED.outOfOrder:
      return 'out of order sample';
    case REFUSED.tooOld:
      return 'too old sample';
    case REFUSED.duplicate: {
      const { last, time, value } = sample;
      if (value === null) return 'duplicate sample for timestamp';
      const existing = last ?? storedValue(sample, queryable);
      if (existing === null) return 'duplicate sample for timestamp';
      const known = existing === 'histogram' ? 'existing is a histogram' : `existing ${goFloatCompact(existing)}`;
      return `duplicate sample for timestamp ${time}; overrides not allowed: ${known}, new value ${goFloatCompact(value)}`;
    }
    default:
      return 'out of bounds';
  }
}

/** The value at the sample's time; null where it can not be had at once. */
function storedValue({ labels, time }: RefusedSample, queryable: Queryable): number | 'histogram' | null {
  const range = { minTime: time, maxTime: time };
  const matchers = Object.entries(labels.toObject()).map(([name, value]) => ({ type: '=' as const, name, value }));
  const querier = queryable.querier(range);
  const set = querier.select({ matchers, range, sorted: false, limit: 0 });
  if (set instanceof Promise) {
    // It reads on until it ends, whoever waits for it.
    set.catch(() => {}).finally(() => querier.close());
    return null;
  }
  try {
    const column = createSampleColumn(1);
    for (let row = 0; row < set.length; row++) {
      if (!set.labels(row).equals(labels)) continue;
      set.read(row, column);
      if (column.length === 1) return column.histograms?.[0] === undefined ? column.values[0]! : 'histogram';
    }
    return null;
  } finally {
    querier.close();
  }
}
