import type { REFUSED } from '../../storage/append.ts';

/** The head's counters and bounds, which its parts move on. */
export interface HeadState {
  /** Nothing older is taken, ms: what is there is in blocks. */
  minValidTime: number;
  minTime: number;
  maxTime: number;
  samplesAppended: number;
  histogramsLogged: number;
  exemplarsLogged: number;
  activeAppenders: number;
  /** Transactions that were begun. */
  appendersCreated: number;
  /** Samples taken out of order. */
  lateFloats: number;
  lateHistograms: number;
  /** Told by how many seconds a sample is older than the newest one, of each that can not follow its series' last. */
  onLate: (seconds: number) => void;
  /** Floats refused, and histograms. */
  refused: RefusedCounts;
  refusedHistograms: RefusedCounts;
}

export type RefusedCounts = Record<keyof typeof REFUSED, number>;

/** Oldest and newest sample of the head, ms; Infinity and -Infinity while it has none. */
export interface HeadBounds {
  readonly minTime: number;
  readonly maxTime: number;
}

export function noneRefused(): RefusedCounts {
  return { unknownRef: 0, outOfOrder: 0, duplicate: 0, tooOld: 0, outOfBounds: 0, invalidHistogram: 0 };
}
