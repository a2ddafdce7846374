import type { SelectRequest, TimeRange } from '../../storage/query.ts';
import type { HeadSnapshot } from '../head/head-snapshot.ts';
import type { HeadSlabs } from '../head/head-view.ts';

// What a reading thread asks of the main thread, and what it is told. Plain data and shared memory: messages.

/** A select as plain data. */
export type ThreadRequest = Omit<SelectRequest, 'check'>;

/** All selectors of a query at once, so that they see one moment. */
export interface ThreadQuestion {
  /** The samples wanted by any of them. */
  readonly range: TimeRange;
  readonly requests: readonly ThreadRequest[];
}

export interface ThreadAnswer {
  /** Slabs of the head that the thread was not sent yet. */
  readonly slabs: HeadSlabs;
  /** Samples of the head that are older than this (ms) are not shown. */
  readonly headMinTime: number;
  /** All samples of the range are floats, and no series has a type: the snapshots are of what `floatMatchers` choose. */
  readonly isPlain: boolean;
  /** No series of the head has a type or a unit. */
  readonly headHasNoTypes: boolean;
  /** Parallel to the requests; rows in any order. */
  readonly snapshots: readonly HeadSnapshot[];
  /** All blocks, oldest first; null where they are as in the answer before. */
  readonly blocks: readonly ThreadBlock[] | null;
}

/** An answer as the thread gets it: with the snapshots for the first requests. */
export interface AskedAnswer extends ThreadAnswer {
  /** The snapshots for the next requests, one and more; to be called as long as there are some to come. */
  more(): Promise<readonly HeadSnapshot[]>;
}

/** A block, and between which times (ms; the last excluded) it has samples. */
export interface ThreadBlock {
  readonly directory: string;
  readonly minTime: number;
  readonly maxTime: number;
  /** Another number than before: the file `tombstones` is another one. */
  readonly tombstonesVersion: number;
}
