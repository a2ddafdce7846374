import type { TimeRange } from '../../storage/query.ts';
import type { LogRecord } from './compressed-samples.ts';
import type { PreparedRecords } from './prepare-records.ts';

/**
 * Where a transaction is logged. `append` takes all records or throws and takes none. `times` says between which times
 * (ms) the samples and exemplars among them lie; without it nothing is known of that.
 */
export interface HeadLog {
  /** `prepared`: further records, behind the others. */
  append(records: readonly LogRecord[], times?: TimeRange, prepared?: PreparedRecords | null): void;
  /** Does, in steps, what takes long of records of many samples and exemplars; `append` gets what comes of it. */
  prepare?(records: readonly LogRecord[]): Generator<undefined, PreparedRecords>;
}

/** Where its out-of-order samples are logged instead, as the first thing. */
export interface LateLog extends HeadLog {
  /** Undoes the last `append`, which the other log could not follow. */
  takeBack(): void;
}
