/** Samples that a chunk should get. The kernels know no other target. */
export const CHUNK_SAMPLES_TARGET = 120;
/** At a quarter of the target the end of the chunk is predicted from the rate so far. */
export const CHUNK_PREDICT_SHARE = 4;
export const CHUNK_SAMPLES_PREDICT = CHUNK_SAMPLES_TARGET / CHUNK_PREDICT_SHARE;
/** A prediction that was wrong is overruled at twice the target. */
export const CHUNK_SAMPLES_MAX = 2 * CHUNK_SAMPLES_TARGET;

/** The counts of samples at which something happens to a chunk of floats that should get `target` of them. */
export interface CutCounts {
  /** 0 = the end is never predicted. */
  readonly predict: number;
  readonly max: number;
}

/** Of chunks that should get `target` samples each. */
export function cutCounts(target: number): CutCounts {
  return { predict: Math.trunc(target / CHUNK_PREDICT_SHARE), max: 2 * target };
}
/** A chunk with more bytes takes no further sample: one more could pass the 1 KiB that the format allows. */
export const CHUNK_BYTES_CUT = 1005;

/** Bytes that a chunk of histograms should get. */
export const HISTOGRAM_BYTES_TARGET = 1024;
/** A chunk of histograms is cut by its size only when it has so many samples, since the first one is much larger. */
export const HISTOGRAM_SAMPLES_MIN = 10;

/** The end (exclusive) of the aligned range that `time` is in; ranges of negative times are aligned to zero as well. */
export function rangeEnd(time: number, rangeMs: number): number {
  return Math.trunc(time / rangeMs) * rangeMs + rangeMs;
}

/**
 * When a chunk should be cut so that it and its successors up to `end` get equally many samples at the present rate: the
 * rest of the range divided by how many full chunks begin in it, rounded down. `timesToFull` is how many times as long
 * as now the chunk is when it is full, 4 for one that is a quarter full.
 */
export function predictedCut(firstTime: number, lastTime: number, end: number, timesToFull: number): number {
  const chunks = Math.floor((end - firstTime) / ((lastTime - firstTime + 1) * timesToFull));
  return chunks <= 1 ? end : Math.trunc(firstTime + (end - firstTime) / chunks);
}
