import type { RefusedCounts } from './head-state.ts';

/** What the head counts for the server's own metrics. Totals are since the start; replayed samples are apart. */
export interface HeadStats {
  readonly series: number;
  readonly seriesCreated: number;
  readonly seriesRemoved: number;
  /** Rows refused because their ref was not known (any more). */
  readonly seriesNotFound: number;
  readonly chunks: number;
  readonly chunksCreated: number;
  readonly samplesAppended: number;
  readonly histogramsLogged: number;
  readonly exemplarsLogged: number;
  /** Exemplars kept, how many can be, and of how many series they are. */
  readonly exemplars: number;
  readonly exemplarsMax: number;
  readonly exemplarSeries: number;
  /** Taken, replayed ones included, and refused as out of order. */
  readonly exemplarsAppended: number;
  readonly exemplarsOutOfOrder: number;
  /** Of the exemplar that leaves next (ms); 0 where there is none. */
  readonly oldestExemplarTime: number;
  /** Samples taken out of order. */
  readonly lateFloats: number;
  readonly lateHistograms: number;
  /** Floats refused, and histograms. */
  readonly refused: Readonly<RefusedCounts>;
  readonly refusedHistograms: Readonly<RefusedCounts>;
  /** Oldest and newest sample (ms); Infinity and -Infinity while there is none. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly activeAppenders: number;
  /** Transactions that were begun. */
  readonly appendersCreated: number;
  /** Open readers, and pieces of memory that are given back when those of their time are gone. */
  readonly readers: number;
  readonly retired: number;
  readonly labelPairs: number;
  readonly symbols: number;
  readonly symbolBytes: number;
  readonly chunkBytes: number;
  /** Bytes of the label index and of the tables from refs and labels to rows. */
  readonly indexBytes: number;
  readonly memory: HeadMemoryBytes;
}

/** What a replay of the log met. */
export interface HeadReplayCounts {
  readonly series: number;
  readonly samples: number;
  /** Samples, histograms and exemplars of refs that no series record named. */
  readonly unknownRefs: number;
  /** Samples that were not newer than the series' last one, or out of range. */
  readonly skippedSamples: number;
}

/** Bytes of what grows with the series and their samples; of chunks also what was taken from the host for them. */
export interface HeadMemoryBytes {
  readonly seriesRecords: number;
  readonly labelLog: number;
  readonly symbols: number;
  readonly labelIndex: number;
  readonly lookup: number;
  readonly sealedRecords: number;
  readonly chunks: number;
  readonly chunkSlabs: number;
}
