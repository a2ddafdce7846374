import type { TimeRange } from '../../storage/query.ts';
import type { LogRecord, SampleColumns } from './compressed-samples.ts';

/**
 * Where a transaction is logged. `append` takes all records or throws and takes none. `times` says between which times
 * (ms) the samples and exemplars among them lie; without it nothing is known of that.
 */
export interface HeadLog {
  append(records: readonly LogRecord[], times?: TimeRange): void;
  /** Does, in steps, what takes long of making a record of many samples; `append` gets what comes of it. */
  prepare?(samples: SampleColumns): Generator<undefined, LogRecord>;
}

/** Where its out-of-order samples are logged instead, as the first thing. */
export interface LateLog extends HeadLog {
  /** Undoes the last `append`, which the other log could not follow. */
  takeBack(): void;
}
