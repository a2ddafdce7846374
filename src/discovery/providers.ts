import type { Discoverer, DiscoveryConfig } from './discoverer.ts';
import { staticDiscoverer } from './static.ts';

/** The table of discovery kinds: how each one's configuration becomes a discoverer. */
const PROVIDERS: {
  readonly [K in DiscoveryConfig['kind']]: (config: Extract<DiscoveryConfig, { kind: K }>) => Discoverer;
} = {
  static: staticDiscoverer,
};

/** Makes the discoverer that a configuration asks for. */
export function createDiscoverer(config: DiscoveryConfig): Discoverer {
  return PROVIDERS[config.kind](config);
}
