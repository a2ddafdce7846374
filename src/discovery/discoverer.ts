import type { TargetGroup } from './target-group.ts';

/** Finds targets. First gives the full set, then every group that changed; an empty group means gone. */
export interface Discoverer {
  /** Ends when the signal aborts. */
  discover(signal: AbortSignal): AsyncIterable<readonly TargetGroup[]>;
}

/** One decoded `*_sd_configs` entry (or all `static_configs` of a job together), by `kind`. */
export type DiscoveryConfig = StaticDiscoveryConfig;

export interface StaticDiscoveryConfig {
  readonly kind: 'static';
  readonly groups: readonly TargetGroup[];
}

/** Makes the discoverer for a configuration; `discovery/providers.ts` is the table behind it. */
export type DiscovererFactory = (config: DiscoveryConfig) => Discoverer;
