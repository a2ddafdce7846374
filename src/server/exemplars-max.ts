import type { Configuration } from './config-file.ts';
import type { ServerOptions } from './flags/options.ts';

/** How many exemplars are kept: what the configuration says, behind the feature that turns them on. */
export function exemplarsMax(
  options: Pick<ServerOptions, 'features'>,
  { storage }: Pick<Configuration, 'storage'>,
): number {
  return options.features.includes('exemplar-storage') ? Math.max(0, storage.exemplarsMax) : 0;
}
