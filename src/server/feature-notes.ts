import type { Log } from '../telemetry/log.ts';
import { FEATURES } from './flags/feature-table.ts';

/** Says of every name given to `--enable-feature` what comes of it; nothing is passed over in silence. */
export function noteFeatures(names: readonly string[], log: Log): void {
  for (const option of names) {
    switch (Object.hasOwn(FEATURES, option) ? FEATURES[option] : undefined) {
      case 'supported':
        log.info('Feature enabled', { option });
        break;
      case 'always':
        log.warn('This option for --enable-feature is now permanently enabled and therefore a no-op.', { option });
        break;
      case 'ours':
        log.info('This option for --enable-feature is not needed: an image of the head is written in any case', {
          option,
        });
        break;
      case 'pending':
        log.warn('This option for --enable-feature is not supported yet and changes nothing', { option });
        break;
      default:
        log.warn('Unknown option for --enable-feature', { option });
    }
  }
}
