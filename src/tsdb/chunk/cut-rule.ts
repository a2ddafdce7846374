/** Samples that a chunk should get. */
export const CHUNK_SAMPLES_TARGET = 120;
/** At a quarter of the target the end of the chunk is predicted from the rate so far. */
export const CHUNK_SAMPLES_PREDICT = CHUNK_SAMPLES_TARGET / 4;
/** A prediction that was wrong is overruled at twice the target. */
export const CHUNK_SAMPLES_MAX = 2 * CHUNK_SAMPLES_TARGET;
/** A chunk with more bytes takes no further sample: one more could pass the 1 KiB that the format allows. */
export const CHUNK_BYTES_CUT = 1005;

/** The end (exclusive) of the aligned range that `time` is in; ranges of negative times are aligned to zero as well. */
export function rangeEnd(time: number, rangeMs: number): number {
  return Math.trunc(time / rangeMs) * rangeMs + rangeMs;
}

/**
 * When a quarter-full chunk should be cut so that it and its successors up to `end` get equally many samples at the
 * present rate: the rest of the range divided by how many chunks of that length begin in it, rounded down.
 */
export function predictedCut(firstTime: number, lastTime: number, end: number): number {
  const chunks = Math.floor((end - firstTime) / ((lastTime - firstTime + 1) * 4));
  return chunks <= 1 ? end : Math.trunc(firstTime + (end - firstTime) / chunks);
}
