import type { RefSet } from '../wal/ref-set.ts';

/** Refs added to a set in one step. */
const STEP_REFS = 4096;

/**
 * Refs of series that left the head while the log may still have samples of them: a checkpoint keeps their series records
 * until it begins behind those samples.
 */
export class ExpiringRefs {
  #batches: { readonly until: number; readonly refs: Float64Array }[] = [];

  /** `until` (ms): no sample of them is newer. */
  add(refs: readonly number[], until: number): void {
    if (refs.length > 0) this.#batches.push({ until, refs: new Float64Array(refs) });
  }

  /** Adds those that a checkpoint from `minTime` on keeps. Yields after less than a millisecond. */
  *addTo(refs: RefSet, minTime: number): Generator<undefined, void> {
    for (const batch of this.#batches) {
      if (batch.until < minTime) continue;
      for (let i = 0; i < batch.refs.length; i++) {
        refs.add(batch.refs[i]!);
        if (i % STEP_REFS === STEP_REFS - 1) yield;
      }
    }
  }

  /** A checkpoint from `minTime` on is there. */
  drop(minTime: number): void {
    this.#batches = this.#batches.filter(({ until }) => until >= minTime);
  }
}
