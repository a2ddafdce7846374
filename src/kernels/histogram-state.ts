/**
 * What the next sample of a histogram chunk is written or read against: the last one, slot by slot.
 *
 * Slots 0 to 2 are count, zero count and sum; from `FIRST_BUCKET` on come the positive buckets, then the negative ones.
 * Buckets of integer histograms are differences to the bucket before on their side, those of float histograms absolute.
 * The sum, and with float histograms every slot, is taken by its bits.
 */
export interface HistogramState {
  readonly values: Float64Array;
  /** The same buffer as `values`, as halves. */
  readonly halves: Uint32Array;
  /** How much each slot last changed; integer histograms only. */
  readonly deltas: Float64Array;
  /** The window of significant bits of each slot that is taken by its bits. */
  readonly windows: Uint16Array;
  /** Time of the last sample, and how much that was after the one before it. */
  readonly times: Float64Array;
}

export const COUNT_SLOT = 0;
export const ZERO_SLOT = 1;
export const SUM_SLOT = 2;
export const FIRST_BUCKET = 3;

/** Bucket counts beyond +-2^50 are not taken as integers: differences of differences would not be exact any more. */
export const INTEGER_COUNT_MAX = 2 ** 50;

/** A state for so many buckets; it must be begun by a first sample. */
export function createHistogramState(buckets: number): HistogramState {
  const values = new Float64Array(FIRST_BUCKET + buckets);
  return {
    values,
    halves: new Uint32Array(values.buffer),
    deltas: new Float64Array(values.length),
    windows: new Uint16Array(values.length),
    times: new Float64Array(2),
  };
}
