import type { TimeRange } from '../../storage/query.ts';
import type { LogRecord } from '../wal/compressed-samples.ts';

/**
 * Where a transaction is logged. `append` takes all records or throws and takes none. `times` says between which times
 * (ms) the samples and exemplars among them lie; without it nothing is known of that.
 */
export interface HeadLog {
  append(records: readonly LogRecord[], times?: TimeRange): void;
}

/** Where its out-of-order samples are logged instead, as the first thing. */
export interface LateLog extends HeadLog {
  /** Undoes the last `append`, which the other log could not follow. */
  takeBack(): void;
}
