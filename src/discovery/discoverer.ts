import type { TargetGroup } from './target-group.ts';

/** Finds targets. First gives the full set, then every group that changed; an empty group means gone. */
export interface Discoverer {
  /** Ends when the signal aborts. */
  discover(signal: AbortSignal): AsyncIterable<readonly TargetGroup[]>;
}
