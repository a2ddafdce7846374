import type { RefSet } from '../wal/ref-set.ts';

/**
 * Refs of series that left the head while the log may still have samples of them: a checkpoint keeps their series records
 * until it begins behind those samples.
 */
export class ExpiringRefs {
  #batches: { readonly until: number; readonly refs: Float64Array }[] = [];

  /** `until` (ms): no sample of them is newer. */
  add(refs: readonly number[], until: number): void {
    if (refs.length > 0) this.#batches.push({ until, refs: Float64Array.from(refs) });
  }

  /** Adds those that a checkpoint from `minTime` on keeps. */
  addTo(refs: RefSet, minTime: number): void {
    for (const batch of this.#batches) {
      if (batch.until >= minTime) for (const ref of batch.refs) refs.add(ref);
    }
  }

  /** A checkpoint from `minTime` on is there. */
  drop(minTime: number): void {
    this.#batches = this.#batches.filter(({ until }) => until >= minTime);
  }
}
