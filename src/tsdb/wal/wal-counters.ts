/** What the writer did since it was opened; for the server's own metrics. */
export interface WalCounters {
  batches: number;
  records: number;
  /** Bytes written, headers and padding included. */
  bytes: number;
  /** Bytes that compression saved. */
  bytesSaved: number;
  /** Pages that were filled. */
  pagesCompleted: number;
  segmentsCut: number;
  /** Batches refused. */
  failedWrites: number;
  /** A failed write was cut off again. */
  truncations: number;
  failedTruncations: number;
  syncs: number;
  failedSyncs: number;
}

export function createWalCounters(): WalCounters {
  return {
    batches: 0,
    records: 0,
    bytes: 0,
    bytesSaved: 0,
    pagesCompleted: 0,
    segmentsCut: 0,
    failedWrites: 0,
    truncations: 0,
    failedTruncations: 0,
    syncs: 0,
    failedSyncs: 0,
  };
}
