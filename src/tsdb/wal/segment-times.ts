import type { TimeRange } from '../../storage/query.ts';

/** The oldest and the newest float sample of a segment of the log, ms: plain data, for another thread. */
export interface SegmentTimes extends TimeRange {
  readonly segment: number;
}

/** Nothing is known of the times of what is logged. */
export const ANY_TIMES: TimeRange = { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY };
/** What is logged has no float samples. */
export const NO_TIMES: TimeRange = { minTime: Number.POSITIVE_INFINITY, maxTime: Number.NEGATIVE_INFINITY };

/**
 * Between which times the float samples lie that each segment got since it was begun. A checkpoint then leaves whole
 * segments out, or takes them over, without a look into their records: which is nearly all of them. Of a segment that is
 * not here nothing is known.
 */
export class WrittenTimes {
  readonly #times = new Map<number, TimeRange>();

  /** Notes what was, or may have been, written to a segment. */
  add(segment: number, { minTime, maxTime }: TimeRange): void {
    const known = this.#times.get(segment) ?? NO_TIMES;
    if (known !== NO_TIMES && minTime >= known.minTime && maxTime <= known.maxTime) return;
    this.#times.set(segment, {
      minTime: Math.min(known.minTime, minTime),
      maxTime: Math.max(known.maxTime, maxTime),
    });
  }

  /** Of the segments up to `last`. */
  upTo(last: number): SegmentTimes[] {
    return [...this.#times].filter(([segment]) => segment <= last).map(([segment, times]) => ({ segment, ...times }));
  }

  /** Forgets the segments up to `last`, which are gone. */
  drop(last: number): void {
    for (const segment of this.#times.keys()) if (segment <= last) this.#times.delete(segment);
  }
}
