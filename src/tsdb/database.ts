import type { Matcher } from '../model/matcher.ts';
import type { Appendable } from '../storage/append.ts';
import type { ExemplarQueryable } from '../storage/exemplar.ts';
import type { Querier, Queryable, TimeRange } from '../storage/query.ts';
import type { MetadataArchive } from '../storage/target-metadata.ts';
import type { BlockMeta } from './block/block-meta.ts';
import type { ResidentBlocks } from './block/resident-blocks.ts';
import type { SampleForms } from './chunk/sample-forms.ts';
import type { DatabaseStats } from './database-stats.ts';
import type { HeadQuerier } from './head/head-querier.ts';
import type { HeadBounds } from './head/head-state.ts';
import type { LabelStatistics } from './head/label-statistics.ts';
import type { SnapshotOptions } from './maintenance/take-snapshot.ts';
import type { ThreadReads } from './threads/thread-reads.ts';

/** An open data directory. */
export interface Database extends Appendable, Queryable, ExemplarQueryable {
  /** Changes how many exemplars are kept. */
  setExemplarsMax(max: number): void;
  /** Changes how far behind the newest sample others may come out of order (ms); 0 = not at all. */
  setOutOfOrderWindow(windowMs: number): void;
  /** Changes in which forms samples are kept from now on. */
  setForms(forms: SampleForms): void;
  readonly headBounds: HeadBounds;
  /** Why no samples are taken for now: a full or failing disk. null while they are. */
  readonly appendsStopped: string | null;
  /** What targets say of their metrics, over restarts. */
  readonly metadata: MetadataArchive;
  stats(): DatabaseStats;
  /** The `limit` largest counts of the head's labels. */
  labelStatistics(limit: number): LabelStatistics | Promise<LabelStatistics>;
  /**
   * Deletes the samples of a range (both ends included) that the series chosen by any of the lists of matchers have now,
   * exemplars excepted. As `deleteSamples`; one deletion runs at a time.
   */
  delete(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<void>;
  /**
   * Makes blocks of all samples that came out of order, and lets go of their log. As `compactOutOfOrder`; no deletion
   * runs meanwhile.
   */
  compactOutOfOrder(): Promise<readonly BlockMeta[]>;
  /** For a thread that reads the database by itself. */
  threadReads(): ThreadReads;
  /**
   * What of a range can be read at once: a querier that gives so few series and looks into no file. Throws `NotResident`,
   * as its selects do.
   */
  residentQuerier(range: TimeRange, seriesMax: number): Querier;
  /** The blocks with samples of a range, for what can be had of them at once. To be closed. */
  residentBlocks(range: TimeRange): ResidentBlocks;
  /** Reads what is in the head alone, its files too. */
  headQuerier(range: TimeRange): HeadQuerier;
  /** True where a block has samples of the range. */
  hasBlocks(range: TimeRange): boolean;
  /** What each block tells of itself, by their first times. */
  blockMetas(): readonly BlockMeta[];
  /**
   * Does now what maintenance would do within a minute: moves what the head has beyond one and a half ranges to blocks,
   * merges blocks, deletes what is beyond the retention. Rejects with what failed.
   */
  compact(): Promise<void>;
  /** Takes what is deleted of blocks off the disk. Rejects with what failed. */
  cleanTombstones(): Promise<void>;
  /** As `takeSnapshot`: resolves to the name of a directory below `snapshots/`. */
  snapshot(options: SnapshotOptions): Promise<string>;
  /** Runs something while neither maintenance nor a deletion changes blocks or takes anything out of the head. */
  exclusive<T>(work: () => T | Promise<T>): Promise<T>;
  /** Writes an image of the head, from which a start is quicker than from the log alone; true where that worked. */
  writeHeadImage(): Promise<boolean>;
  /** Resolves when everything that was appended is on the disk. */
  sync(): Promise<void>;
  /** Syncs and closes the log, then gives the directory free. Rejects where the sync fails, closed all the same. */
  close(): Promise<void>;
}
