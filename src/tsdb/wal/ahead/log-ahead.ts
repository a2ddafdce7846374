import type { BadBytes, SegmentEnd } from '../segment-reader.ts';
import type { ChunkBatch, SampleColumns } from '../visitor.ts';

/** A file of the log, to be read from `from` on. */
export interface LogFile {
  readonly path: string;
  readonly from: number;
  /** Bytes that it has; where it has not, nobody reads it ahead. */
  readonly size?: number;
}

/** Where a record lies in its segment. */
interface RecordPlace {
  readonly offset: number;
  readonly end: number;
}

/**
 * What somebody found who reads a log ahead: records one after the other, then how the file ends. Samples of many records
 * come together, series by series, and those of one file may come with the next one. A record comes before samples that
 * the log has before it only where it does not matter for any series: it makes new ones, has histograms of others, or
 * exemplars or metadata.
 */
export type AheadEntry =
  | { readonly kind: 'chunks'; readonly chunks: ChunkBatch }
  /** Samples in the order of the log, of refs that have labels in common with others. */
  | { readonly kind: 'loose'; readonly samples: SampleColumns }
  /** Compressed as the flags of its fragments say. */
  | ({ readonly kind: 'record'; readonly record: Uint8Array; readonly flags: number } & RecordPlace)
  | ({ readonly kind: 'unreadable'; readonly reason: string } & RecordPlace)
  | { readonly kind: 'end'; readonly end: FileEnd }
  /** The rest of this file and all others are left to the caller, from this offset on. */
  | ({ readonly kind: 'rest' } & FileRest);

/** What of a file did not come as records. */
export interface SampleCounts {
  /** Records of samples, the samples in them, and what of them was left out. */
  readonly sampleRecords: number;
  readonly samples: number;
  readonly leftOut: number;
}

export interface FileRest extends SampleCounts {
  readonly from: number;
  /** Before it. */
  readonly bad: readonly BadBytes[];
}

/** As `SegmentReader` has it after its last record. */
export interface FileEnd extends SampleCounts {
  readonly size: number;
  readonly bad: readonly BadBytes[];
  readonly tail: BadBytes | null;
  readonly end: SegmentEnd;
}

/** Reads and decodes a log ahead, file by file. */
export interface LogAhead {
  /**
   * The next entry, valid until the next call; null where there is none yet, after having waited for a millisecond. Behind
   * the end of a file comes the first entry of the next one.
   */
  next(): AheadEntry | null;
  /** Nothing more will come, although it should; what the files before had may be missing, too. */
  readonly isLost: boolean;
  close(): void;
}

/** Begins to read files ahead, or says that it is not worth it (null). */
export type StartAhead = (files: readonly LogFile[]) => LogAhead | null;

/** Whoever reads ahead is gone: the log has to be read again from its beginning. */
export class AheadLost extends Error {
  override readonly name = 'AheadLost';
}
